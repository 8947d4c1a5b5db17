//! Which steps of a trace are compared.

use super::Work;
use super::compare::Excerpt;
use super::movement::Movement;
use super::shapes::Outputs;
use super::trace::Trace;
use crate::model::Model;

/// Steps that are compared from the first one on that tells something: the state that the first leaves behind shows
/// in the second.
const FEWEST: usize = 2;

/// The shortest useful excerpt takes more work than the limit allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TooLong {
    /// Steps of the shortest excerpt that tells something.
    pub(super) steps: usize,
    /// Steps that the limit allows.
    pub(super) most: usize,
    /// Excerpts that the usual work allows; they tell too little.
    pub(super) usual: Vec<Excerpt>,
}

/// The excerpts that the work allows. They have a sequence, or steps of one, on which the network moves, where the trace has one.
pub(super) fn excerpts(
    trace: &Trace,
    model: &Model,
    movement: &Movement,
    work: Work,
) -> Result<Vec<Excerpt>, TooLong> {
    let (usual, limit) = match work {
        Work::None => return Ok(Vec::new()),
        Work::All => return Ok(fill(trace, model, u64::MAX)),
        Work::Bounded { usual, limit } => (usual, limit),
    };
    let cost = model.macs().max(1);
    let mut excerpts = fill(trace, model, usual / cost);
    if excerpts.iter().any(|excerpt| tells(trace, model, movement, *excerpt)) {
        return Ok(excerpts);
    }
    let Some(shortest) = shortest(trace, model, movement) else {
        return Ok(excerpts);
    };
    let most = usize::try_from(limit / cost).unwrap_or(usize::MAX);
    if shortest.steps > most {
        return Err(TooLong { steps: shortest.steps, most, usual: excerpts });
    }
    let usual = usize::try_from(usual / cost).unwrap_or(usize::MAX);
    let steps = match trace.can_be_cut(model) {
        true => shortest.steps.saturating_add(usual).min(trace.length(shortest.sequence)).min(most),
        false => shortest.steps,
    };
    excerpts.retain(|excerpt| excerpt.sequence != shortest.sequence);
    excerpts.push(Excerpt { steps, ..shortest });
    excerpts.sort_by_key(|excerpt| excerpt.sequence);
    Ok(excerpts)
}

/// The leading sequences and steps of them, up to `left` steps in all. Sequences that cannot be cut and do not fit are left out.
fn fill(trace: &Trace, model: &Model, mut left: u64) -> Vec<Excerpt> {
    let mut excerpts = Vec::new();
    for (sequence, &length) in trace.lengths().iter().enumerate().filter(|(_, length)| **length > 0) {
        let steps = match trace.can_be_cut(model) {
            true => length.min(usize::try_from(left).unwrap_or(usize::MAX)),
            false => length,
        };
        if steps == 0 {
            break;
        }
        if let Some(rest) = left.checked_sub(steps as u64) {
            left = rest;
            excerpts.push(Excerpt { sequence, steps });
        }
    }
    excerpts
}

/// Whether the network moves in an excerpt, as far as it does in its sequence and in the trace.
fn tells(trace: &Trace, model: &Model, movement: &Movement, excerpt: Excerpt) -> bool {
    let moves = movement.start(excerpt.sequence).is_some() || !movement.anywhere();
    moves && excerpt.steps >= needed(trace, model, movement, excerpt.sequence)
}

/// Steps of the shortest excerpt of a sequence that tells something.
fn needed(trace: &Trace, model: &Model, movement: &Movement, sequence: usize) -> usize {
    let length = trace.length(sequence);
    match trace.can_be_cut(model) {
        true => movement.start(sequence).unwrap_or(0).saturating_add(FEWEST).min(length),
        false => length,
    }
}

/// The shortest excerpt that tells something, of all sequences that were looked at.
fn shortest(trace: &Trace, model: &Model, movement: &Movement) -> Option<Excerpt> {
    let excerpt = |sequence| Excerpt { sequence, steps: needed(trace, model, movement, sequence) };
    (0..movement.sequences())
        .filter(|&sequence| trace.length(sequence) > 0)
        .filter(|&sequence| movement.start(sequence).is_some() || !movement.anywhere())
        .map(excerpt)
        .min_by_key(|excerpt| excerpt.steps)
}

impl Trace {
    /// Whether the first steps of a sequence can be compared without the rest.
    pub(super) fn can_be_cut(&self, model: &Model) -> bool {
        self.outputs() == Outputs::EveryStep && !model.is_bidirectional()
    }
}
