//! Skip RNN: Campos, Jou, Giró-i-Nieto, Torres and Chang, *Skip RNN: Learning to Skip State Updates in Recurrent
//! Neural Networks*, ICLR 2018. ThrRNN: Lambert, Le Bolzer and Schnitzler, *Flexible Recurrent Neural Networks*,
//! ECML-PKDD 2020, has a threshold in place of one half.

use super::affine::{Affine, joined};
use super::{Count, clamped, reaches};
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
        skip.count.decide(1);
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

    /// Goes on by a step, and says whether it is to be executed: at the threshold it is, and where what came
    /// together is NaN.
    #[inline(always)]
    pub fn step(&mut self) -> bool {
        let update = reaches(self.accumulated, self.threshold);
        self.count.step(update);
        if !update {
            self.accumulated = accumulate(self.accumulated, self.increment);
        }
        update
    }

    /// Inputs until the next executed one; `u32::MAX` where there is none.
    #[inline]
    pub fn next_update_in(&self) -> u32 {
        self.skipped(u32::MAX).0
    }

    /// Lets up to `steps` steps go by, none of them executed, and returns how many.
    #[inline]
    pub fn pass(&mut self, steps: u32) -> u32 {
        let (passed, accumulated) = self.skipped(steps);
        self.accumulated = accumulated;
        self.count.pass(passed);
        passed
    }

    /// How many of the coming `steps` steps are skipped before one is executed, and what has come together then.
    #[inline]
    fn skipped(&self, steps: u32) -> (u32, f32) {
        additions_until(self.accumulated, self.increment, self.threshold, steps)
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

/// How often `increment` is added, in `f32`, until `threshold` is reached, `most` times at most; and the sum.
///
/// Between two powers of two, additions move the sum by the same number of units in the last place, but for a
/// first one that may round to an even neighbour. So it takes a few additions for each power of two, however
/// small the increment is.
fn additions_until(mut sum: f32, increment: f32, threshold: f32, most: u32) -> (u32, f32) {
    let exponent = |x: f32| x.to_bits() >> 23;
    let mut count = 0;
    while count < most && !reaches(sum, threshold) {
        let second = accumulate(sum, increment);
        if second <= sum {
            return (most, sum);
        }
        let third = accumulate(second, increment);
        let unit_steps = third.to_bits().saturating_sub(second.to_bits());
        let left = most - count;
        if left < 2 || reaches(third, threshold) || exponent(sum) != exponent(third) || unit_steps == 0 {
            (sum, count) = (second, count + 1);
            continue;
        }
        let end = threshold.to_bits().min((exponent(third) + 1) << 23);
        let more = ((end - 1).saturating_sub(third.to_bits()) / unit_steps).min(left - 2);
        sum = f32::from_bits(third.to_bits() + more * unit_steps);
        count += 2 + more;
    }
    (count, sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_by_one(mut sum: f32, increment: f32, threshold: f32, most: u32) -> (u32, f32) {
        let mut count = 0;
        while sum < threshold && count < most {
            sum = accumulate(sum, increment);
            count += 1;
        }
        (count, sum)
    }

    /// A number in 0..1 at each call.
    fn numbers() -> impl FnMut() -> f32 {
        let mut state = 0x1234_5678_9abc_def1_u64;
        move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1 << 24) as f32
        }
    }

    #[test]
    fn additions_are_counted_as_if_they_were_made() {
        let mut number = numbers();
        for _ in 0..if cfg!(miri) { 20 } else { 2_000 } {
            let increment = number() * number() * number() + 1e-5;
            let (sum, threshold) = (number() * increment, number());
            for most in [3_000_000, (number() * 60.0) as u32, (number() / (increment + 1e-3)) as u32] {
                assert_eq!(
                    additions_until(sum, increment, threshold, most),
                    one_by_one(sum, increment, threshold, most),
                    "{sum:e} {increment:e} {threshold:e} {most}"
                );
            }
        }
        for threshold in [0.0, 0.25, 0.5, 0.75, 1.0] {
            for increment in [0.0625, 0.1, 0.125, 0.5, 1.0 / 3.0, 1.0, 0.007, f32::EPSILON * 2048.5] {
                let expected = one_by_one(increment, increment, threshold, 3_000_000);
                assert_eq!(
                    additions_until(increment, increment, threshold, u32::MAX),
                    expected,
                    "{increment}, {threshold}"
                );
            }
        }
    }

    #[test]
    fn a_sum_that_stands_still_is_never_enough_and_nan_is_at_once() {
        assert_eq!(additions_until(0.3, 1e-9, 0.5, u32::MAX), (u32::MAX, 0.3));
        assert_eq!(additions_until(0.3, 1e-9, 0.5, 7), (7, 0.3));
        assert_eq!(additions_until(0.0, 0.0, 0.5, u32::MAX), (u32::MAX, 0.0));
        assert_eq!(additions_until(1e-40, 1e-40, 1.0, u32::MAX).0, u32::MAX);
        assert_eq!(additions_until(0.5, 0.1, 0.5, 9), (0, 0.5));
        assert_eq!(additions_until(f32::NAN, f32::NAN, 1.0, u32::MAX).0, 0);
    }

    #[test]
    fn passing_many_steps_is_passing_each() {
        let mut number = numbers();
        for _ in 0..if cfg!(miri) { 10 } else { 1_000 } {
            let increment = number() * number() * 0.1;
            let mut at_once =
                SkipRnnState { increment, accumulated: increment, ..SkipRnnState::new(number()) };
            let mut each = at_once.clone();
            for _ in 0..4 {
                let steps = (number() * 40.0) as u32;
                let passed = (0..steps).take_while(|_| each.pass(1) == 1).count() as u32;
                assert_eq!(at_once.next_update_in().min(steps), passed);
                assert_eq!(at_once.pass(steps), passed);
                assert_eq!((at_once.accumulated, at_once.count), (each.accumulated, each.count));
            }
            assert_eq!(at_once.next_update_in() == 0, at_once.step());
        }
        let mut still = SkipRnnState { increment: 0.0, accumulated: 0.0, ..SkipRnnState::new(0.5) };
        assert_eq!((still.next_update_in(), still.pass(u32::MAX)), (u32::MAX, u32::MAX));
        assert_eq!(still.count.steps, u64::from(u32::MAX));
    }
}
