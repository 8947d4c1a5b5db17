//! Skip RNN: Campos, Jou, Giró-i-Nieto, Torres and Chang, *Skip RNN: Learning to Skip State Updates in Recurrent
//! Neural Networks*, ICLR 2018. ThrRNN: Lambert, Le Bolzer and Schnitzler, *Flexible Recurrent Neural Networks*,
//! ECML-PKDD 2020, has a threshold in place of one half.

use super::affine::{Affine, joined};
use super::{Count, clamped};
use crate::activation::{Activations, Sigmoid};
use crate::layer::Activation;
use crate::simd::Simd;

/// What every skipped step adds until the next one is executed: `sigmoid(w s + b)` of the state `s` after the
/// last executed step.
#[derive(Debug, Clone, Copy)]
pub struct SkipRnn<const GROUPS: usize> {
    /// One row.
    pub gate: Affine<1, GROUPS>,
}

/// How near the next executed step is.
#[derive(Debug, Clone)]
pub struct SkipRnnState {
    /// What a step adds.
    increment: f32,
    /// What came together, at most 1.
    accumulated: f32,
    threshold: f32,
    /// What the policy did.
    pub count: Count,
}

impl<const GROUPS: usize> SkipRnn<GROUPS> {
    /// Nothing: an executed step decided on those that follow it.
    #[inline(always)]
    pub fn before<S: Simd, A: Activations>(&self, _: S, _: A, _: &[f32], _: &mut SkipRnnState) {}

    /// Decides on the steps after an executed one, which left `state`.
    #[inline(always)]
    pub fn after<S: Simd, A: Activations>(&self, simd: S, a: A, state: &[f32], skip: &mut SkipRnnState) {
        let mut increment = self.gate.apply(simd, &joined([state]));
        Sigmoid::apply_all(simd, a, &mut increment);
        [skip.increment] = increment;
        skip.accumulated = skip.increment;
        skip.count.decide();
    }
}

impl SkipRnnState {
    /// Before the first step, which is always executed.
    pub const fn new(threshold: f32) -> Self {
        let threshold = clamped(threshold, 0.5);
        SkipRnnState { increment: 1.0, accumulated: 1.0, threshold, count: Count::ZERO }
    }

    /// The start of a sequence, with the threshold and the count of before.
    #[inline]
    pub fn reset(&mut self) {
        *self = SkipRnnState { count: self.count, ..Self::new(self.threshold) };
    }

    /// Goes on by a step, and says whether it is to be executed: at the threshold it is.
    #[inline(always)]
    pub fn step(&mut self) -> bool {
        let update = self.accumulated >= self.threshold;
        self.count.step(update);
        if !update {
            self.accumulated = accumulate(self.accumulated, self.increment);
        }
        update
    }

    /// Inputs until the next executed one; `u32::MAX` where there is none.
    #[inline]
    pub fn next_update_in(&self) -> u32 {
        additions_until(self.accumulated, self.increment, self.threshold)
    }

    /// What has to come together for a step to be executed.
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

#[inline(always)]
fn accumulate(sum: f32, increment: f32) -> f32 {
    sum + increment.min(1.0 - sum)
}

/// How often `increment` is added, in `f32`, until `threshold` is reached; `u32::MAX` where it never is.
///
/// Between two powers of two, additions move the sum by the same number of units in the last place, but for a
/// first one that may round to an even neighbour. So it takes a few additions for each power of two, however
/// small the increment is.
fn additions_until(mut sum: f32, increment: f32, threshold: f32) -> u32 {
    let exponent = |x: f32| x.to_bits() >> 23;
    let mut count = 0_u32;
    while sum.partial_cmp(&threshold).is_none_or(core::cmp::Ordering::is_lt) {
        let second = accumulate(sum, increment);
        // Also where one is not a number.
        if second.partial_cmp(&sum).is_none_or(core::cmp::Ordering::is_le) {
            return u32::MAX;
        }
        let third = accumulate(second, increment);
        let unit_steps = third.to_bits().saturating_sub(second.to_bits());
        if third >= threshold || exponent(sum) != exponent(third) || unit_steps == 0 {
            (sum, count) = (second, count.saturating_add(1));
            continue;
        }
        let end = threshold.to_bits().min((exponent(third) + 1) << 23);
        let more = (end - 1).saturating_sub(third.to_bits()) / unit_steps;
        sum = f32::from_bits(third.to_bits() + more * unit_steps);
        count = count.saturating_add(2).saturating_add(more);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_by_one(mut sum: f32, increment: f32, threshold: f32) -> u32 {
        let mut count = 0;
        while sum < threshold && count < 3_000_000 {
            sum = accumulate(sum, increment);
            count += 1;
        }
        count
    }

    #[test]
    fn additions_are_counted_as_if_they_were_made() {
        let mut state = 0x1234_5678_9abc_def1_u64;
        let mut number = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1 << 24) as f32
        };
        for _ in 0..if cfg!(miri) { 20 } else { 2_000 } {
            let increment = number() * number() * number() + 1e-5;
            let (sum, threshold) = (number() * increment, number());
            assert_eq!(
                additions_until(sum, increment, threshold),
                one_by_one(sum, increment, threshold),
                "{sum:e} {increment:e} {threshold:e}"
            );
        }
        for threshold in [0.0, 0.25, 0.5, 0.75, 1.0] {
            for increment in [0.0625, 0.1, 0.125, 0.5, 1.0 / 3.0, 1.0, 0.007, f32::EPSILON * 2048.5] {
                let expected = one_by_one(increment, increment, threshold);
                assert_eq!(
                    additions_until(increment, increment, threshold),
                    expected,
                    "{increment}, {threshold}"
                );
            }
        }
    }

    #[test]
    fn what_stands_still_or_is_no_number_is_never_executed() {
        assert_eq!(additions_until(0.3, 1e-9, 0.5), u32::MAX);
        assert_eq!(additions_until(0.0, 0.0, 0.5), u32::MAX);
        assert_eq!(additions_until(f32::NAN, 0.1, 0.5), u32::MAX);
        assert_eq!(additions_until(0.5, 0.1, 0.5), 0);
        assert_eq!(additions_until(1e-40, 1e-40, 1.0), u32::MAX);
    }
}
