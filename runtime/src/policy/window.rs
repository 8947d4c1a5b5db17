//! SkipW: Mayet, Lambert, Le Guyadec, Le Bolzer and Schnitzler, *SkipW: Resource Adaptable RNN with Strict Upper
//! Computational Limit*, ICLR 2021.

use super::affine::{Affine, joined};
use super::{Count, clamped};
use crate::activation::{Activations, Sigmoid};
use crate::layer::Activation;
use crate::simd::Simd;

/// What stands for the time in the importance of a window's inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// Windows that began before this one.
    Windows,
    /// Steps since the last executed one, or since the start.
    SinceUpdate,
}

/// The importance of the inputs of a window, `sigmoid(W [s; time] + b)` with the state `s` before its first
/// input (equation 6), of which the largest are executed (equations 9 and 10).
#[derive(Debug, Clone, Copy)]
pub struct Window<const LENGTH: usize, const GROUPS: usize> {
    /// A row for each input of a window.
    pub gate: Affine<LENGTH, GROUPS>,
    /// The last column's factor.
    pub clock: Clock,
}

/// The window that is under way.
#[derive(Debug, Clone)]
pub struct WindowState<const LENGTH: usize> {
    /// Of each input in 0..=1; infinite where it is NaN, so that those inputs come first.
    importance: [f32; LENGTH],
    /// How many inputs of the window are more important; of equals the later one counts as less so.
    rank: [u16; LENGTH],
    /// The window's inputs that went by.
    pub(super) at: u16,
    /// Those of them that were executed.
    used: u16,
    pub(super) budget: u16,
    /// Whether `importance` is that of this window.
    decided: bool,
    pub(super) threshold: f32,
    windows: u32,
    since_update: u32,
    /// What the policy did.
    pub count: Count,
}

impl<const LENGTH: usize, const GROUPS: usize> Window<LENGTH, GROUPS> {
    /// Decides on the window that begins, if one does. `state` is that before the next input.
    #[inline(always)]
    pub fn before<S: Simd, A: Activations>(
        &self,
        simd: S,
        a: A,
        state: &[f32],
        window: &mut WindowState<LENGTH>,
    ) {
        if window.decided {
            return;
        }
        let time = self.time(window.windows, window.since_update);
        window.decide(Self::importance(simd, a, self.sums(simd, state, time)));
    }

    #[inline(always)]
    pub(super) fn time(&self, windows: u32, since_update: u32) -> u32 {
        match self.clock {
            Clock::Windows => windows,
            Clock::SinceUpdate => since_update,
        }
    }

    /// The sums of a window that begins at `time`.
    #[inline(always)]
    pub(super) fn sums<S: Simd>(&self, simd: S, state: &[f32], time: u32) -> [f32; LENGTH] {
        self.gate.apply(simd, &joined([state, &[time as f32]]))
    }

    /// The importance of the inputs with these sums.
    #[inline(always)]
    pub(super) fn importance<S: Simd, A: Activations>(
        simd: S,
        a: A,
        mut sums: [f32; LENGTH],
    ) -> [f32; LENGTH] {
        Sigmoid::apply_all(simd, a, &mut sums);
        for importance in &mut sums {
            // Of NaN this makes the infinity.
            *importance = importance.min(f32::INFINITY);
        }
        sums
    }

    /// Nothing: an executed step decides nothing here.
    #[inline(always)]
    pub fn after<S: Simd, A: Activations>(&self, _: S, _: A, _: &[f32], _: &mut WindowState<LENGTH>) {}
}

impl<const LENGTH: usize> WindowState<LENGTH> {
    /// Before the first window.
    ///
    /// # Panics
    /// Where windows have no input or more than 65,535: an error at compile time in generated code.
    pub const fn new(budget: usize, threshold: f32) -> Self {
        assert!(LENGTH > 0 && LENGTH <= u16::MAX as usize);
        WindowState {
            importance: [0.0; LENGTH],
            rank: [0; LENGTH],
            at: 0,
            used: 0,
            budget: if budget < LENGTH { budget as u16 } else { LENGTH as u16 },
            decided: false,
            threshold: clamped(threshold, 0.5),
            windows: 0,
            since_update: 0,
            count: Count::ZERO,
        }
    }

    /// The start of a sequence, with the budget, the threshold and the count of before.
    #[inline]
    pub fn reset(&mut self) {
        let before = WindowState { count: self.count, ..Self::new(self.budget(), self.threshold) };
        *self = before;
    }

    #[inline(always)]
    fn decide(&mut self, importance: [f32; LENGTH]) {
        self.importance = importance;
        for (at, (rank, value)) in self.rank.iter_mut().zip(&importance).enumerate() {
            let mut before = 0;
            for (other, importance) in importance.iter().enumerate() {
                before += u16::from(importance > value || (importance == value && other < at));
            }
            *rank = before;
        }
        self.decided = true;
        self.count.decide(1);
    }

    /// Whether an input of the window is executed as the knobs stand.
    #[inline(always)]
    fn selects(&self, at: usize) -> bool {
        self.used < self.budget
            && self.rank.get(at).is_some_and(|rank| *rank < self.budget)
            && self.importance.get(at).is_some_and(|importance| *importance >= self.threshold)
    }

    /// Goes on by a step, and says whether it is to be executed.
    #[inline(always)]
    pub fn step(&mut self) -> bool {
        let update = self.selects(usize::from(self.at));
        self.count.step(update);
        self.used += u16::from(update);
        self.since_update = if update { 0 } else { self.since_update.saturating_add(1) };
        self.at += 1;
        if usize::from(self.at) >= LENGTH {
            (self.at, self.used, self.decided) = (0, 0, false);
            self.windows = self.windows.saturating_add(1);
        }
        update
    }

    /// Inputs until the next executed one of this window, if there is one.
    #[inline(always)]
    pub(super) fn next_of_window(&self) -> Option<u32> {
        let at = usize::from(self.at);
        (at..LENGTH).position(|at| self.selects(at)).map(|inputs| inputs as u32)
    }

    /// The clock's two times when `ahead` more windows than the next one have gone by without an executed step.
    #[inline(always)]
    pub(super) fn times(&self, ahead: u32) -> (u32, u32) {
        let steps = self.left().saturating_add(ahead.saturating_mul(LENGTH as u32));
        let windows = self.windows.saturating_add(ahead).saturating_add(1);
        (windows, self.since_update.saturating_add(steps))
    }

    /// Inputs of the window that have not gone by.
    #[inline(always)]
    pub(super) fn left(&self) -> u32 {
        LENGTH as u32 - u32::from(self.at)
    }

    /// Goes on by `steps` skipped steps, `left` at most.
    #[inline(always)]
    pub(super) fn skip(&mut self, steps: u32) {
        self.count.pass(steps);
        self.since_update = self.since_update.saturating_add(steps);
        self.at += steps as u16;
        if usize::from(self.at) >= LENGTH {
            (self.at, self.used, self.decided) = (0, 0, false);
            self.windows = self.windows.saturating_add(1);
        }
    }

    /// Goes on by whole windows of skipped steps, between two windows.
    #[inline(always)]
    pub(super) fn skip_windows(&mut self, windows: u32) {
        let steps = windows.saturating_mul(LENGTH as u32);
        self.count.pass(steps);
        self.count.decide(windows);
        self.since_update = self.since_update.saturating_add(steps);
        self.windows = self.windows.saturating_add(windows);
    }

    /// Steps that may be executed in a window.
    #[inline]
    pub const fn budget(&self) -> usize {
        self.budget as usize
    }

    /// Changes the budget; see [`Budgeted`](super::Budgeted::set_budget).
    #[inline]
    pub fn set_budget(&mut self, budget: usize) {
        self.budget = budget.min(LENGTH) as u16;
    }

    /// The least importance of an executed input.
    #[inline]
    pub const fn threshold(&self) -> f32 {
        self.threshold
    }

    /// Changes the threshold; see [`Thresholded`](super::Thresholded::set_threshold).
    #[inline]
    pub fn set_threshold(&mut self, threshold: f32) {
        self.threshold = clamped(threshold, self.threshold);
    }
}
