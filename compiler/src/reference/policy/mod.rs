//! Which steps are executed, decided as the papers say, in `f64`.

mod predictor;
mod skip_rnn;
mod window;

use crate::model::{Affine, Skip};
use skip_rnn::SkipRnn;
use window::Window;

use super::activation::sigmoid;

/// What a policy decided on a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision {
    /// Whether the step is executed.
    pub update: bool,
    /// How far the numbers that decided are from deciding otherwise.
    pub margin: f64,
}

/// A policy over one sequence.
#[derive(Debug, Clone)]
pub(super) enum Policy<'m> {
    Window(Window<'m>),
    SkipRnn(SkipRnn<'m>),
    Predictor {
        predictor: &'m crate::model::Predictor,
        threshold: f64,
    },
    StopTokens(&'m [u32]),
    /// Decides on whole sequences alone.
    Always,
}

impl<'m> Policy<'m> {
    pub(super) fn new(skip: Option<&'m Skip>) -> Self {
        match skip {
            Some(Skip::Window(window)) => Policy::Window(Window::new(window)),
            Some(Skip::SkipRnn(skip)) => Policy::SkipRnn(SkipRnn::new(skip)),
            Some(Skip::Predictor(predictor)) => {
                Policy::Predictor { predictor, threshold: f64::from(predictor.threshold) }
            }
            Some(Skip::StopTokens(ids)) => Policy::StopTokens(ids),
            Some(Skip::Concat(_)) | None => Policy::Always,
        }
    }

    /// Decides on a step before which the last recurrent level's gate input is `gate` and its hidden vector `h`.
    pub(super) fn decide(&mut self, token: Option<u32>, x: &[f64], h: &[f64], gate: &[f64]) -> Decision {
        match self {
            Policy::Window(window) => window.step(gate),
            Policy::SkipRnn(skip) => skip.step(),
            Policy::Predictor { predictor, threshold } => {
                let (score, nearest) = predictor::score(&predictor.form, x, h);
                let margin = (score - *threshold).abs().min(nearest);
                Decision { update: reaches(score, *threshold), margin }
            }
            Policy::StopTokens(ids) => {
                let update = !token.is_some_and(|token| ids.contains(&token));
                Decision { update, margin: f64::INFINITY }
            }
            Policy::Always => Decision { update: true, margin: f64::INFINITY },
        }
    }

    /// Takes note of an executed step that left `gate`.
    pub(super) fn executed(&mut self, gate: &[f64]) {
        if let Policy::SkipRnn(skip) = self {
            skip.executed(gate);
        }
    }

    pub(super) fn set_budget(&mut self, budget: usize) {
        if let Policy::Window(window) = self {
            window.budget = budget;
        }
    }

    pub(super) fn set_threshold(&mut self, to: f64) {
        match self {
            Policy::Window(window) => window.threshold = to,
            Policy::SkipRnn(skip) => skip.threshold = to,
            Policy::Predictor { threshold, .. } => *threshold = to,
            Policy::StopTokens(_) | Policy::Always => {}
        }
    }
}

/// Whether a score executes a step: NaN does, so that one bad sample does not stop a network.
fn reaches(score: f64, threshold: f64) -> bool {
    score >= threshold || score.is_nan()
}

/// The score that a predictor gives to `[x; h]`.
pub fn score(form: &crate::model::Score, seen: &[f64]) -> f64 {
    predictor::score(form, seen, &[]).0
}

/// `W v + b`
fn affine(affine: &Affine, v: &[f64]) -> Vec<f64> {
    let rows = affine.weight.data.chunks(affine.weight.columns.max(1));
    rows.zip(&affine.bias)
        .map(|(row, bias)| row.iter().zip(v).map(|(w, v)| f64::from(*w) * v).sum::<f64>() + f64::from(*bias))
        .collect()
}
