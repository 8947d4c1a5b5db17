//! Other readings that agree with the trace too.

use super::alternatives::{Alternative, Group, alternatives};
use super::build::build;
use super::compare::{Excerpt, compare};
use super::search::{SEARCH, step_cost};
use super::trace::Trace;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Spanned};
use crate::files::Files;
use crate::model::Model;
use crate::spec::Spec;
use crate::tensors::Store;

/// Warns of each key whose other value the trace cannot tell from that of the spec, as far as a search of bounded work finds
/// them.
pub(super) fn warn(
    spec: &Spec,
    model: &Model,
    files: &dyn Files,
    (trace, excerpts): (&Trace, &[Excerpt]),
    (tolerance, file): (f64, &Spanned<String>),
    diagnostics: &mut Diagnostics,
) {
    let Some(mut store) = Store::read(spec, files, &mut Diagnostics::new()) else {
        return;
    };
    let mut left = SEARCH;
    for alternative in alternatives(spec, model).into_iter().filter(is_a_key) {
        let Some(other) = build(&alternative.change, spec, model, &mut store) else {
            continue;
        };
        let step = step_cost(&other.layers);
        let agrees = parts(trace, model, excerpts).all(|part| {
            left = left.saturating_sub(step.saturating_mul(part.steps as u64));
            left > 0 && compare(trace, &other, &[part], tolerance).is_ok_and(|found| found.agrees())
        });
        if agrees {
            let message = format!("the golden trace agrees with {} too", alternative.what);
            diagnostics.push(Diagnostic::warning(Code::GoldenWeak, file.span, message).help(
                "it cannot tell the two networks apart: record a longer one, on inputs on which they differ",
            ));
        }
    }
}

/// Whether a spec says it with a key whose value does not show in the tensors.
fn is_a_key(alternative: &Alternative) -> bool {
    matches!(alternative.group, Group::Activation | Group::Variant | Group::ForgetBias | Group::Residual)
}

/// The compared excerpts, after the first step of the first one: nearly all readings differ there.
fn parts(trace: &Trace, model: &Model, excerpts: &[Excerpt]) -> impl Iterator<Item = Excerpt> {
    let first =
        excerpts.first().filter(|_| trace.can_be_cut(model)).map(|first| Excerpt { steps: 1, ..*first });
    first.into_iter().chain(excerpts.iter().copied())
}
