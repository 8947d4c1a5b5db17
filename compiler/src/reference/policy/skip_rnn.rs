//! Campos et al. 2018: `u = 1` where the accumulated gate reaches the threshold.

use super::{Decision, affine, reaches, sigmoid};
use crate::model;

#[derive(Debug, Clone)]
pub(in crate::reference) struct SkipRnn<'m> {
    skip: &'m model::SkipRnn,
    pub(super) threshold: f64,
    accumulated: f64,
    increment: f64,
}

impl<'m> SkipRnn<'m> {
    pub(super) fn new(skip: &'m model::SkipRnn) -> Self {
        SkipRnn { skip, threshold: f64::from(skip.threshold), accumulated: 1.0, increment: 1.0 }
    }

    pub(super) fn step(&mut self) -> Decision {
        let update = reaches(self.accumulated, self.threshold);
        let margin = (self.accumulated - self.threshold).abs().min(f64::INFINITY);
        if !update {
            self.accumulated += self.increment.min(1.0 - self.accumulated);
        }
        Decision { update, margin }
    }

    pub(super) fn executed(&mut self, state: &[f64]) {
        self.increment = affine(&self.skip.gate, state).first().map_or(0.0, |sum| sigmoid(*sum));
        self.accumulated = self.increment;
    }
}
