//! The network that runs, after fitting and rounding, beside the golden trace.

use super::Proof;
use super::shapes::Outputs;
use crate::diagnostic::Diagnostic;
use crate::model::Model;
use crate::reference::{Ranges, run_measuring};

/// How far the network that runs is from the golden trace, on what was compared of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deployed {
    /// The largest difference `|a - b| / max(1, |b|)` of an output.
    pub worst: f64,
    /// Root mean square of all differences `a - b`.
    pub error: f64,
    /// Root mean square of the distances of the trace's outputs from their mean.
    pub spread: f64,
    /// What its policy decides; `None` where it executes every step.
    pub policy: Option<Decided>,
}

/// The steps that a policy decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    /// Steps of the comparison.
    pub steps: usize,
    /// Steps that were executed.
    pub executed: usize,
    /// Steps that the trace's `updates` decide otherwise; `None` where the trace does not say.
    pub otherwise: Option<usize>,
}

/// Runs `model` over what was compared of the trace. The second value counts the numbers of each layer.
pub(super) fn run(proof: &Proof, model: &Model) -> Result<(Deployed, Vec<Ranges>), Diagnostic> {
    let trace = &proof.trace;
    let mut sums = Sums { outputs: vec![Moments::default(); model.output_size()], ..Sums::default() };
    let mut ranges = vec![Ranges::default(); model.layers.len()];
    let mut policy = model.skip.is_some().then_some(Decided { steps: 0, executed: 0, otherwise: None });
    for &excerpt in &proof.excerpts {
        let inputs = trace.inputs(excerpt)?;
        let mut found = run_measuring(model, &inputs.as_inputs());
        if trace.outputs() == Outputs::LastStep {
            found.outputs.drain(..found.outputs.len().saturating_sub(1));
        }
        for (output, expected) in
            found.outputs.iter().zip(trace.expected(excerpt)?.chunks(model.output_size().max(1)))
        {
            sums.add(output, expected);
        }
        for (all, of_sequence) in ranges.iter_mut().zip(&found.ranges) {
            all.add(of_sequence);
        }
        if let Some(policy) = &mut policy {
            policy.steps += found.decisions.len();
            policy.executed += found.decisions.iter().filter(|decision| decision.update).count();
            if let Some(updates) = trace.updates(excerpt)? {
                let pairs = found.decisions.iter().zip(&updates);
                let otherwise = pairs.filter(|(found, expected)| found.update != **expected).count();
                policy.otherwise = Some(policy.otherwise.unwrap_or(0) + otherwise);
            }
        }
    }
    let deployed = Deployed { worst: sums.worst, error: sums.error(), spread: sums.spread(), policy };
    Ok((deployed, ranges))
}

/// Sums over one place of the output.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    count: f64,
    mean: f64,
    /// Squared distances from the mean.
    squares: f64,
}

impl Moments {
    fn add(&mut self, number: f64) {
        self.count += 1.0;
        let from_old = number - self.mean;
        self.mean += from_old / self.count;
        self.squares += from_old * (number - self.mean);
    }
}

#[derive(Debug, Default)]
struct Sums {
    worst: f64,
    differences: f64,
    numbers: f64,
    squares: f64,
    /// Of the trace: each place of the output by itself, and all of them together.
    outputs: Vec<Moments>,
    together: Moments,
}

/// Outputs that say how much each of their numbers moves.
const ENOUGH: f64 = 8.0;

impl Sums {
    fn add(&mut self, found: &[f64], expected: &[f32]) {
        for ((&found, &expected), moments) in found.iter().zip(expected).zip(&mut self.outputs) {
            let expected = f64::from(expected);
            let apart = (found - expected).abs();
            let relative = apart / expected.abs().max(1.0);
            // `max` would drop what is not a number.
            if relative > self.worst || relative.is_nan() {
                self.worst = relative;
            }
            self.differences += apart * apart;
            self.numbers += 1.0;
            self.squares += expected * expected;
            moments.add(expected);
            self.together.add(expected);
        }
    }

    fn mean(&self, squares: f64) -> f64 {
        (squares / self.numbers.max(1.0)).sqrt()
    }

    fn error(&self) -> f64 {
        self.mean(self.differences)
    }

    /// About the mean of each place, of a few outputs about the mean of all numbers, of constants about zero.
    fn spread(&self) -> f64 {
        let enough = self.outputs.first().is_some_and(|moments| moments.count >= ENOUGH);
        let each: f64 = self.outputs.iter().map(|moments| moments.squares).sum();
        let squares = [if enough { each } else { 0.0 }, self.together.squares, self.squares];
        squares.into_iter().find(|squares| *squares > 0.0).map_or(0.0, |squares| self.mean(squares))
    }
}
