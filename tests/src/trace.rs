//! A compiled model against a trace that its training framework computed.

use std::path::{Path, PathBuf};

use recurve::{SequenceToSequence, SequenceToVector, Streaming};
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

use crate::check::Zeros;
use crate::levels::on_each_level;
use crate::reference::assert_close;

const TOLERANCE: f64 = 1e-5;

/// The `inputs` and `outputs` of a trace.
struct Trace {
    inputs: Vec<f32>,
    outputs: Vec<f64>,
}

impl Trace {
    /// The trace that belongs to the spec at `path`.
    fn read(path: &str) -> Trace {
        let path: PathBuf = Path::new(path).with_extension("golden.safetensors");
        let bytes = std::fs::read(path).expect("the trace is readable");
        let file = SafeTensors::deserialize(&bytes).expect("the trace is a safetensors file");
        let numbers = |name: &str| -> Vec<f32> {
            let tensor = file.tensor(name).expect("the trace has the tensor");
            match tensor.dtype() {
                Dtype::F32 => tensor.data().as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
                Dtype::I64 => {
                    tensor.data().as_chunks().0.iter().map(|b| i64::from_le_bytes(*b) as f32).collect()
                }
                other => panic!("a trace of {other:?}"),
            }
        };
        Trace { inputs: numbers("inputs"), outputs: numbers("outputs").into_iter().map(f64::from).collect() }
    }

    fn vectors<const N: usize>(&self) -> &[[f32; N]] {
        self.inputs.as_chunks().0
    }

    /// Compares the outputs of a model with those of the trace: one a step, or the last alone.
    fn check<const O: usize>(&self, outputs: &[[f32; O]], what: &str) {
        assert!(outputs.len() > 1);
        let expected: Vec<&[f64]> = self.outputs.chunks(O).collect();
        if let [last] = expected[..] {
            return assert_close(&outputs[outputs.len() - 1], last, TOLERANCE, what);
        }
        assert_eq!(outputs.len(), expected.len(), "{what}");
        for (step, (output, expected)) in outputs.iter().zip(expected).enumerate() {
            assert_close(output, expected, TOLERANCE, &format!("{what}, step {step}"));
        }
    }
}

/// All the ways to run a streaming model over `inputs`, and two instances that take turns.
fn every_way<M, const O: usize>(trace: &Trace, inputs: &[M::Input])
where
    M: Streaming<Output = [f32; O]>,
{
    on_each_level(|level| {
        let (mut model, mut behind) = (M::new(), M::new());
        let mut outputs = Vec::new();
        for (index, input) in inputs.iter().enumerate() {
            outputs.push(*model.step(input));
            // A second stream, three steps late, is to give what the first gave three steps ago.
            if let Some(late) = index.checked_sub(3) {
                assert_eq!(behind.step(&inputs[late]), &outputs[late], "{level:?}: interleaved");
            }
        }
        trace.check(&outputs, &format!("{level:?}: step"));

        let mut forked = model.clone();
        model.reset();
        assert_eq!(Some(model.run(inputs)), outputs.last(), "{level:?}: run");
        assert_eq!(model.run(&inputs[..5]), forked.run(&inputs[..5]), "{level:?}: clone");

        model.reset();
        let mut into = vec![[0.0; O]; inputs.len()];
        model.run_into(inputs, &mut into);
        assert_eq!(into, outputs, "{level:?}: run_into");
    });
}

pub fn streaming<M, const I: usize, const O: usize>(spec: &str)
where
    M: Streaming<Input = [f32; I], Output = [f32; O]>,
{
    let trace = Trace::read(spec);
    every_way::<M, O>(&trace, trace.vectors());
}

pub fn streaming_tokens<M, const O: usize>(spec: &str)
where
    M: Streaming<Input = u32, Output = [f32; O]>,
{
    let trace = Trace::read(spec);
    let ids: Vec<u32> = trace.inputs.iter().map(|id| *id as u32).collect();
    every_way::<M, O>(&trace, &ids);
}

pub fn sequence_to_sequence<M, const I: usize, const O: usize>(spec: &str)
where
    M: SequenceToSequence<Input = [f32; I], Output = [f32; O]>,
{
    let trace = Trace::read(spec);
    on_each_level(|level| {
        let mut outputs = vec![M::Output::zeros(); trace.vectors::<I>().len()];
        let run = M::new().run_into(trace.vectors(), &mut outputs);
        assert_eq!(run, Ok(()));
        trace.check(&outputs, &format!("{level:?}"));
    });
}

pub fn sequence_to_vector<M, const I: usize, const O: usize>(spec: &str)
where
    M: SequenceToVector<Input = [f32; I], Output = [f32; O]>,
{
    let trace = Trace::read(spec);
    on_each_level(|level| {
        let mut model = M::new();
        let output = model.run(trace.vectors()).expect("the sequence fits");
        assert_close(output, &trace.outputs, TOLERANCE, &format!("{level:?}"));
    });
}
