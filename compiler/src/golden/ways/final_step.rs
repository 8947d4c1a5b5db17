//! The last step of a layer that reads in both directions, in place of its final states.

use super::{Alternative, Group, Outcome, Trial, Way, alternative, layer};
use crate::model::Model;
use crate::reference::Run;

struct FinalStep {
    level: usize,
}

pub(super) fn push(model: &Model, list: &mut Vec<Alternative>) {
    let Some(level) = Run::new(model).final_level() else {
        return;
    };
    list.push(alternative(
        Group::FinalStep,
        format!(
            "the last step of {}, as `out[:, -1]` takes it, in place of the final states of both directions",
            layer(model, level)
        ),
        "write `output: every`, record the outputs of every step and use the last, or train with the final states: \
         `torch.cat([h[-2], h[-1]], 1)`"
            .to_owned(),
        FinalStep { level },
    ));
}

impl Way for FinalStep {
    fn is_causal(&self) -> bool {
        false
    }

    fn from(&self) -> usize {
        self.level
    }

    fn outcome(&self, trial: &Trial<'_>) -> Outcome {
        let mut states = trial.run.of_every_step().layer(self.level, trial.reads(self.level).to_vec());
        states.drain(..states.len().saturating_sub(1));
        Outcome::of(trial.onwards(self.level + 1, states))
    }
}
