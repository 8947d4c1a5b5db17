//! What a window knows of the windows behind it: without an executed step the state stays as it is, and only the
//! time changes.

use super::window::{Window, WindowState};
use crate::activation::{Activations, Sigmoid};
use crate::layer::Activation;
use crate::simd::Simd;

/// A window that has not begun.
struct Ahead<const LENGTH: usize> {
    /// Of each input; moved in one direction by the time.
    sums: [f32; LENGTH],
    importance: [f32; LENGTH],
    /// Whether an input is executed.
    executes: bool,
    /// Whether none would be if all sums were smaller, or larger by [`RISE`] of themselves.
    is_quiet: bool,
}

/// A sigmoid never falls where its argument rises by this, relative to it; over less, rounding may make it fall.
const RISE: f32 = 1e-6;

impl<const LENGTH: usize> Ahead<LENGTH> {
    /// Whether, since this window and the later one `other` execute nothing, none between them does: there each sum
    /// lies between the two that it has here and there.
    #[inline(always)]
    fn reaches_to(&self, other: &Self) -> bool {
        (self.is_quiet && other.is_quiet) || self.sums == other.sums
    }

    /// The first executed input, of `budget` at most.
    #[inline(always)]
    fn first(&self, budget: u16, threshold: f32) -> u32 {
        let importance = &self.importance;
        let chosen = importance.iter().enumerate().position(|(at, value)| {
            let earlier = importance.iter().take(at).filter(|other| *other >= value).count();
            let later = importance.iter().skip(at).filter(|other| *other > value).count();
            *value >= threshold && earlier + later < usize::from(budget)
        });
        chosen.unwrap_or(LENGTH) as u32
    }
}

impl<const LENGTH: usize, const GROUPS: usize> Window<LENGTH, GROUPS> {
    /// How many of the coming inputs are skipped before one is executed, `u32::MAX` where none is. Of `steps` at
    /// most it lets them go by. `state` is that before the next input.
    #[inline(always)]
    pub fn foresee<S: Simd, A: Activations>(
        &self,
        simd: S,
        a: A,
        state: &[f32],
        window: &mut WindowState<LENGTH>,
        steps: Option<u32>,
    ) -> u32 {
        let (steps, pass) = (steps.unwrap_or(u32::MAX), steps.is_some());
        if steps == 0 {
            return 0;
        }
        self.before(simd, a, state, window);
        let skipped = match window.next_of_window() {
            Some(inputs) => inputs.min(steps),
            None => self.behind_this(simd, a, state, window, steps),
        };
        if !pass {
            return skipped;
        }
        match skipped.checked_sub(window.left()) {
            None => window.skip(skipped),
            Some(behind) => {
                window.skip(window.left());
                window.skip_windows(behind / LENGTH as u32);
                let started = behind % LENGTH as u32;
                if started > 0 || skipped < steps {
                    self.before(simd, a, state, window);
                }
                window.skip(started);
            }
        }
        skipped
    }

    /// [`foresee`](Window::foresee) where nothing more is executed of this window.
    #[inline(always)]
    fn behind_this<S: Simd, A: Activations>(
        &self,
        simd: S,
        a: A,
        state: &[f32],
        window: &WindowState<LENGTH>,
        steps: u32,
    ) -> u32 {
        let Some(behind) = steps.checked_sub(window.left()).filter(|behind| *behind > 0) else {
            return steps;
        };
        if window.budget == 0 {
            return steps;
        }
        let threshold = window.threshold;
        let last = (behind - 1) / LENGTH as u32;
        let mut here = self.ahead(simd, a, state, window, 0);
        let mut at = 0;
        // Mostly the last window says all. Where it does not, the way to the first that executes a step is taken in
        // growing strides.
        let mut stride = u32::MAX;
        while !here.executes {
            if at == last {
                return steps;
            }
            let to = at + stride.min(last - at);
            let there = self.ahead(simd, a, state, window, to);
            if here.reaches_to(&there) {
                stride = stride.saturating_mul(2);
            } else if to - at == 1 {
                stride = 1;
            } else {
                stride = if stride == u32::MAX { 1 } else { (to - at) / 2 };
                continue;
            }
            (here, at) = (there, to);
        }
        let windows = at.saturating_mul(LENGTH as u32);
        let inputs =
            window.left().saturating_add(windows).saturating_add(here.first(window.budget, threshold));
        inputs.min(steps)
    }

    /// The window that begins when the next one and `ahead` more have executed nothing.
    #[inline(always)]
    fn ahead<S: Simd, A: Activations>(
        &self,
        simd: S,
        a: A,
        state: &[f32],
        window: &WindowState<LENGTH>,
        ahead: u32,
    ) -> Ahead<LENGTH> {
        let (windows, since_update) = window.times(ahead);
        let sums = self.sums(simd, state, self.time(windows, since_update));
        let importance = Self::importance(simd, a, sums);
        let mut raised = sums;
        for sum in &mut raised {
            *sum += RISE * sum.abs();
        }
        Sigmoid::apply_all(simd, a, &mut raised);
        let executes = importance.iter().any(|importance| *importance >= window.threshold);
        let is_quiet = raised.iter().all(|importance| *importance < window.threshold);
        Ahead { sums, importance, executes, is_quiet }
    }
}
