//! recurve: the compiled models.

use std::hint::black_box;
use std::time::Instant;

use recurve::{Model, SequenceToSequence, Streaming};

use super::Peer;
use crate::shapes::Shape;
use crate::{Fault, STEPS};

/// Lets the weights be seen, which a model keeps to itself. The build script implements it.
pub trait Weights {
    /// All of them, from a multiple of 64 bytes on.
    fn weights() -> &'static [f32];
}

/// A compiled model in some precision.
#[derive(Clone, Copy)]
pub struct Compiled {
    pub type_name: &'static str,
    pub precision: &'static str,
    pub weight_bytes: usize,
    /// The weights, where they are in `f32`.
    pub weights: Option<fn() -> &'static [f32]>,
    pub make: fn() -> Box<dyn Peer>,
}

include!(concat!(env!("OUT_DIR"), "/models.rs"));

/// Those of `shape`.
pub fn of(shape: &Shape) -> impl Iterator<Item = &'static Compiled> {
    let name = shape.type_name;
    MODELS.iter().filter(move |model| model.type_name == name)
}

/// A model that reads forward.
struct Forward<M, const INPUT: usize, const OUTPUT: usize> {
    model: M,
    outputs: Vec<[f32; OUTPUT]>,
}

impl<M: Model, const INPUT: usize, const OUTPUT: usize> Forward<M, INPUT, OUTPUT> {
    fn new() -> Self {
        Forward { model: M::new(), outputs: vec![[0.0; OUTPUT]; STEPS] }
    }
}

impl<M, const INPUT: usize, const OUTPUT: usize> Peer for Forward<M, INPUT, OUTPUT>
where
    M: Streaming<Input = [f32; INPUT], Output = [f32; OUTPUT]>,
{
    fn step(&mut self, input: &[f32]) -> Result<Vec<f32>, Fault> {
        Ok(self.model.step(input.first_chunk().ok_or("an input")?).to_vec())
    }

    fn reset(&mut self) -> Result<(), Fault> {
        self.model.reset();
        Ok(())
    }

    fn run(&mut self, inputs: &[f32]) -> Result<Vec<f32>, Fault> {
        self.model.reset();
        self.model.run_into(inputs.as_chunks().0, &mut self.outputs);
        Ok(self.outputs.as_flattened().to_vec())
    }

    fn time_steps(&mut self, inputs: &[Vec<f32>], times: usize) -> Result<f64, Fault> {
        let inputs: Vec<[f32; INPUT]> =
            inputs.iter().filter_map(|it| it.as_slice().try_into().ok()).collect();
        let start = Instant::now();
        for input in inputs.iter().cycle().take(times) {
            black_box(self.model.step(black_box(input)));
        }
        Ok(start.elapsed().as_secs_f64())
    }

    fn time_runs(&mut self, inputs: &[f32], times: usize) -> Result<f64, Fault> {
        let start = Instant::now();
        for _ in 0..times {
            self.model.reset();
            self.model.run_into(black_box(inputs).as_chunks().0, &mut self.outputs);
            black_box(&self.outputs);
        }
        Ok(start.elapsed().as_secs_f64())
    }
}

/// A model that reads both ways.
struct Both<M, const INPUT: usize, const OUTPUT: usize> {
    model: M,
    outputs: Vec<[f32; OUTPUT]>,
}

impl<M: Model, const INPUT: usize, const OUTPUT: usize> Both<M, INPUT, OUTPUT> {
    fn new() -> Self {
        Both { model: M::new(), outputs: vec![[0.0; OUTPUT]; STEPS] }
    }
}

impl<M, const INPUT: usize, const OUTPUT: usize> Peer for Both<M, INPUT, OUTPUT>
where
    M: SequenceToSequence<Input = [f32; INPUT], Output = [f32; OUTPUT]>,
{
    fn step(&mut self, _: &[f32]) -> Result<Vec<f32>, Fault> {
        Err("a model that reads both ways has no single step".into())
    }

    fn reset(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    fn run(&mut self, inputs: &[f32]) -> Result<Vec<f32>, Fault> {
        self.model
            .run_into(inputs.as_chunks().0, &mut self.outputs)
            .map_err(|_| "the sequence is too long")?;
        Ok(self.outputs.as_flattened().to_vec())
    }

    fn time_runs(&mut self, inputs: &[f32], times: usize) -> Result<f64, Fault> {
        let start = Instant::now();
        for _ in 0..times {
            self.model
                .run_into(black_box(inputs).as_chunks().0, &mut self.outputs)
                .map_err(|_| "the sequence")?;
            black_box(&self.outputs);
        }
        Ok(start.elapsed().as_secs_f64())
    }
}
