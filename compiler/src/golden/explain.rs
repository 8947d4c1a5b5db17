//! Which other reading of the weights would have matched the trace.

use super::alternatives::{Alternative, Change, alternatives};
use super::compare::{Comparison, Excerpt, compare};
use super::trace::Trace;
use crate::diagnostic::Diagnostics;
use crate::files::Files;
use crate::model::{Layer, Model, resolve};
use crate::spec::Spec;
use crate::tensors::Store;

/// Steps past the first difference that an alternative has to match too.
const MORE_STEPS: usize = 8;
/// Multiply-accumulates that the search may take, about; the likely alternatives are tried anyway.
const SEARCH: u64 = 400_000_000;
const LIKELY: usize = 8;
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
    let excerpt = |steps: usize| Excerpt {
        sequence: first.sequence,
        steps: if trace.can_be_cut(model) {
            steps.min(trace.length(first.sequence))
        } else {
            trace.length(first.sequence)
        },
    };
    // Nearly all alternatives differ at the first step already.
    let screens = [excerpt(1), excerpt(first.step.saturating_add(MORE_STEPS))];
    let matches = |model: &Model| {
        screens
            .iter()
            .all(|&screen| compare(trace, model, &[screen], tolerance).is_ok_and(|found| found.agrees()))
    };

    let mut tried = alternatives(spec, model);
    // Binding the weights again takes about as long as a step.
    let cost = model.macs().saturating_mul(screens[0].steps.saturating_add(1) as u64).max(1);
    tried.truncate(usize::try_from(SEARCH / cost).unwrap_or(usize::MAX).max(LIKELY));
    let count = tried.len();
    let found = tried
        .into_iter()
        .find(|alternative| build(alternative, model, &mut store).is_some_and(|other| matches(&other)));
    match found {
        Some(Alternative { what, mend, .. }) => {
            let mut lines = vec![format!("it matches with {what}")];
            lines.extend(mend);
            lines
        }
        None if comparison.worst <= ROUNDING * tolerance => {
            let given = spec.golden.as_ref().is_some_and(|golden| golden.tolerance.is_some());
            let mend = if given { "a larger `tolerance`" } else { "a `tolerance` beside the golden file" };
            vec![format!("the differences are small: {mend} may be all it needs")]
        }
        None => vec![format!(
            "none of {count} other readings matches, of gate orders, variants, activations and biases: \
             are trace and weights of the same training run?"
        )],
    }
}

fn build(alternative: &Alternative, model: &Model, store: &mut Store) -> Option<Model> {
    match &alternative.change {
        Change::Reading(spec, orders) => {
            store.release();
            store.orders = Some(*orders);
            resolve(spec, store, &mut Diagnostics::new())
        }
        Change::Model(change) => {
            let mut model = model.clone();
            change(&mut model);
            Some(model)
        }
        Change::Activation(activation) => {
            let mut model = model.clone();
            if let Some(Layer::Linear(last)) = model.layers.last_mut() {
                last.activation = *activation;
            }
            Some(model)
        }
    }
}
