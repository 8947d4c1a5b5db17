//! What the reference executor computes beside what the trace says.

use super::shapes::Outputs;
use super::trace::Trace;
use crate::diagnostic::Diagnostic;
use crate::model::Model;
use crate::reference::{Decision, run, run_counting, run_skipping};

/// The first steps of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub(super) sequence: usize,
    pub(super) steps: usize,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Comparison {
    /// The first step on which the policy decides otherwise.
    pub(super) decision: Option<Disagreement>,
    /// The first step in which another number of rows is read.
    pub(super) rows: Option<RowCount>,
    /// The first output beyond the tolerance.
    pub(super) first: Option<Difference>,
    /// Outputs beyond the tolerance.
    pub(super) beyond: usize,
    /// Outputs compared.
    pub(super) outputs: usize,
    /// The largest `|a - b| / max(1, |b|)`.
    pub(super) worst: f64,
}

#[derive(Debug, Clone)]
pub(super) struct Disagreement {
    pub(super) sequence: usize,
    pub(super) step: usize,
    /// Whether the model executes the step, and how near it was to not doing what it does.
    pub(super) found: Decision,
}

#[derive(Debug, Clone)]
pub(super) struct RowCount {
    pub(super) sequence: usize,
    pub(super) step: usize,
    /// The dual module's place among those of the network.
    pub(super) module: usize,
    pub(super) found: usize,
    pub(super) expected: usize,
    /// How near a row was to being decided otherwise.
    pub(super) margin: f64,
}

#[derive(Debug, Clone)]
pub(super) struct Difference {
    pub(super) sequence: usize,
    pub(super) step: usize,
    pub(super) output: usize,
    pub(super) found: f64,
    pub(super) expected: f32,
}

pub(super) fn compare(
    trace: &Trace,
    model: &Model,
    excerpts: &[Excerpt],
    tolerance: f64,
) -> Result<Comparison, Diagnostic> {
    let mut comparison = Comparison::default();
    let size = model.output_size().max(1);
    for &excerpt in excerpts {
        let inputs = trace.inputs(excerpt)?;
        let expected = trace.expected(excerpt)?;
        let mut outputs = match (trace.updates(excerpt)?, trace.rows(excerpt)?) {
            (Some(updates), _) => {
                let (outputs, decisions) = run_skipping(model, &inputs.as_inputs());
                let other =
                    decisions.iter().zip(&updates).position(|(found, update)| found.update != *update);
                if let Some(step) = other {
                    let (sequence, found) = (excerpt.sequence, decisions[step]);
                    comparison.decision.get_or_insert(Disagreement { sequence, step, found });
                }
                outputs
            }
            (None, Some(rows)) => {
                let (outputs, found) = run_counting(model, &inputs.as_inputs());
                let modules = model.dual_modules().max(1);
                for (at, (&(found, margin), &expected)) in found.iter().flatten().zip(&rows).enumerate() {
                    if found != expected {
                        let (step, module) = (at / modules, at % modules);
                        let sequence = excerpt.sequence;
                        let count = RowCount { sequence, step, module, found, expected, margin };
                        comparison.rows.get_or_insert(count);
                    }
                }
                outputs
            }
            (None, None) => run(model, &inputs.as_inputs()),
        };
        let mut first_step = 0;
        if trace.outputs() == Outputs::LastStep {
            outputs.drain(..outputs.len().saturating_sub(1));
            first_step = excerpt.steps.saturating_sub(1);
        }
        for (step, (output, expected)) in outputs.iter().zip(expected.chunks(size)).enumerate() {
            for (place, (&found, &expected)) in output.iter().zip(expected).enumerate() {
                let difference = Difference {
                    sequence: excerpt.sequence,
                    step: first_step + step,
                    output: place,
                    found,
                    expected,
                };
                comparison.add(difference, tolerance);
            }
        }
    }
    Ok(comparison)
}

/// `|a - b| / max(1, |b|)`
pub(super) fn apart(found: f64, expected: f32) -> f64 {
    let expected = f64::from(expected);
    (found - expected).abs() / expected.abs().max(1.0)
}

impl Comparison {
    /// Whether the model does what the trace says.
    pub(super) fn agrees(&self) -> bool {
        self.first.is_none() && self.decision.is_none() && self.rows.is_none()
    }

    fn add(&mut self, difference: Difference, tolerance: f64) {
        let apart = apart(difference.found, difference.expected);
        self.outputs += 1;
        if apart > self.worst || apart.is_nan() {
            self.worst = apart;
        }
        if apart > tolerance || apart.is_nan() {
            self.beyond += 1;
            self.first.get_or_insert(difference);
        }
    }
}
