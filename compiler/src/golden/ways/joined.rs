//! The input of a layer added to the output of another, or multiplied with it.

use super::{
    Alternative, Group, Outcome, Trial, Way, alternative, entry, exit, first_layer, layer, levels, width,
};
use crate::model::{Layer, Model};
use crate::reference::{Run, activate, sums};
use crate::spec::Activation;

struct Joined {
    /// The layer whose input goes around.
    from: usize,
    /// The layer whose output it meets.
    to: usize,
    operation: Operation,
    /// Whether it meets the sums of a linear layer, before their activation.
    before_activation: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Add,
    Multiply,
}

/// Networks with more layers than this are tried around the whole and around single layers only.
const ALL_PAIRS: usize = 16;

pub(super) fn push(model: &Model, list: &mut Vec<Alternative>) {
    let (first, count) = (first_layer(model), model.layers.len());
    let Some(last) = count.checked_sub(1) else {
        return;
    };
    let all = count <= ALL_PAIRS;
    let parts = (first..count).flat_map(|from| (from..count).map(move |to| (from, to)));
    let parts = parts.filter(|&(from, to)| (from, to) != (first, last) && (all || from == to));
    let final_level = Run::new(model).final_level();
    let crosses = |from, to| final_level.is_some_and(|level| (from..=to).contains(&level));
    for (from, to) in [(first, last)].into_iter().chain(parts) {
        if from > to || crosses(from, to) || width(model, from) != width(model, to + 1) {
            continue;
        }
        for operation in [Operation::Add, Operation::Multiply] {
            let activated = matches!(&model.layers[to],
                Layer::Linear(linear) if linear.activation != Activation::None && linear.dual.is_none());
            if operation == Operation::Multiply || !is_residual(model, from, to) {
                list.push(reading(model, Joined { from, to, operation, before_activation: false }));
            }
            if activated {
                list.push(reading(model, Joined { from, to, operation, before_activation: true }));
            }
        }
    }
}

/// Whether `residual` says it.
fn is_residual(model: &Model, from: usize, to: usize) -> bool {
    from == to && matches!(&model.layers[to], Layer::Recurrent(level) if levels(model, &level.name) == 1)
}

fn reading(model: &Model, joined: Joined) -> Alternative {
    let Joined { from, to, operation, before_activation } = joined;
    let whole = from == 0 && to + 1 == model.layers.len();
    let input = if whole { "the input".to_owned() } else { format!("the input of {}", entry(model, from)) };
    let output = match (before_activation, whole) {
        (true, _) => format!("the sums of {} before their activation", layer(model, to)),
        (false, true) => "the output".to_owned(),
        (false, false) => format!("the output of {}", exit(model, to)),
    };
    let (joins, undo) = match operation {
        Operation::Add => ("added to", "add the input to the output"),
        Operation::Multiply => ("multiplied with", "multiply the output with the input"),
    };
    let mend = if whole && !before_activation {
        format!("{undo} in your code, and record the outputs before that in the trace")
    } else {
        "a spec has `residual: true` for the input of a recurrent layer added to its own output".to_owned()
    };
    let what = format!("{input} {joins} {output}, which a spec cannot say yet");
    alternative(Group::Skip, what, mend, joined)
}

impl Way for Joined {
    fn from(&self) -> usize {
        if self.before_activation { self.to } else { self.to + 1 }
    }

    fn outcome(&self, trial: &Trial<'_>) -> Outcome {
        let around = trial.reads(self.from);
        let join = |mut output: Vec<f64>, input: &[f64]| {
            for (y, x) in output.iter_mut().zip(input) {
                match self.operation {
                    Operation::Add => *y += x,
                    Operation::Multiply => *y *= x,
                }
            }
            output
        };
        let joined = match trial.model.layers.get(self.to) {
            Some(Layer::Linear(linear)) if self.before_activation => {
                let pairs = trial.reads(self.to).iter().zip(around);
                pairs.map(|(x, input)| activate(linear.activation, join(sums(linear, x), input))).collect()
            }
            _ => {
                let pairs = trial.reads(self.to + 1).iter().zip(around);
                pairs.map(|(output, input)| join(output.clone(), input)).collect()
            }
        };
        Outcome::of(trial.onwards(self.to + 1, joined))
    }
}
