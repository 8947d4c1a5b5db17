//! One run and everything that is counted on the way.

use super::stream::run_stream;
use super::{Decision, Inputs, Ranges, Stream, run_visiting};
use crate::model::Model;

/// The outputs of a sequence, and what was counted for them.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The outputs of [`run`](super::run).
    pub outputs: Vec<Vec<f64>>,
    /// The decision of the policy on each step; empty for a network that has none.
    pub decisions: Vec<Decision>,
    /// The numbers of each layer of the model, where it is computed in `int16x8`.
    pub ranges: Vec<Ranges>,
}

/// As [`run`](super::run), counting decisions and ranges.
///
/// # Panics
///
/// Where a step has fewer numbers than the model takes.
pub fn run_measuring(model: &Model, inputs: &Inputs<'_>) -> Measured {
    if model.skip.is_some() {
        let mut stream = Stream::new(model);
        let (outputs, decisions) = run_stream(&mut stream, inputs);
        return Measured { outputs, decisions, ranges: stream.ranges().to_vec() };
    }
    let mut ranges = vec![Ranges::default(); model.layers.len()];
    let outputs =
        run_visiting(model, inputs, model.layers.len(), &mut |visit| ranges[visit.layer].add(&visit.ranges));
    Measured { outputs, decisions: Vec::new(), ranges }
}
