//! Which other reading of the weights would have matched the trace.

use super::alternatives::{Alternative, alternatives};
use super::compare::Comparison;
use super::memory_order::memory_orders;
use super::search::{Found, Search};
use super::trace::Trace;
use super::ways::ways;
use super::words::all_of;
use crate::diagnostic::Diagnostics;
use crate::files::Files;
use crate::model::{Model, resolve};
use crate::spec::Spec;
use crate::tensors::Store;

/// Differences up to this many tolerances look like rounding.
const ROUNDING: f64 = 20.0;

/// Lines that say what would match, or that nothing does.
pub(super) fn explain(
    spec: &Spec,
    model: &Model,
    files: &dyn Files,
    trace: &Trace,
    comparison: &Comparison,
    tolerance: f64,
) -> Vec<String> {
    let Some(first) = &comparison.first else {
        return Vec::new();
    };
    let Some(mut store) = Store::read(spec, files, &mut Diagnostics::new()) else {
        return Vec::new();
    };
    let mut list = alternatives(spec, model);
    // Only once all is bound it is known which tensors layers use.
    if resolve(spec, &mut store, &mut Diagnostics::new()).is_some() {
        list.extend(ways(model, trace, first.sequence, store.spare_vectors()));
        list.extend(memory_orders(spec, &store.matrices()));
    }
    list.sort_by_key(|alternative| alternative.group);
    let found = Search::new(spec, model, store, trace, tolerance, first).run(list);
    if let Some(Alternative { what, mend, .. }) = found.matching {
        let mut lines = vec![format!("it matches with {what}")];
        lines.extend(mend);
        return lines;
    }
    if comparison.worst <= ROUNDING * tolerance {
        let given = spec.golden.as_ref().is_some_and(|golden| golden.tolerance.is_some());
        let mend = if given { "a larger `tolerance`" } else { "a `tolerance` beside the golden file" };
        return vec![format!("the differences are small: {mend} may be all it needs")];
    }
    nothing(&found)
}

fn nothing(found: &Found) -> Vec<String> {
    let mut lines = vec![format!(
        "none of {} other readings matches{}: are trace and weights of the same training run?",
        found.tried,
        match found.searched.as_slice() {
            [] => String::new(),
            searched => format!(", of {}", all_of(searched)),
        }
    )];
    if !found.left_out.is_empty() {
        lines.push(format!(
            "not all of the {} were tried, which would take long: a trace with a shorter sequence makes that quick",
            all_of(&found.left_out)
        ));
    }
    lines
}
