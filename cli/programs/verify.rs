//! Runs a model over sequences, in every way that it offers and on every instruction set up to this machine's.
//!
//! usage: verify INPUTS OUTPUTS. INPUTS has, for each sequence, its number of steps and then the numbers of each step, of
//! four bytes each; the outputs after every step (of a bidirectional model with one output: after all) follow one another
//! in OUTPUTS, once for each instruction set. It prints a line for each: its name, how many outputs of a run were not those of
//! the steps to the last bit, and the counts.

mod each;
mod models;

use std::fs;
use std::io::Write;

use models::{Counts, Input, Output, Visit, with_stack};
use recurve::simd::Level;
use recurve::{SequenceToSequence, SequenceToVector, Streaming};

struct Verify {
    inputs: Vec<u8>,
    outputs: fs::File,
    failure: Option<String>,
}

impl Verify {
    fn sequences<I: Input>(&self) -> Vec<Vec<I>> {
        let mut words = self.inputs.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes));
        let mut sequences = Vec::new();
        while let Some(steps) = words.next() {
            let mut read = || I::read(&words.by_ref().take(I::NUMBERS).map(f32::from_bits).collect::<Vec<f32>>());
            sequences.push((0..steps).map(|_| read()).collect());
        }
        sequences
    }

    /// `read` gives the outputs of a sequence, and how many were different in a run.
    fn on_each_level<M, I: Input, O: Output>(
        &mut self,
        counts: Counts<M>,
        make: fn() -> M,
        mut read: impl FnMut(&mut M, &[I]) -> Result<(Vec<O>, usize), String>,
    ) {
        let sequences = self.sequences::<I>();
        let best = Level::detect();
        for level in Level::ALL.iter().copied().filter(|level| *level <= best) {
            Level::limit(level);
            let (mut model, mut different) = (make(), 0);
            for inputs in &sequences {
                match read(&mut model, inputs) {
                    Ok((outputs, others)) => {
                        different += others;
                        let numbers = outputs.iter().flat_map(|output| output.as_ref().to_vec());
                        let bytes: Vec<u8> = numbers.flat_map(f32::to_le_bytes).collect();
                        if let Err(error) = self.outputs.write_all(&bytes) {
                            self.failure = Some(error.to_string());
                        }
                    }
                    Err(message) => self.failure = Some(message),
                }
            }
            let [steps, updates, read, rows] = counts(&model);
            println!("level {level:?} {different} {steps} {updates} {read} {rows}");
        }
    }
}

fn bits(output: &impl Output) -> Vec<u32> {
    output.as_ref().iter().map(|number| number.to_bits()).collect()
}

impl Visit for Verify {
    fn streaming<M: Streaming>(&mut self, counts: Counts<M>)
    where
        M::Input: Input,
        M::Output: Output,
    {
        self.on_each_level(counts, M::new, |model: &mut M, inputs: &[M::Input]| {
            let mut other = M::new();
            let mut outputs = vec![M::Output::ZERO; inputs.len()];
            other.run_into(inputs, &mut outputs);
            other.reset();
            let last = bits(other.run(inputs));
            model.reset();
            let mut different = 0;
            for (input, output) in inputs.iter().zip(&mut outputs) {
                let by_step = *model.step(input);
                different += usize::from(bits(&by_step) != bits(output));
                *output = by_step;
            }
            different += usize::from(outputs.last().is_some_and(|output| bits(output) != last));
            Ok((outputs, different))
        });
    }

    fn to_vector<M: SequenceToVector>(&mut self, counts: Counts<M>)
    where
        M::Input: Input,
        M::Output: Output,
    {
        self.on_each_level(counts, M::new, |model: &mut M, inputs: &[M::Input]| match model.run(inputs) {
            Ok(output) => Ok((vec![*output], 0)),
            Err(error) => Err(error.to_string()),
        });
    }

    fn to_sequence<M: SequenceToSequence>(&mut self, counts: Counts<M>)
    where
        M::Input: Input,
        M::Output: Output,
    {
        self.on_each_level(counts, M::new, |model: &mut M, inputs: &[M::Input]| {
            let mut outputs = vec![M::Output::ZERO; inputs.len()];
            match model.run_into(inputs, &mut outputs) {
                Ok(()) => Ok((outputs, 0)),
                Err(error) => Err(error.to_string()),
            }
        });
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    let [inputs, outputs] = &paths[..] else {
        return Err("usage: verify INPUTS OUTPUTS".into());
    };
    let mut verify = Verify { inputs: fs::read(inputs)?, outputs: fs::File::create(outputs)?, failure: None };
    with_stack(each::STACK, || each::each(&mut verify))?;
    match verify.failure {
        Some(message) => Err(message.into()),
        None => Ok(()),
    }
}
