//! Mayet et al. 2021, equations 6 to 10: the importance of a window's inputs, and the largest of them.

use super::{Decision, affine, sigmoid};
use crate::model;
use crate::spec::Time;

#[derive(Debug, Clone)]
pub(in crate::reference) struct Window<'m> {
    window: &'m model::Window,
    pub(super) budget: usize,
    pub(super) threshold: f64,
    importance: Vec<f64>,
    step: usize,
    used: usize,
    since_update: usize,
}

impl<'m> Window<'m> {
    pub(super) fn new(window: &'m model::Window) -> Self {
        Window {
            window,
            budget: window.budget,
            threshold: f64::from(window.threshold),
            importance: Vec::new(),
            step: 0,
            used: 0,
            since_update: 0,
        }
    }

    pub(super) fn step(&mut self, state: &[f64]) -> Decision {
        let length = self.window.length();
        let place = self.step % length;
        if place == 0 {
            let time = match self.window.time {
                Time::Windows => self.step / length,
                Time::SinceUpdate => self.since_update,
            };
            let seen: Vec<f64> = state.iter().copied().chain([time as f64]).collect();
            let sums = affine(&self.window.gate, &seen).into_iter();
            // A NaN comes first, whatever the threshold; the budget holds.
            let first = |importance: f64| if importance.is_nan() { f64::INFINITY } else { importance };
            self.importance = sums.map(sigmoid).map(first).collect();
            self.used = 0;
        }
        let mut order: Vec<usize> = (0..length).collect();
        order.sort_by(|a, b| self.importance[*b].total_cmp(&self.importance[*a]).then(a.cmp(b)));
        let chosen = &order[..self.budget.min(length)];
        let value = self.importance[place];
        let among = chosen.contains(&place);
        let update = among && value >= self.threshold && self.used < self.budget;
        // The nearest of those that would have to change places with it.
        let rival = if among { order.get(chosen.len()) } else { chosen.last() };
        let distance = |rival: &usize| (value - self.importance[*rival]).abs();
        // Of two that are infinite the first one comes first.
        let apart = rival.map(distance).filter(|apart| !apart.is_nan()).unwrap_or(f64::INFINITY);
        let margin = apart.min((value - self.threshold).abs());
        self.used += usize::from(update);
        self.since_update = if update { 0 } else { self.since_update + 1 };
        self.step += 1;
        Decision { update, margin }
    }
}
