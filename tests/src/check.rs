//! A compiled model against the reference executor, on every instruction set, in every way to call it.

use recurve::{Batch, Lockstep, Model, SequenceToSequence, SequenceToVector, Streaming};
use recurve_compiler::reference::{Inputs, run};

use crate::levels::on_each_level;
use crate::reference::{assert_close, inputs, model};

/// Steps of a check, with a last block that is not full.
const STEPS: usize = 39;
const TOLERANCE: f64 = 1e-5;
/// Where vectors are rounded, a number in the middle between two steps may be rounded otherwise than by the
/// reference: a step is a 127th of the largest number, times a weight, times the slope of an activation.
const ROUNDED_TOLERANCE: f64 = 5e-3;

fn tolerance(spec: &str) -> f64 {
    // Integers are the same everywhere.
    if spec.contains("_int16x8") {
        return 0.0;
    }
    if spec.contains("_int8") || spec.contains("_int4") { ROUNDED_TOLERANCE } else { TOLERANCE }
}

fn expected<const I: usize>(spec: &str, inputs: &[[f32; I]]) -> Vec<Vec<f64>> {
    let inputs: Vec<Vec<f32>> = inputs.iter().map(|input| input.to_vec()).collect();
    run(&model(spec), &Inputs::Features(&inputs))
}

/// `step`, `run`, `run_into` and interleaved instances.
pub fn streaming<M, const I: usize>(spec: &str)
where
    M: Streaming<Input = [f32; I]>,
    M::Output: AsRef<[f32]> + Zeros,
{
    let inputs = inputs(STEPS);
    let expected = expected(spec, &inputs);
    on_each_level(|level| {
        let mut stepped = M::new();
        let mut other = M::new();
        let mut outputs = Vec::new();
        for (index, (input, expected)) in inputs.iter().zip(&expected).enumerate() {
            let output = stepped.step(input).clone();
            assert_close(output.as_ref(), expected, tolerance(spec), &format!("{level:?}, step {index}"));
            outputs.push(output);
            other.step(&inputs[STEPS - 1 - index]);
        }

        let mut ran = M::new();
        assert_eq!(ran.run(&inputs).as_ref(), outputs[STEPS - 1].as_ref(), "{level:?}: run");
        assert_eq!(ran.run(&[]).as_ref(), outputs[STEPS - 1].as_ref(), "{level:?}: run of nothing");

        ran.reset();
        let mut into = vec![M::Output::zeros(); STEPS + 2];
        let (first, second) = into.split_at_mut(11);
        ran.run_into(&inputs[..11], first);
        ran.run_into(&inputs[11..], second);
        for (index, (into, output)) in into.iter().zip(&outputs).enumerate() {
            assert_eq!(into.as_ref(), output.as_ref(), "{level:?}: run_into, step {index}");
        }
        assert_eq!(ran.run(&[]).as_ref(), outputs[STEPS - 1].as_ref(), "{level:?}: after run_into");
    });
}

/// [`streaming`], and several streams that take each step together.
pub fn lockstep<M, const I: usize>(spec: &str)
where
    M: Lockstep<Input = [f32; I]>,
    M::Output: AsRef<[f32]> + Zeros,
{
    const STREAMS: usize = 5;
    streaming::<M, I>(spec);
    let inputs = inputs(STEPS);
    on_each_level(|level| {
        let mut alone: [M; STREAMS] = std::array::from_fn(|_| M::new());
        let mut batch = Batch::<M, STREAMS>::new();
        for step in 0..STEPS - STREAMS {
            if step == 7 {
                alone[2].reset();
                batch.streams_mut()[2].reset();
            }
            let inputs: [_; STREAMS] = std::array::from_fn(|stream| inputs[step + stream]);
            let together = batch.step(&inputs);
            for (stream, (alone, together)) in alone.iter_mut().zip(together).enumerate() {
                let expected = alone.step(&inputs[stream]);
                assert_eq!(together.as_ref(), expected.as_ref(), "{level:?}, stream {stream}, step {step}");
            }
            let has_input = |stream: usize| step >> stream & 1 == 1;
            let some = std::array::from_fn(|stream| has_input(stream).then_some(inputs[stream]));
            for (stream, (alone, output)) in alone.iter_mut().zip(batch.step_some(&some)).enumerate() {
                let expected = if has_input(stream) { alone.step(&inputs[stream]) } else { alone.output() };
                assert_eq!(
                    output.as_ref(),
                    expected.as_ref(),
                    "{level:?}, stream {stream} of some, step {step}"
                );
            }
        }
    });
}

/// Ids in place of vectors, one of which has no row.
fn ids<M: Model>() -> Vec<u32> {
    (0..STEPS as u32).map(|step| (step * 37 + 11) % (M::INPUT_SIZE as u32 + 1)).collect()
}

/// A model that reads ids: `step`, `run_into`, and several streams that take each step together.
pub fn tokens<M>(spec: &str)
where
    M: Lockstep<Input = u32>,
    M::Output: AsRef<[f32]> + Zeros,
{
    const STREAMS: usize = 3;
    let ids = ids::<M>();
    let expected = run(&model(spec), &Inputs::Tokens(&ids));
    on_each_level(|level| {
        let mut stepped = M::new();
        let mut outputs = Vec::new();
        for (index, (id, expected)) in ids.iter().zip(&expected).enumerate() {
            let output = stepped.step(id).clone();
            assert_close(output.as_ref(), expected, tolerance(spec), &format!("{level:?}, step {index}"));
            outputs.push(output);
        }
        let mut into = vec![M::Output::zeros(); STEPS];
        M::new().run_into(&ids, &mut into);
        let mut batch = Batch::<M, STREAMS>::new();
        for (index, (into, output)) in into.iter().zip(&outputs).enumerate() {
            assert_eq!(into.as_ref(), output.as_ref(), "{level:?}: run_into, step {index}");
            for together in batch.step(&[ids[index]; STREAMS]) {
                assert_eq!(together.as_ref(), output.as_ref(), "{level:?}: together, step {index}");
            }
        }
    });
}

/// A whole sequence of ids to one vector.
pub fn tokens_to_vector<M>(spec: &str)
where
    M: SequenceToVector<Input = u32>,
    M::Output: AsRef<[f32]>,
{
    let ids = ids::<M>();
    let expected = run(&model(spec), &Inputs::Tokens(&ids));
    on_each_level(|level| {
        let mut model = M::new();
        let output = model.run(&ids).expect("the sequence fits");
        assert_close(output.as_ref(), &expected[0], tolerance(spec), &format!("{level:?}"));
    });
}

/// A whole sequence to one vector.
pub fn sequence_to_vector<M, const I: usize>(spec: &str)
where
    M: SequenceToVector<Input = [f32; I]>,
    M::Output: AsRef<[f32]>,
{
    let inputs = inputs(STEPS);
    let expected = expected(spec, &inputs);
    on_each_level(|level| {
        let mut model = M::new();
        for _ in 0..2 {
            let output = model.run(&inputs).expect("the sequence fits");
            assert_close(output.as_ref(), &expected[0], tolerance(spec), &format!("{level:?}"));
        }
    });
}

/// A whole sequence to another.
pub fn sequence_to_sequence<M, const I: usize>(spec: &str)
where
    M: SequenceToSequence<Input = [f32; I]>,
    M::Output: AsRef<[f32]> + Zeros,
{
    let inputs = inputs(STEPS);
    let expected = expected(spec, &inputs);
    on_each_level(|level| {
        let mut model = M::new();
        let mut outputs = vec![M::Output::zeros(); STEPS];
        for _ in 0..2 {
            model.run_into(&inputs, &mut outputs).expect("the sequence fits");
            for (index, (output, expected)) in outputs.iter().zip(&expected).enumerate() {
                let what = format!("{level:?}, step {index}");
                assert_close(output.as_ref(), expected, tolerance(spec), &what);
            }
        }
        let too_long = model.run_into(&inputs, &mut outputs[1..]).expect_err("no room for one output");
        assert_eq!((too_long.steps, too_long.room), (STEPS, STEPS - 1));
    });
}

/// An output of zeros, for arrays of any size.
pub trait Zeros: Clone {
    fn zeros() -> Self;
}

impl<const N: usize> Zeros for [f32; N] {
    fn zeros() -> Self {
        [0.0; N]
    }
}
