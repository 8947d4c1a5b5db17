//! Traces that prove nothing, or little.

use super::excerpts::TooLong;
use super::movement::Movement;
use super::trace::Trace;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Spanned};
use crate::model::{Layer, Model};

/// How a trace that moves is recorded.
const RECORD: &str = "record it on inputs such as the network will read, or on random ones";

pub(super) fn refuse_empty(trace: &Trace, file: &Spanned<String>) -> Result<(), Diagnostic> {
    if trace.steps_in_all() > 0 {
        return Ok(());
    }
    let message = "the golden trace has no step to compare: its `lengths` are all 0";
    let help = "`lengths` has the number of steps of each sequence that are no padding";
    Err(Diagnostic::error(Code::GoldenEmpty, file.span, message).help(help))
}

pub(super) fn too_long(found: &TooLong, trace: &Trace, model: &Model, file: &Spanned<String>) -> Diagnostic {
    let TooLong { steps, most, .. } = found;
    let what = match trace.can_be_cut(model) {
        true => "the first steps of the golden trace that tell something come after".to_owned(),
        false => "the shortest sequence of the golden trace that tells something has".to_owned(),
    };
    let message = format!(
        "{what} {steps} steps of {} multiply-accumulates, and compiling compares at most {most} steps",
        model.macs()
    );
    let error = Diagnostic::error(Code::GoldenTooLong, file.span, message);
    let error = match most {
        0 => error,
        most => error.help(format!("record a shorter trace: one sequence of at most {most} steps is enough")),
    };
    error.help(
        "or leave it to a test that runs `recurve verify`: `golden: {file: .., check: verify}`; the documentation of the \
         generated type then says so",
    )
}

/// Reports what a trace that agrees does not prove; `None` if that is everything.
pub(super) fn report(
    movement: &Movement,
    model: &Model,
    tolerance: f64,
    file: &Spanned<String>,
    diagnostics: &mut Diagnostics,
) -> Option<()> {
    let is_recurrent = model.layers.iter().any(|layer| matches!(layer, Layer::Recurrent(_)));
    if movement.vectors > 1 && movement.outputs <= tolerance {
        let message = format!(
            "the outputs of the golden trace differ by at most {:.1e} among themselves, which is within the tolerance of {tolerance:e}",
            movement.outputs
        );
        let why = "a network that always gives the same would agree with it";
        diagnostics.push(
            Diagnostic::error(Code::GoldenConstant, file.span, message).help(format!("{why}: {RECORD}")),
        );
        return None;
    }
    if movement.longest > 1 && !movement.inputs {
        let message = "all inputs of the golden trace are the same, so that it hardly tells what the network does with others";
        diagnostics.push(Diagnostic::warning(Code::GoldenConstant, file.span, message).help(RECORD));
    }
    if movement.longest == 1 && is_recurrent {
        let message = "each sequence of the golden trace has one step, so that it does not tell what the network does with its state";
        let help = "record sequences of a few steps";
        diagnostics.push(Diagnostic::warning(Code::GoldenWeak, file.span, message).help(help));
    }
    Some(())
}
