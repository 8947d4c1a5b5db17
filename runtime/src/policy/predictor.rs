//! Skip predictors for a network that was trained without: Tao, Thakker, Dasika and Beu, *Skipping RNN State
//! Updates without Retraining the Original Model*, SenSys-ML 2019.

use super::affine::{Affine, joined};
use super::{Count, clamped, reaches};
use crate::activation::{Activations, Sigmoid};
use crate::layer::Activation;
use crate::simd::{LANES, Simd};

/// How much an input is worth reading, in 0..=1.
pub trait Predictor: Copy {
    /// The score of input `x` in state `h`, the hidden vector before it; NaN where one of their numbers is.
    fn score<S: Simd, A: Activations>(&self, simd: S, a: A, x: &[f32], h: &[f32]) -> f32;

    /// Whether the input is to be read.
    #[inline(always)]
    fn feeds<S: Simd, A: Activations>(
        &self,
        simd: S,
        a: A,
        x: &[f32],
        h: &[f32],
        state: &mut PredictorState,
    ) -> bool {
        let score = self.score(simd, a, x, h);
        state.step(score)
    }
}

/// Logistic regression: `sigmoid(w [x; h] + b)`.
#[derive(Debug, Clone, Copy)]
pub struct Logistic<const GROUPS: usize> {
    /// One row.
    pub weight: Affine<1, GROUPS>,
}

/// Two hidden layers with `max(x, 0)` and a sigmoid behind them.
#[derive(Debug, Clone, Copy)]
pub struct Mlp<const HIDDEN: usize, const GROUPS: usize, const INNER: usize> {
    /// Reads `[x; h]`.
    pub first: Affine<HIDDEN, GROUPS>,
    /// Reads the first one's outputs.
    pub second: Affine<HIDDEN, INNER>,
    /// Gives one number.
    pub last: Affine<1, INNER>,
}

/// Decision trees, whose scores are averaged.
#[derive(Debug, Clone, Copy)]
pub struct Forest<const TREES: usize, const NODES: usize> {
    /// Of each node the place in `[x; h]` that it compares.
    pub feature: &'static [u16],
    /// What is at most this goes left.
    pub threshold: &'static [f32],
    /// The nodes to go to, left then right; a leaf has itself.
    pub children: &'static [u16],
    /// Of each node the score.
    pub value: &'static [f32],
}

/// The threshold, and what the policy did.
#[derive(Debug, Clone)]
pub struct PredictorState {
    threshold: f32,
    /// What the policy did.
    pub count: Count,
}

impl<const GROUPS: usize> Predictor for Logistic<GROUPS> {
    #[inline(always)]
    fn score<S: Simd, A: Activations>(&self, simd: S, a: A, x: &[f32], h: &[f32]) -> f32 {
        sigmoid(simd, a, self.weight.apply(simd, &joined([x, h])))
    }
}

impl<const HIDDEN: usize, const GROUPS: usize, const INNER: usize> Predictor for Mlp<HIDDEN, GROUPS, INNER> {
    #[inline(always)]
    fn score<S: Simd, A: Activations>(&self, simd: S, a: A, x: &[f32], h: &[f32]) -> f32 {
        const { assert!(INNER * LANES >= HIDDEN) }
        let first = self.first.apply(simd, &joined([x, h])).map(relu);
        let second = self.second.apply(simd, &joined([&first])).map(relu);
        sigmoid(simd, a, self.last.apply(simd, &joined([&second])))
    }
}

#[inline(always)]
fn relu(x: f32) -> f32 {
    // Unlike `max`, this keeps what is not a number.
    if x < 0.0 { 0.0 } else { x }
}

#[inline(always)]
fn sigmoid<S: Simd, A: Activations>(simd: S, a: A, mut y: [f32; 1]) -> f32 {
    Sigmoid::apply_all(simd, a, &mut y);
    let [y] = y;
    y
}

impl<const TREES: usize, const NODES: usize> Predictor for Forest<TREES, NODES> {
    #[inline(always)]
    fn score<S: Simd, A: Activations>(&self, _: S, _: A, x: &[f32], h: &[f32]) -> f32 {
        // No comparison says so.
        if has_nan(x) | has_nan(h) {
            return f32::NAN;
        }
        let mut sum = 0.0;
        for tree in 0..TREES {
            let nodes = tree * NODES;
            let mut node = 0;
            // No way down is longer than this.
            for _ in 0..NODES {
                let at = usize::from(self.feature.get(nodes + node).copied().unwrap_or_default());
                let value = x.get(at).or_else(|| h.get(at - x.len().min(at)));
                let threshold = self.threshold.get(nodes + node);
                let right =
                    usize::from(!value.zip(threshold).is_some_and(|(value, threshold)| value <= threshold));
                let next = self.children.get(2 * (nodes + node) + right).copied();
                let next = usize::from(next.unwrap_or_default());
                if next == node {
                    break;
                }
                node = next;
            }
            sum += self.value.get(nodes + node).copied().unwrap_or_default();
        }
        sum / TREES as f32
    }
}

#[inline(always)]
fn has_nan(numbers: &[f32]) -> bool {
    let mut has_nan = false;
    for number in numbers {
        has_nan |= number.is_nan();
    }
    has_nan
}

impl PredictorState {
    /// Before the first step.
    pub const fn new(threshold: f32) -> Self {
        PredictorState { threshold: clamped(threshold, 0.5), count: Count::ZERO }
    }

    /// The start of a sequence: nothing changes, since each decision stands for itself.
    #[inline]
    pub fn reset(&mut self) {}

    /// Goes on by a step, and says whether it is to be executed: also where the score is NaN.
    #[inline(always)]
    fn step(&mut self, score: f32) -> bool {
        let update = reaches(score, self.threshold);
        self.count.decide(1);
        self.count.step(update);
        update
    }

    /// The least score of an executed step.
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
