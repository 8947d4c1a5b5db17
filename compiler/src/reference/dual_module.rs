//! Dual-module inference: the sums of the little module, and where these need it those of the big one.

use super::activation::sigmoid;
use super::{State, gru, linear, lstm};
use crate::model::{Cell, DualModule, Linear, Thresholds};
use crate::spec::Activation;

/// What a little module decided on a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// Of each row whether it is read.
    pub sensitive: Vec<bool>,
    /// How far the numbers that decided are from deciding otherwise.
    pub margin: f64,
}

/// Moves the state of `cell` on; `None` for a cell that has no dual modules.
pub(super) fn step(
    cell: &Cell,
    dual: &DualModule<Cell>,
    state: &State,
    x: &[f64],
) -> Option<(State, Decided)> {
    match (cell, &dual.little) {
        (Cell::Lstm(cell), Cell::Lstm(little)) => {
            let mut sums = lstm::sums(little, state, x);
            let big = lstm::sums(cell, state, x);
            let decided = decide(dual, lstm_scores(dual, &sums));
            replace(&mut sums, &big, &decided.sensitive);
            Some((lstm::update(cell, state, &sums, sigmoid), decided))
        }
        (Cell::Gru(cell), Cell::Gru(little)) => {
            let (mut sums, mut apart) = gru::sums(little, state, x);
            let (big, big_apart) = gru::sums(cell, state, x);
            let decided = decide(dual, gru_scores(dual, &sums, &apart));
            replace(&mut sums, &big, &decided.sensitive);
            replace(&mut apart, &big_apart, &decided.sensitive[2 * state.h.len()..]);
            Some((gru::update(state, &sums, &apart, sigmoid), decided))
        }
        _ => None,
    }
}

/// The output of `layer`.
pub(super) fn apply(layer: &Linear, dual: &DualModule<Linear>, x: &[f64]) -> (Vec<f64>, Decided) {
    let mut sums = linear::sums(&dual.little, x);
    let big = linear::sums(layer, x);
    let Wide { sigmoid, tanh } = thresholds(dual, sums.len());
    let score = |sum: &f64| match layer.activation {
        Activation::Tanh => sensitive_if_nan(tanh - sum.abs()),
        Activation::None | Activation::Sigmoid | Activation::Relu | Activation::Softmax => {
            sensitive_if_nan(sum - sigmoid)
        }
    };
    let decided = decide(dual, sums.iter().map(score).collect());
    replace(&mut sums, &big, &decided.sensitive);
    (linear::activate(layer.activation, sums), decided)
}

fn replace(sums: &mut [f64], by: &[f64], sensitive: &[bool]) {
    for ((sum, by), _) in sums.iter_mut().zip(by).zip(sensitive).filter(|(_, sensitive)| **sensitive) {
        *sum = *by;
    }
}

/// Thresholds in double precision.
struct Wide {
    sigmoid: f64,
    tanh: f64,
}

/// How far a threshold is at most where a budget ranks the rows: where every row is infinitely sensitive, none is
/// more so than another.
const FARTHEST: f64 = 100.0;

/// The thresholds of a step.
fn thresholds<L>(dual: &DualModule<L>, rows: usize) -> Wide {
    let Thresholds { sigmoid, tanh } = dual.thresholds;
    let (sigmoid, tanh) = (f64::from(sigmoid), f64::from(tanh));
    match dual.row_budget {
        Some(budget) if budget < rows => Wide { sigmoid: sigmoid.max(-FARTHEST), tanh: tanh.min(FARTHEST) },
        _ => Wide { sigmoid, tanh },
    }
}

/// A score that is NaN is infinitely sensitive.
fn sensitive_if_nan(score: f64) -> f64 {
    if score.is_nan() { f64::INFINITY } else { score }
}

fn lstm_scores(dual: &DualModule<Cell>, sums: &[f64]) -> Vec<f64> {
    let Wide { sigmoid: gate, tanh: candidate } = thresholds(dual, sums.len());
    let hidden = sums.len() / 4;
    let mut scores: Vec<f64> = sums.iter().map(|sum| sensitive_if_nan(sum - gate)).collect();
    for unit in 0..hidden {
        let score = sensitive_if_nan(candidate - sums[2 * hidden + unit].abs());
        scores[2 * hidden + unit] = if dual.cross_gate { score.min(scores[unit]) } else { score };
    }
    scores
}

fn gru_scores(dual: &DualModule<Cell>, sums: &[f64], apart: &[f64]) -> Vec<f64> {
    let Wide { sigmoid: gate, tanh: candidate } = thresholds(dual, sums.len());
    let hidden = apart.len();
    let mut scores: Vec<f64> = sums.iter().map(|sum| sensitive_if_nan(sum - gate)).collect();
    for unit in 0..hidden {
        let n = sums[2 * hidden + unit] + sigmoid(sums[unit]) * apart[unit];
        let score = sensitive_if_nan(candidate - n.abs());
        let kept = sensitive_if_nan(-gate - sums[hidden + unit]);
        scores[2 * hidden + unit] = if dual.cross_gate { score.min(kept) } else { score };
    }
    scores
}

fn decide<L>(dual: &DualModule<L>, scores: Vec<f64>) -> Decided {
    let mut above = 0.0;
    let budget = dual.row_budget.filter(|budget| *budget < scores.len());
    if let Some(budget) = budget {
        let mut sorted = scores.clone();
        sorted.sort_by(|a, b| b.total_cmp(a));
        // Of more infinite ones than the budget allows the first are read.
        above = sorted[budget].clamp(0.0, f64::MAX);
    }
    let mut left = budget.unwrap_or(scores.len());
    let mut is_sensitive = |score: &f64| {
        let is_sensitive = *score > above && left > 0;
        left -= usize::from(is_sensitive);
        is_sensitive
    };
    let margin = |score: &f64| (score - above).abs();
    // The score that is the limit itself is as far from it as the next one.
    let nearest = scores.iter().map(margin).filter(|margin| *margin > 0.0).fold(f64::INFINITY, f64::min);
    Decided { sensitive: scores.iter().map(&mut is_sensitive).collect(), margin: nearest }
}
