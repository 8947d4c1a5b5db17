//! The slow, obvious executor of a model, in `f64`. It is what every other executor is compared with.

mod activation;
mod dual_module;
mod fastgrnn;
mod fastrnn;
mod fixed;
mod gru;
mod layers;
mod linear;
mod lstm;
mod matrix;
mod measured;
mod policy;
mod rnn;
mod sequence;
mod stream;

#[cfg(test)]
mod tests;

pub(crate) use activation::Gate;
pub use dual_module::Decided;
pub use fixed::{RangeCount, RangeKind, Ranges};
pub(crate) use layers::{Run, entering};
pub(crate) use linear::{activate, sums};
pub use measured::{Measured, run_measuring};
pub use policy::{Decision, score};
pub use sequence::{RowCounts, Visit, run, run_counting, run_visiting};
pub use stream::{Step, Stream, run_skipping};

/// One sequence, a step after the other.
#[derive(Debug, Clone, Copy)]
pub enum Inputs<'a> {
    /// A vector of [`Model::input_size`](crate::model::Model::input_size) numbers a step.
    Features(&'a [Vec<f32>]),
    /// An id a step; an id without a row in the embedding reads as zeros.
    Tokens(&'a [u32]),
}

impl Inputs<'_> {
    /// How many steps there are.
    pub fn len(&self) -> usize {
        match self {
            Inputs::Features(steps) => steps.len(),
            Inputs::Tokens(ids) => ids.len(),
        }
    }

    /// What each step reads.
    pub fn steps(&self) -> Box<dyn Iterator<Item = Step<'_>> + '_> {
        match self {
            Inputs::Features(steps) => Box::new(steps.iter().map(|step| Step::Features(step))),
            Inputs::Tokens(ids) => Box::new(ids.iter().map(|id| Step::Token(*id))),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a cell remembers.
#[derive(Debug, Clone, PartialEq)]
struct State {
    /// `[hidden]`.
    h: Vec<f64>,
    /// `[units]` of an LSTM, empty otherwise.
    c: Vec<f64>,
}

fn wide(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().map(|&x| f64::from(x)).collect()
}
