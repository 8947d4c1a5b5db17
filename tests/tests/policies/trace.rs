//! Compiled policies against what a plain Python implementation decided and computed.

use std::path::{Path, PathBuf};

use recurve::{SequenceToVector, Skipping, Streaming};
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

use crate::check::Knobs;
use crate::levels::on_each_level;
use crate::reference::assert_close;

const TOLERANCE: f64 = 1e-5;

/// Sequences of one length, and what is expected of each.
struct Trace {
    sequences: usize,
    steps: usize,
    inputs: Vec<f64>,
    outputs: Vec<f64>,
    updates: Vec<f64>,
    /// Knobs before each step, where the trace turns them.
    budgets: Vec<f64>,
    thresholds: Vec<f64>,
}

impl Trace {
    fn read(path: &Path) -> Trace {
        let bytes = std::fs::read(path).expect("the trace is readable");
        let file = SafeTensors::deserialize(&bytes).expect("the trace is a safetensors file");
        let numbers = |name: &str| -> Vec<f64> {
            let Ok(tensor) = file.tensor(name) else {
                return Vec::new();
            };
            let words = || tensor.data().as_chunks().0.iter();
            match tensor.dtype() {
                Dtype::F32 => words().map(|word| f32::from_le_bytes(*word).into()).collect(),
                Dtype::U32 => words().map(|word| u32::from_le_bytes(*word).into()).collect(),
                Dtype::U8 => tensor.data().iter().map(|byte| (*byte).into()).collect(),
                other => panic!("a trace of {other:?}"),
            }
        };
        let shape = file.tensor("updates").expect("the trace has decisions").shape().to_vec();
        Trace {
            sequences: shape[0],
            steps: shape[1],
            inputs: numbers("inputs"),
            outputs: numbers("outputs"),
            updates: numbers("updates"),
            budgets: numbers("budgets"),
            thresholds: numbers("thresholds"),
        }
    }

    /// The trace beside a spec, and the one with other knobs, where there is one.
    fn of(spec: &str) -> Vec<Trace> {
        let golden = PathBuf::from(spec).with_extension("golden.safetensors");
        let changes = PathBuf::from(spec).with_extension("").join("changes.safetensors");
        [golden, changes].iter().filter(|path| path.exists()).map(|path| Trace::read(path)).collect()
    }

    fn check<M, const O: usize>(&self, knobs: &Knobs<M>, input: impl Fn(usize) -> M::Input)
    where
        M: Streaming<Output = [f32; O]> + Skipping,
    {
        assert!(self.sequences > 0 && self.outputs.len() == self.sequences * self.steps * O);
        on_each_level(|level| {
            for sequence in 0..self.sequences {
                let mut model = M::new();
                for step in 0..self.steps {
                    let at = sequence * self.steps + step;
                    let what = format!("{level:?}, sequence {sequence}, step {step}");
                    if let (Some(set), Some(budget)) = (knobs.budget, self.budgets.get(at)) {
                        set(&mut model, *budget as usize);
                    }
                    if let (Some(set), Some(threshold)) = (knobs.threshold, self.thresholds.get(at)) {
                        set(&mut model, *threshold as f32);
                    }
                    let before = model.stats().updates;
                    let output = *model.step(&input(at));
                    let update = model.stats().updates > before;
                    assert_eq!(update, self.updates[at] != 0.0, "{what}: executed");
                    assert_close(&output, &self.outputs[at * O..(at + 1) * O], TOLERANCE, &what);
                }
            }
        });
    }
}

pub(crate) fn features<M, const I: usize, const O: usize>(spec: &str, knobs: &Knobs<M>)
where
    M: Streaming<Input = [f32; I], Output = [f32; O]> + Skipping,
{
    for trace in Trace::of(spec) {
        trace.check(knobs, |at| std::array::from_fn(|feature| trace.inputs[at * I + feature] as f32));
    }
}

pub(crate) fn tokens<M, const O: usize>(spec: &str, knobs: &Knobs<M>)
where
    M: Streaming<Input = u32, Output = [f32; O]> + Skipping,
{
    for trace in Trace::of(spec) {
        trace.check(knobs, |at| trace.inputs[at] as u32);
    }
}

pub(crate) fn concat<M, const I: usize, const O: usize>(spec: &str, _: &Knobs<M>)
where
    M: SequenceToVector<Input = [f32; I], Output = [f32; O]> + Skipping,
{
    let trace = &Trace::of(spec)[0];
    let all: Vec<f32> = trace.inputs.iter().map(|number| *number as f32).collect();
    let executed: f64 = trace.updates.iter().sum();
    on_each_level(|level| {
        let mut model = M::new();
        for (inputs, expected) in all.as_chunks::<I>().0.chunks(trace.steps).zip(trace.outputs.chunks(O)) {
            let output = model.run(inputs).expect("any length fits");
            assert_close(output, expected, TOLERANCE, &format!("{level:?}"));
        }
        assert_eq!(model.stats().updates as f64, executed);
        assert_eq!(model.stats().steps, (trace.sequences * trace.steps) as u64);
    });
}
