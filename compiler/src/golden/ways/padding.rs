//! Steps that only fill a batch, which the network was trained to leave out.

use std::ops::Range;

use super::super::compare::Excerpt;
use super::super::trace::Trace;
use super::trial::are_near;
use super::{Alternative, Group, Outcome, Trial, Way, alternative};
use crate::sequences::Steps;

struct Padding {
    side: Side,
    pad: Pad,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Front,
    Behind,
}

/// Content of the padding.
#[derive(Debug, Clone, PartialEq)]
enum Pad {
    Zeros,
    Vector(Vec<f32>),
    Id(u32),
}

/// Lengths that a help lists.
const SHOWN: usize = 16;

pub(super) fn push(trace: &Trace, sequence: usize, list: &mut Vec<Alternative>) {
    let Ok(inputs) = trace.inputs(Excerpt { sequence, steps: trace.length(sequence) }) else {
        return;
    };
    for side in [Side::Front, Side::Behind] {
        for pad in pads(&inputs, side) {
            if real(&inputs, side, &pad).len() == inputs.as_inputs().len() {
                continue;
            }
            let of = match &pad {
                Pad::Zeros => "of zeros".to_owned(),
                Pad::Vector(_) => "of equal steps".to_owned(),
                Pad::Id(id) => format!("of the id {id}"),
            };
            let lengths = match lengths(trace, side, &pad) {
                Some(lengths) => format!("{lengths:?}"),
                None => "one number for each sequence".to_owned(),
            };
            let (what, mend) = match side {
                Side::Front => (
                    format!("the padding {of} in front of the sequences left out"),
                    format!(
                        "move the steps of each sequence to the front, and say in the trace's `lengths` how many there \
                         are: {lengths}"
                    ),
                ),
                Side::Behind => (
                    format!("the padding {of} behind the sequences left out"),
                    format!("add `lengths` to the trace, how many steps each sequence has: {lengths}"),
                ),
            };
            list.push(alternative(Group::Padding, what, mend, Padding { side, pad }));
        }
    }
}

/// What the padding of these inputs may be: zeros, or a step that is there twice at the end.
fn pads(inputs: &Steps, side: Side) -> Vec<Pad> {
    fn twice<T: PartialEq>(steps: &[T], side: Side) -> Option<&T> {
        let (first, second) = match (side, steps) {
            (Side::Front, [first, second, ..]) => (first, second),
            (Side::Behind, [.., second, last]) => (last, second),
            _ => return None,
        };
        (first == second).then_some(first)
    }
    match inputs {
        Steps::Features(steps) => {
            let step = twice(steps, side).filter(|step| step.iter().any(|x| *x != 0.0));
            [Pad::Zeros].into_iter().chain(step.map(|step| Pad::Vector(step.clone()))).collect()
        }
        Steps::Tokens(ids) => {
            let id = twice(ids, side).copied().filter(|id| *id != 0);
            [0].into_iter().chain(id).map(Pad::Id).collect()
        }
    }
}

/// The steps that are no padding; all of them, where there is nothing else.
fn real(inputs: &Steps, side: Side, pad: &Pad) -> Range<usize> {
    let steps = inputs.as_inputs().len();
    let is_pad = |step: usize| match (inputs, pad) {
        (Steps::Features(steps), Pad::Zeros) => steps[step].iter().all(|x| *x == 0.0),
        (Steps::Features(steps), Pad::Vector(pad)) => steps[step] == *pad,
        (Steps::Tokens(ids), Pad::Id(pad)) => ids[step] == *pad,
        _ => false,
    };
    let range = match side {
        Side::Front => (0..steps).find(|&step| !is_pad(step)).map(|first| first..steps),
        Side::Behind => (0..steps).rev().find(|&step| !is_pad(step)).map(|last| 0..last + 1),
    };
    range.unwrap_or(0..steps)
}

/// How many steps each sequence has without the padding, where they are few.
fn lengths(trace: &Trace, side: Side, pad: &Pad) -> Option<Vec<usize>> {
    (trace.sequences() <= SHOWN).then_some(())?;
    let length = |sequence| {
        let inputs = trace.inputs(Excerpt { sequence, steps: trace.length(sequence) }).ok()?;
        Some(real(&inputs, side, pad).len())
    };
    (0..trace.sequences()).map(length).collect()
}

fn cut(inputs: &Steps, range: Range<usize>) -> Steps {
    match inputs {
        Steps::Features(steps) => Steps::Features(steps[range].to_vec()),
        Steps::Tokens(ids) => Steps::Tokens(ids[range].to_vec()),
    }
}

impl Way for Padding {
    fn is_causal(&self) -> bool {
        false
    }

    fn outcome(&self, trial: &Trial<'_>) -> Outcome {
        let range = real(&trial.inputs, self.side, &self.pad);
        let plain = trial.plain();
        if range.len() == plain_steps(trial) || trial.has_every_step() && !self.is_told(trial, &range) {
            return plain;
        }
        let first = range.start;
        let outputs = trial.outputs(&cut(&trial.inputs, range).as_inputs());
        Outcome { first, outputs }
    }
}

fn plain_steps(trial: &Trial<'_>) -> usize {
    trial.inputs.as_inputs().len()
}

impl Padding {
    /// Whether the outputs of every step tell: behind, those of the padding say nothing; in front, those after it are
    /// others than they would be.
    fn is_told(&self, trial: &Trial<'_>, range: &Range<usize>) -> bool {
        const SAME: f64 = 1e-6;
        match self.side {
            Side::Behind => {
                let mut padded = trial.expected().skip(range.end);
                let Some(first) = padded.next() else {
                    return false;
                };
                padded.all(|expected| expected == first)
            }
            Side::Front => {
                let pairs = trial.plain().outputs.into_iter().zip(trial.expected()).skip(range.start);
                pairs.into_iter().any(|(output, expected)| !are_near(&output, expected, SAME))
            }
        }
    }
}
