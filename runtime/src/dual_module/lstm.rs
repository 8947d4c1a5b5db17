//! Which rows of an LSTM are sensitive.

use super::sensitivity::Thresholds;
use super::{Biases, Gated, infinite_if_nan, magnitude};
use crate::activation::Activations;
use crate::cell::{Cell, Lstm, LstmState, WithInput};
use crate::lanes::{fill, load};
use crate::matrix::{Matrix, Zero};
use crate::simd::Simd;

impl<I, R, const INPUT: usize, const HIDDEN: usize, const SUMS: usize> Gated<INPUT, HIDDEN, SUMS>
    for Lstm<I, R, SUMS>
where
    I: Matrix<SUMS, INPUT>,
    R: WithInput<I, SUMS, INPUT, HIDDEN>,
{
    #[inline(always)]
    fn all_sums<S: Simd>(
        &self,
        simd: S,
        input: &[f32; INPUT],
        state: &LstmState<HIDDEN>,
        sums: &mut [f32; SUMS],
        _: &mut [f32; HIDDEN],
    ) {
        self.input_sums(simd, input, sums);
        self.recurrent.add_products(simd, input, &state.h, sums);
    }

    /// With `cross_gate` a candidate whose input gate is shut is not worth reading.
    #[inline(always)]
    fn scores<S: Simd, A: Activations>(
        simd: S,
        _: A,
        thresholds: Thresholds,
        cross_gate: bool,
        sums: &[f32; SUMS],
        _: &[f32; HIDDEN],
        scores: &mut [f32; SUMS],
    ) {
        let (sigmoid, tanh) = (simd.splat(thresholds.sigmoid), simd.splat(thresholds.tanh));
        let ([i, f, g, o], _) = sums.as_chunks::<HIDDEN>() else {
            return;
        };
        let ([of_i, of_f, of_g, of_o], _) = scores.as_chunks_mut::<HIDDEN>() else {
            return;
        };
        for (sums, scores) in [(i, &mut *of_i), (f, of_f), (o, of_o)] {
            fill!(simd, HIDDEN, scores, |start, length| {
                infinite_if_nan(simd, simd.sub(load(simd, sums, start, length), sigmoid))
            });
        }
        fill!(simd, HIDDEN, of_g, |start, length| {
            let g = simd.sub(tanh, magnitude(simd, load(simd, g, start, length)));
            let g = infinite_if_nan(simd, g);
            if cross_gate { simd.min(load(simd, of_i, start, length), g) } else { g }
        });
    }

    #[inline(always)]
    fn put(
        big: &Biases<SUMS>,
        row: usize,
        [of_input, of_state]: [f32; 2],
        sums: &mut [f32; SUMS],
        _: &mut [f32; HIDDEN],
    ) {
        if let (Some(sum), Some(bias)) = (sums.get_mut(row), big.bias.get(row)) {
            *sum = bias + of_input + of_state;
        }
    }

    #[inline(always)]
    fn finish<S: Simd, A: Activations>(
        simd: S,
        _: A,
        sums: &[f32; SUMS],
        _: &[f32; HIDDEN],
        state: &mut LstmState<HIDDEN>,
    ) {
        state.update::<S, A, Zero, SUMS, INPUT>(simd, &Zero, sums);
    }
}
