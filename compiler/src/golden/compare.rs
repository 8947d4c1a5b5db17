//! What the reference executor computes beside what the trace says.

use super::shapes::Outputs;
use super::trace::Trace;
use crate::diagnostic::Diagnostic;
use crate::model::Model;
use crate::reference::run;

/// The first steps of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub(super) sequence: usize,
    pub(super) steps: usize,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Comparison {
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
        let mut outputs = run(model, &inputs.as_inputs());
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

impl Comparison {
    fn add(&mut self, difference: Difference, tolerance: f64) {
        let expected = f64::from(difference.expected);
        let apart = (difference.found - expected).abs() / expected.abs().max(1.0);
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
