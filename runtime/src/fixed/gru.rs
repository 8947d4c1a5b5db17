//! Gated recurrent units, with the reset gate in either place.

use super::activation::{sigmoid, tanh};
use super::{Matrix, SUM, UNIT, Vector, from_f32, scale15, to_f32};
use crate::activation::Activations;
use crate::cell::{Cell, Hidden};
use crate::matrix::Zero;
use crate::simd::Simd;

/// As [`cell::GruAfter`](crate::cell::GruAfter); a group of rows has the gates `r z n` of one unit.
#[derive(Debug, Clone, Copy)]
pub struct GruAfter<I, R, const HIDDEN: usize> {
    /// `3 HIDDEN x INPUT`.
    pub input: I,
    /// `3 HIDDEN x HIDDEN`.
    pub recurrent: R,
    /// [Sums](super::SUM), those of a unit together: every bias of `r` and `z`, of `n` the one outside the reset
    /// gate, and the one that it multiplies.
    pub bias: &'static [[i32; 4]; HIDDEN],
}

impl<I, R, const INPUT: usize, const HIDDEN: usize> Cell<INPUT, HIDDEN, 1> for GruAfter<I, R, HIDDEN>
where
    I: Matrix<3, INPUT>,
    R: Matrix<3, HIDDEN>,
{
    type State = Hidden<HIDDEN>;

    in_integers!();

    #[inline(always)]
    fn advance<S: Simd, A: Activations>(
        &self,
        _: S,
        _: A,
        input: &[f32; INPUT],
        _: &mut [f32; 1],
        state: &mut Self::State,
    ) {
        let x = self.input.prepare(Vector::new(input), SUM);
        let hidden = self.recurrent.prepare(Vector::new(&state.h), SUM);
        for (unit, (h, bias)) in state.h.iter_mut().zip(self.bias).enumerate() {
            let of_input = self.input.rows(&x, unit);
            let of_state = self.recurrent.rows(&hidden, unit);
            let r = sigmoid(bias[0] + of_input[0] + of_state[0]);
            let z = sigmoid(bias[1] + of_input[1] + of_state[1]);
            let n = tanh(bias[2] + of_input[2] + scale15(bias[3] + of_state[2], r));
            let next = n + scale15(from_f32(*h, UNIT) - n, z);
            *h = to_f32(next, UNIT);
        }
    }
}

/// As [`cell::GruBefore`](crate::cell::GruBefore); a group of rows has the gates of one unit, `r z n` of the input and
/// `r z` of the state, and the candidate's matrix gives `TOGETHER` rows at once, of which `HIDDEN` is a multiple.
#[derive(Debug, Clone, Copy)]
pub struct GruBefore<I, R, C, const HIDDEN: usize, const TOGETHER: usize> {
    /// `3 HIDDEN x INPUT`.
    pub input: I,
    /// `2 HIDDEN x HIDDEN`, for `r` and `z`.
    pub recurrent: R,
    /// `HIDDEN x HIDDEN`, for `n`.
    pub candidate: C,
    /// [Sums](super::SUM), those of a unit together.
    pub bias: &'static [[i32; 3]; HIDDEN],
}

impl<I, R, C, const INPUT: usize, const HIDDEN: usize, const TOGETHER: usize> Cell<INPUT, HIDDEN, 1>
    for GruBefore<I, R, C, HIDDEN, TOGETHER>
where
    I: Matrix<3, INPUT>,
    R: Matrix<2, HIDDEN>,
    C: Matrix<TOGETHER, HIDDEN>,
{
    type State = Hidden<HIDDEN>;

    in_integers!();

    #[inline(always)]
    fn advance<S: Simd, A: Activations>(
        &self,
        _: S,
        _: A,
        input: &[f32; INPUT],
        _: &mut [f32; 1],
        state: &mut Self::State,
    ) {
        let x = self.input.prepare(Vector::new(input), SUM);
        let hidden = self.recurrent.prepare(Vector::new(&state.h), SUM);
        let (mut reset, mut update, mut sums) = ([0; HIDDEN], [0; HIDDEN], [0; HIDDEN]);
        let units = state.h.iter().zip(self.bias).zip(&mut reset).zip(&mut update).zip(&mut sums);
        for (unit, ((((h, bias), reset), z), sum)) in units.enumerate() {
            let of_input = self.input.rows(&x, unit);
            let of_state = self.recurrent.rows(&hidden, unit);
            *reset = scale15(from_f32(*h, UNIT), sigmoid(bias[0] + of_input[0] + of_state[0]));
            *z = sigmoid(bias[1] + of_input[1] + of_state[1]);
            *sum = bias[2] + of_input[2];
        }
        let reset = self.candidate.prepare(Vector::of_integers(&reset, UNIT), SUM);
        for (group, sums) in sums.as_chunks_mut::<TOGETHER>().0.iter_mut().enumerate() {
            for (sum, product) in sums.iter_mut().zip(self.candidate.rows(&reset, group)) {
                *sum += product;
            }
        }
        for ((h, z), sum) in state.h.iter_mut().zip(update).zip(sums) {
            let n = tanh(sum);
            *h = to_f32(n + scale15(from_f32(*h, UNIT) - n, z), UNIT);
        }
    }
}
