//! The golden trace: the spec and the weights are the trained network, or compiling fails.
//!
//! Proved is the network as it was trained, executed in `f64` on the compared part of the trace: tensors, gate orders,
//! variants and activations are those of the training. Fitting and rounding come after it; [`Deployed`] says how far
//! the network that runs, executed in `f64` too, is from the trace. `recurve verify` compares what a machine computes.

mod alternatives;
mod ambiguous;
mod build;
mod changes;
mod compare;
mod deployed;
mod excerpts;
mod explain;
mod gate_orders;
mod group;
mod ids;
mod judgement;
mod memory_order;
mod movement;
mod saturated;
mod search;
mod shapes;
mod trace;
mod ways;
mod weak;
mod words;

#[cfg(test)]
mod tests;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Spanned};
use crate::files::Files;
use crate::model::Model;
use crate::sequences::Steps;
use crate::spec::{Spec, TraceCheck};
use crate::tensors::read_file;
use compare::{Comparison, Disagreement, Excerpt, RowCount, compare};
pub use deployed::{Decided, Deployed};
use excerpts::excerpts;
use movement::Movement;
pub use saturated::{Saturated, saturated};
use trace::Trace;

/// How much of a trace is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Nothing, for the size and the cost of a network that is not deployed.
    None,
    /// The leading sequences and steps of `usual` multiply-accumulates. If the network does not move in them, so that they tell
    /// nothing, the comparison goes on up to the first two steps in which it moves, of the sequence that gets there first, and for as
    /// much again. A sequence that cannot be cut, since its output comes after the last step, is compared whole. More than `limit`
    /// multiply-accumulates are an error.
    Bounded {
        /// Multiply-accumulates for a trace that moves from the start.
        usual: u64,
        /// Multiply-accumulates at most.
        limit: u64,
    },
    /// Everything.
    All,
}

impl Work {
    /// Work of macros and build scripts: a fraction of a second without optimisation, and at most some seconds.
    pub const QUICK: Work = Work::Bounded { usual: 8_000_000, limit: 500_000_000 };
}

/// How much of a trace the model agreed with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Checked {
    /// Sequences that were compared, whole or in part.
    pub sequences: usize,
    /// Sequences of the whole trace, but for those of no steps.
    pub sequences_in_trace: usize,
    /// Steps that were executed for it.
    pub steps: usize,
    /// Steps of the whole trace.
    pub steps_in_trace: usize,
    /// Outputs that were compared, each a number.
    pub outputs: usize,
    /// The largest difference `|a - b| / max(1, |b|)` of an output.
    pub worst: f64,
    /// Whether the spec leaves the rest to `recurve verify`, since it is more than compiling compares.
    pub left_to_verify: bool,
    /// The network that runs, on the same steps; `None` where it is the trained one, number by number.
    pub deployed: Option<Deployed>,
}

/// A sequence of a trace.
#[derive(Debug)]
pub struct Expected {
    /// What the network reads.
    pub inputs: Steps,
    /// What the training framework gave: after each step one after the other, or after the last alone.
    pub outputs: Vec<f32>,
}

/// The whole golden trace of the spec, but for sequences of no steps; none where the spec has no trace.
///
/// # Errors
/// A trace that cannot be read, or that is of another network.
pub fn expected(spec: &Spec, model: &Model, files: &dyn Files) -> Result<Vec<Expected>, Diagnostic> {
    let Some(golden) = &spec.golden else {
        return Ok(Vec::new());
    };
    let trace = Trace::read(&golden.file, model, files)?;
    let of = |excerpt| Ok(Expected { inputs: trace.inputs(excerpt)?, outputs: trace.expected(excerpt)? });
    let excerpts = trace.lengths().iter().enumerate().filter(|(_, steps)| **steps > 0);
    excerpts.map(|(sequence, &steps)| of(Excerpt { sequence, steps })).collect()
}

/// Numbers nearer than this may decide otherwise in another arithmetic.
const NEAR: f64 = 1e-5;

/// Accepted difference of an output, `|a - b| / max(1, |b|)` for a trace's `b`, where the spec gives none: absolute for outputs up
/// to 1, relative above.
pub const TOLERANCE: f64 = 1e-4;

/// Reports a trace that cannot be read, where there is no model to compare it with.
pub(crate) fn check_file(spec: &Spec, files: &dyn Files, diagnostics: &mut Diagnostics) {
    let error = spec.golden.as_ref().and_then(|golden| read_file(files, &golden.file).err());
    diagnostics.extend(error);
}

/// Compares `model` with the spec's golden trace.
///
/// `None` where the spec has no trace or nothing is to be compared, and after an error.
pub fn check(
    spec: &Spec,
    model: &Model,
    files: &dyn Files,
    work: Work,
    diagnostics: &mut Diagnostics,
) -> Option<Checked> {
    prove(spec, model, files, work, diagnostics).map(|proof| proof.checked)
}

/// A trace that a model agreed with, and what was compared of it.
#[derive(Debug)]
pub(crate) struct Proof {
    checked: Checked,
    trace: Trace,
    excerpts: Vec<Excerpt>,
    tolerance: f64,
}

/// As [`check`]; keeps what was compared.
pub(crate) fn prove(
    spec: &Spec,
    model: &Model,
    files: &dyn Files,
    work: Work,
    diagnostics: &mut Diagnostics,
) -> Option<Proof> {
    let golden = spec.golden.as_ref().filter(|_| work != Work::None)?;
    let tolerance = golden.tolerance.map_or(TOLERANCE, |tolerance| tolerance.value);
    let left = golden.check.is_some_and(|check| check.value == TraceCheck::Verify);
    let compared = Trace::read(&golden.file, model, files).and_then(|trace| {
        weak::refuse_empty(&trace, &golden.file)?;
        let movement = Movement::of(&trace)?;
        let (excerpts, left) = match excerpts(&trace, model, &movement, work) {
            Ok(excerpts) => (excerpts, false),
            Err(too_long) if left => (too_long.usual, true),
            Err(too_long) => return Err(weak::too_long(&too_long, &trace, model, &golden.file)),
        };
        let comparison = compare(&trace, model, &excerpts, tolerance)?;
        Ok((trace, movement, excerpts, comparison, left))
    });
    let (trace, movement, excerpts, comparison, left_to_verify) = match compared {
        Ok(compared) => compared,
        Err(error) => {
            diagnostics.push(error);
            return None;
        }
    };
    if let Some(decision) = &comparison.decision {
        diagnostics.push(disagreement(&golden.file, decision));
        return None;
    }
    if let Some(rows) = &comparison.rows {
        diagnostics.push(other_rows(&golden.file, rows));
        return None;
    }
    if comparison.first.is_some() {
        let mut error = mismatch(spec, &comparison, tolerance)?;
        for help in explain::explain(spec, model, files, &trace, &comparison, tolerance) {
            error = error.help(help);
        }
        diagnostics.push(error);
        return None;
    }
    weak::report(&movement, model, tolerance, &golden.file, diagnostics)?;
    if work == Work::All {
        let compared = (&trace, excerpts.as_slice());
        ambiguous::warn(spec, model, files, compared, (tolerance, &golden.file), diagnostics);
    }
    let checked = Checked {
        sequences: excerpts.len(),
        sequences_in_trace: trace.lengths().iter().filter(|steps| **steps > 0).count(),
        steps: excerpts.iter().map(|excerpt| excerpt.steps).sum(),
        steps_in_trace: trace.steps_in_all(),
        outputs: comparison.outputs,
        worst: comparison.worst,
        left_to_verify,
        deployed: None,
    };
    Some(Proof { checked, trace, excerpts, tolerance })
}

/// What was proved of the trained network, with how far `model`, the network that runs, is from the same part of the
/// trace; and the numbers that left their ranges there.
pub(crate) fn deploy(
    spec: &Spec,
    proof: Proof,
    model: &Model,
    files: &dyn Files,
    diagnostics: &mut Diagnostics,
) -> (Checked, Vec<Saturated>) {
    if !spec.alters() || proof.excerpts.is_empty() || diagnostics.has_errors() {
        return (proof.checked, Vec::new());
    }
    match deployed::run(&proof, model) {
        Ok((found, ranges)) => {
            let (saturated, before) = (saturated(model, &ranges), diagnostics.len());
            saturated::warn(spec, &saturated, diagnostics);
            // Numbers that do not fit explain any error.
            if diagnostics.len() == before {
                judgement::judge(spec, &proof, model, &found, files, diagnostics);
            }
            (Checked { deployed: Some(found), ..proof.checked }, saturated)
        }
        Err(error) => {
            diagnostics.push(error);
            (proof.checked, Vec::new())
        }
    }
}

fn disagreement(file: &Spanned<String>, disagreement: &Disagreement) -> Diagnostic {
    let Disagreement { sequence, step, found } = disagreement;
    let sequence = match sequence {
        0 => String::new(),
        sequence => format!(" of sequence {sequence}"),
    };
    let words = |update| if update { "executed" } else { "skipped" };
    let (is, other) = (words(found.update), words(!found.update));
    let message = format!("step {step}{sequence} is {is}, and the golden trace says that it is {other}");
    let help = match found.margin < NEAR {
        true => format!(
            "it is a matter of rounding: the numbers that decide are {:.1e} apart; leave such sequences out of \
             the trace",
            found.margin
        ),
        false => format!(
            "the numbers that decide are {:.1e} apart: are the policy's parameters those of the training?",
            found.margin
        ),
    };
    Diagnostic::error(Code::GoldenMismatch, file.span, message).help(help)
}

fn other_rows(file: &Spanned<String>, rows: &RowCount) -> Diagnostic {
    let RowCount { sequence, step, module, found, expected, margin } = rows;
    let sequence = match sequence {
        0 => String::new(),
        sequence => format!(" of sequence {sequence}"),
    };
    let message = format!(
        "step {step}{sequence} reads {found} rows by dual module {module}, and the golden trace says {expected}"
    );
    let help = match *margin < NEAR {
        true => {
            format!("it is a matter of rounding: a sum is {margin:.1e} from deciding otherwise; leave it out")
        }
        false => "are the little module and its thresholds those of the trace?".to_owned(),
    };
    Diagnostic::error(Code::GoldenMismatch, file.span, message).help(help)
}

fn mismatch(spec: &Spec, comparison: &Comparison, tolerance: f64) -> Option<Diagnostic> {
    let golden = spec.golden.as_ref()?;
    let first = comparison.first.as_ref()?;
    let sequence = match first.sequence {
        0 => String::new(),
        sequence => format!(" of sequence {sequence}"),
    };
    let message = format!(
        "output {} at step {}{sequence} is {}, and the golden trace says {}",
        first.output, first.step, first.found as f32, first.expected
    );
    let counts = format!(
        "{} of {} compared outputs differ by more than {tolerance:e}, at worst by {:.3e}",
        comparison.beyond, comparison.outputs, comparison.worst
    );
    Some(Diagnostic::error(Code::GoldenMismatch, golden.file.span, message).help(counts))
}
