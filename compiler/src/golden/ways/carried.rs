//! A state that outlives its sequence.

use super::super::compare::Excerpt;
use super::super::trace::Trace;
use super::{Alternative, Group, Outcome, Trial, Way, alternative};
use crate::model::Model;
use crate::sequences::Steps;

struct Carried;

pub(super) fn push(model: &Model, sequence: usize, list: &mut Vec<Alternative>) {
    if model.is_bidirectional() || sequence == 0 {
        return;
    }
    list.push(alternative(
        Group::Carried,
        "a state that is carried on from each sequence into the next".to_owned(),
        "start each sequence of the trace from a new state (`reset_states()` in Keras, no state given in PyTorch), \
         or record them as one sequence"
            .to_owned(),
        Carried,
    ));
}

impl Way for Carried {
    fn steps(&self, trace: &Trace, excerpt: Excerpt) -> usize {
        (0..excerpt.sequence).map(|before| trace.length(before)).sum::<usize>() + excerpt.steps
    }

    fn outcome(&self, trial: &Trial<'_>) -> Outcome {
        let Excerpt { sequence, steps } = trial.excerpt;
        let whole = |sequence| Excerpt { sequence, steps: trial.trace.length(sequence) };
        let parts = (0..sequence).map(whole).chain([trial.excerpt]);
        let mut joined: Option<Steps> = None;
        for part in parts {
            let Ok(inputs) = trial.trace.inputs(part) else {
                return trial.plain();
            };
            match (&mut joined, inputs) {
                (Some(Steps::Features(all)), Steps::Features(more)) => all.extend(more),
                (Some(Steps::Tokens(all)), Steps::Tokens(more)) => all.extend(more),
                (_, inputs) => joined = Some(inputs),
            }
        }
        let Some(joined) = joined else {
            return trial.plain();
        };
        let mut outputs = trial.outputs(&joined.as_inputs());
        Outcome::of(outputs.split_off(outputs.len().saturating_sub(steps)))
    }
}
