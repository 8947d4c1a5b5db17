//! Which rows of a GRU with the reset gate behind the product are sensitive.

use super::sensitivity::Thresholds;
use super::{Biases, Gated, infinite_if_nan, magnitude};
use crate::activation::Activations;
use crate::cell::{Cell, GruAfter, Hidden, WithInput};
use crate::lanes::{fill, load};
use crate::matrix::Matrix;
use crate::simd::Simd;

impl<I, R, const INPUT: usize, const HIDDEN: usize, const SUMS: usize> Gated<INPUT, HIDDEN, SUMS>
    for GruAfter<I, R, HIDDEN, SUMS>
where
    I: Matrix<SUMS, INPUT>,
    R: WithInput<I, SUMS, INPUT, HIDDEN>,
{
    #[inline(always)]
    fn all_sums<S: Simd>(
        &self,
        simd: S,
        input: &[f32; INPUT],
        state: &Hidden<HIDDEN>,
        sums: &mut [f32; SUMS],
        apart: &mut [f32; HIDDEN],
    ) {
        self.input_sums(simd, input, sums);
        *apart = self.add_recurrent(simd, input, &state.h, sums);
    }

    /// The candidate's sum is what the little module's own reset gate makes of it. With `cross_gate` a candidate
    /// behind an update gate that keeps the state is not worth reading.
    #[inline(always)]
    fn scores<S: Simd, A: Activations>(
        simd: S,
        _: A,
        thresholds: Thresholds,
        cross_gate: bool,
        sums: &[f32; SUMS],
        apart: &[f32; HIDDEN],
        scores: &mut [f32; SUMS],
    ) {
        let (sigmoid, tanh) = (simd.splat(thresholds.sigmoid), simd.splat(thresholds.tanh));
        let ([r, z, n], _) = sums.as_chunks::<HIDDEN>() else {
            return;
        };
        let ([of_r, of_z, of_n], _) = scores.as_chunks_mut::<HIDDEN>() else {
            return;
        };
        for (sums, scores) in [(r, of_r), (z, of_z)] {
            fill!(simd, HIDDEN, scores, |start, length| {
                infinite_if_nan(simd, simd.sub(load(simd, sums, start, length), sigmoid))
            });
        }
        let kept = simd.splat(-thresholds.sigmoid);
        fill!(simd, HIDDEN, of_n, |start, length| {
            let r = A::sigmoid(simd, load(simd, r, start, length));
            let n = load(simd, n, start, length);
            let n = simd.mul_add(r, load(simd, apart, start, length), n);
            let score = infinite_if_nan(simd, simd.sub(tanh, magnitude(simd, n)));
            // Where the gate is NaN, the score is left.
            if cross_gate { simd.min(simd.sub(kept, load(simd, z, start, length)), score) } else { score }
        });
    }

    #[inline(always)]
    fn put(
        big: &Biases<SUMS>,
        row: usize,
        [of_input, of_state]: [f32; 2],
        sums: &mut [f32; SUMS],
        apart: &mut [f32; HIDDEN],
    ) {
        let (Some(sum), Some(bias)) = (sums.get_mut(row), big.bias.get(row)) else {
            return;
        };
        match row.checked_sub(2 * HIDDEN) {
            None => *sum = bias + of_input + of_state,
            Some(unit) => {
                *sum = bias + of_input;
                if let (Some(apart), Some(bias)) = (apart.get_mut(unit), big.candidate_bias.get(unit)) {
                    *apart = bias + of_state;
                }
            }
        }
    }

    #[inline(always)]
    fn finish<S: Simd, A: Activations>(
        simd: S,
        _: A,
        sums: &[f32; SUMS],
        apart: &[f32; HIDDEN],
        state: &mut Hidden<HIDDEN>,
    ) {
        state.update_after::<S, A, SUMS>(simd, sums, apart);
    }
}
