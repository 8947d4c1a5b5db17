//! Trained networks that read a sequence and give a vector.

use recurve::{Model, SequenceToVector, Streaming};

/// A network that reads a sequence and gives a vector.
pub trait Classifier<const INPUT: usize, const OUTPUT: usize>:
    Model<Input = [f32; INPUT], Output = [f32; OUTPUT]>
{
    fn classify(&mut self, sequence: &[[f32; INPUT]]) -> [f32; OUTPUT];
}

/// Includes networks that the build script compiled: module, type, what classifies with it, and its sizes.
macro_rules! models {
    ($($module:literal $type:ident $how:ident $input:literal $output:literal;)*) => {
        $(
            recurve::include_model!($module);
            impl $crate::classifier::Classifier<$input, $output> for $type {
                fn classify(&mut self, sequence: &[[f32; $input]]) -> [f32; $output] {
                    $how(self, sequence)
                }
            }
        )*
    };
}
pub(crate) use models;

/// Step by step, as a stream is read.
#[allow(dead_code, reason = "not every program steps")]
pub fn by_steps<M: Streaming<Input = [f32; I], Output = [f32; O]>, const I: usize, const O: usize>(
    model: &mut M,
    sequence: &[[f32; I]],
) -> [f32; O] {
    model.reset();
    let mut output = [0.0; O];
    for input in sequence {
        output = *model.step(input);
    }
    output
}

/// The whole sequence at once.
#[allow(dead_code, reason = "not every program runs forward")]
pub fn forward<M: Streaming<Input = [f32; I], Output = [f32; O]>, const I: usize, const O: usize>(
    model: &mut M,
    sequence: &[[f32; I]],
) -> [f32; O] {
    model.reset();
    *model.run(sequence)
}

/// In both directions.
pub fn both_ways<M: SequenceToVector<Input = [f32; I], Output = [f32; O]>, const I: usize, const O: usize>(
    model: &mut M,
    sequence: &[[f32; I]],
) -> [f32; O] {
    // No sequence of the data is longer than the model's `max_steps`; if one were, it would count as wrong.
    model.run(sequence).map_or([f32::NAN; O], |output| *output)
}

/// The place of the largest number, if all are numbers.
pub fn largest<const N: usize>(outputs: &[f32; N]) -> Option<usize> {
    if outputs.iter().any(|output| output.is_nan()) {
        return None;
    }
    outputs.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map(|(place, _)| place)
}
