//! The search for another reading that matches, which is bounded.

use std::rc::Rc;

use super::alternatives::{Alternative, Change};
use super::build::build;
use super::compare::{Difference, Excerpt, compare};
use super::trace::Trace;
use super::ways::{OtherActivation, Trial, Way};
use crate::model::{Layer, Model};
use crate::spec::Spec;
use crate::tensors::Store;

/// Steps past the first difference that an alternative has to match too.
const MORE_STEPS: usize = 8;
/// Multiply-accumulates that the search may take, about; the first alternatives are tried anyway.
pub(super) const SEARCH: u64 = 400_000_000;
const LIKELY: u64 = 4;
/// Other sequences that have to match too, where they are affordable.
const MORE_SEQUENCES: usize = 3;
/// Shorter sequences that may stand for the first one that disagrees.
const SHORTER: usize = 3;
/// Multiply-accumulates that stand for the rest of a layer's step.
const LEAST: u64 = 256;

pub(super) struct Search<'a> {
    spec: &'a Spec,
    model: &'a Model,
    store: Store,
    trace: &'a Trace,
    tolerance: f64,
    first: &'a Difference,
    /// Multiply-accumulates left.
    left: u64,
    trials: Vec<Rc<Trial<'a>>>,
    /// Excerpts of one sequence as a whole, for readings that need it.
    whole: Option<Vec<Excerpt>>,
}

/// Result of a search.
pub(super) struct Found {
    pub(super) matching: Option<Alternative>,
    /// Alternatives that were tried.
    pub(super) tried: usize,
    /// Groups whose alternatives were all tried.
    pub(super) searched: Vec<&'static str>,
    /// Groups that were not.
    pub(super) left_out: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Matches,
    Differs,
    /// It is no network at all.
    Impossible,
    TooLong,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        spec: &'a Spec,
        model: &'a Model,
        store: Store,
        trace: &'a Trace,
        tolerance: f64,
        first: &'a Difference,
    ) -> Self {
        let steps = if trace.can_be_cut(model) { 1 } else { trace.length(first.sequence) };
        let run = step_cost(&model.layers).saturating_mul(steps.saturating_add(1) as u64);
        let left = SEARCH.max(run.saturating_mul(LIKELY));
        Search { spec, model, store, trace, tolerance, first, left, trials: Vec::new(), whole: None }
    }

    /// Tries the alternatives one after the other.
    pub(super) fn run(mut self, alternatives: Vec<Alternative>) -> Found {
        let mut found = Found { matching: None, tried: 0, searched: Vec::new(), left_out: Vec::new() };
        for alternative in alternatives {
            let label = alternative.group.label();
            let groups = match self.try_out(&alternative.change) {
                Verdict::Matches => {
                    found.matching = Some(alternative);
                    return found;
                }
                Verdict::Differs => {
                    found.tried += 1;
                    &mut found.searched
                }
                Verdict::Impossible => continue,
                Verdict::TooLong => &mut found.left_out,
            };
            if !groups.contains(&label) {
                groups.push(label);
            }
        }
        let left_out = &found.left_out;
        found.searched.retain(|label| !left_out.contains(label));
        found
    }

    fn try_out(&mut self, change: &Change) -> Verdict {
        match change {
            Change::Way(way) => self.try_way(&**way),
            Change::Activation(place, activation) => {
                match OtherActivation::new(self.model, *place, *activation) {
                    Some(way) => self.try_way(&way),
                    None => self.try_model(change),
                }
            }
            Change::Reading(..) | Change::Model(_) | Change::MemoryOrder(_) => self.try_model(change),
        }
    }

    fn try_way(&mut self, way: &dyn Way) -> Verdict {
        let step = step_cost(self.model.layers.get(way.from()..).unwrap_or_default());
        let cost = |search: &Self, excerpt| {
            let steps = way.steps(search.trace, excerpt) as u64;
            step.saturating_mul(steps)
        };
        let screens = self.screens(way.is_causal());
        for screen in screens.iter().copied() {
            let Some(trial) = self.trial(screen) else {
                return Verdict::Differs;
            };
            if !self.pay(cost(self, screen)) {
                return Verdict::TooLong;
            }
            if !trial.agrees(&way.outcome(&trial), self.tolerance) {
                return Verdict::Differs;
            }
        }
        for excerpt in self.others(&screens, way.is_causal()) {
            let run = step_cost(&self.model.layers).saturating_mul(excerpt.steps as u64);
            if !self.pay(run.saturating_add(cost(self, excerpt))) {
                break;
            }
            let agrees = Trial::new(self.trace, self.model, excerpt)
                .is_ok_and(|trial| trial.agrees(&way.outcome(&trial), self.tolerance));
            if !agrees {
                return Verdict::Differs;
            }
        }
        Verdict::Matches
    }

    fn try_model(&mut self, change: &Change) -> Verdict {
        let step = step_cost(&self.model.layers);
        let cost = |steps: usize| step.saturating_mul(steps as u64);
        let screens = self.screens(true);
        // Binding the weights again takes about as long as a step.
        if !self.pay(cost(1 + screens.first().map_or(0, |screen| screen.steps))) {
            return Verdict::TooLong;
        }
        let Some(other) = build(change, self.spec, self.model, &mut self.store) else {
            return Verdict::Impossible;
        };
        let agrees = |search: &Self, excerpt: Excerpt| {
            compare(search.trace, &other, &[excerpt], search.tolerance).is_ok_and(|found| found.agrees())
        };
        for (at, screen) in screens.iter().copied().enumerate() {
            if at > 0 && !self.pay(cost(screen.steps)) {
                return Verdict::TooLong;
            }
            if !agrees(self, screen) {
                return Verdict::Differs;
            }
        }
        for excerpt in self.others(&screens, true) {
            if !self.pay(cost(excerpt.steps)) {
                break;
            }
            if !agrees(self, excerpt) {
                return Verdict::Differs;
            }
        }
        Verdict::Matches
    }

    /// Takes the cost, if that much is left.
    fn pay(&mut self, cost: u64) -> bool {
        match self.left.checked_sub(cost) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }

    /// The parts of the trace to compare an alternative on, the cheapest first. The network itself agrees with none
    /// of the last of them.
    fn screens(&mut self, is_causal: bool) -> Vec<Excerpt> {
        let sequence = self.first.sequence;
        if is_causal && self.trace.can_be_cut(self.model) {
            // Nearly all alternatives differ at the first step already.
            let some = self.first.step.saturating_add(MORE_STEPS).min(self.trace.length(sequence));
            return vec![Excerpt { sequence, steps: 1 }, Excerpt { sequence, steps: some }];
        }
        if let Some(whole) = &self.whole {
            return whole.clone();
        }
        let mut whole = vec![Excerpt { sequence, steps: self.trace.length(sequence) }];
        if let Some(shorter) = self.shorter() {
            whole.insert(0, shorter);
        }
        self.whole = Some(whole.clone());
        whole
    }

    /// A sequence that disagrees too and is shorter than the first that does.
    fn shorter(&mut self) -> Option<Excerpt> {
        let most = self.trace.length(self.first.sequence);
        let of = |sequence| Excerpt { sequence, steps: self.trace.length(sequence) };
        let mut shorter: Vec<Excerpt> = (0..self.trace.sequences())
            .map(of)
            .filter(|excerpt| (1..most).contains(&excerpt.steps))
            .collect();
        shorter.sort_by_key(|excerpt| excerpt.steps);
        let step = step_cost(&self.model.layers);
        shorter.into_iter().take(SHORTER).find(|&excerpt| {
            self.pay(step.saturating_mul(excerpt.steps as u64))
                && compare(self.trace, self.model, &[excerpt], self.tolerance)
                    .is_ok_and(|found| !found.agrees())
        })
    }

    /// Parts of other sequences.
    fn others(&self, screens: &[Excerpt], is_causal: bool) -> Vec<Excerpt> {
        let cut = is_causal && self.trace.can_be_cut(self.model);
        let known = |sequence| screens.iter().any(|screen| screen.sequence == sequence);
        (0..self.trace.sequences())
            .filter(|&sequence| self.trace.length(sequence) > 0 && !known(sequence))
            .take(MORE_SEQUENCES)
            .map(|sequence| {
                let length = self.trace.length(sequence);
                Excerpt { sequence, steps: if cut { length.min(1 + MORE_STEPS) } else { length } }
            })
            .collect()
    }

    /// Inputs and outputs of each layer over an excerpt; `None` where the excerpt cannot be read.
    fn trial(&mut self, excerpt: Excerpt) -> Option<Rc<Trial<'a>>> {
        if let Some(trial) = self.trials.iter().find(|trial| trial.excerpt == excerpt) {
            return Some(trial.clone());
        }
        let cost = step_cost(&self.model.layers).saturating_mul(excerpt.steps as u64);
        self.left = self.left.saturating_sub(cost);
        let trial = Rc::new(Trial::new(self.trace, self.model, excerpt).ok()?);
        self.trials.push(trial.clone());
        Some(trial)
    }
}

/// Cost of a step of the layers, in multiply-accumulates.
pub(super) fn step_cost(layers: &[Layer]) -> u64 {
    layers.iter().map(|layer| layer.macs().max(LEAST)).fold(0, u64::saturating_add)
}
