//! FastRNN: a plain cell with a weighted residual connection.

use core::marker::PhantomData;

use super::matrix::each_unit;
use super::{Matrix, Nonlinearity, UNIT, from_f32, scale15, to_f32};
use crate::activation::Activations;
use crate::cell::{Cell, Hidden};
use crate::matrix::Zero;
use crate::simd::Simd;

/// As [`cell::FastRnn`](crate::cell::FastRnn); both matrices give `TOGETHER` rows at once, of which `HIDDEN` is a
/// multiple.
#[derive(Debug, Clone, Copy)]
pub struct FastRnn<F, I, R, const HIDDEN: usize, const TOGETHER: usize> {
    /// `HIDDEN x INPUT`.
    pub input: I,
    /// `HIDDEN x HIDDEN`.
    pub recurrent: R,
    /// [Sums](super::SUM).
    pub bias: &'static [i32; HIDDEN],
    /// Weight of the new value, a [unit](super::UNIT) in `0..=1`.
    pub alpha: i32,
    /// Weight of the old value, a [unit](super::UNIT) in `0..=1`.
    pub beta: i32,
    /// The nonlinearity `F`.
    pub nonlinearity: PhantomData<F>,
}

impl<F, I, R, const INPUT: usize, const HIDDEN: usize, const TOGETHER: usize> Cell<INPUT, HIDDEN, 1>
    for FastRnn<F, I, R, HIDDEN, TOGETHER>
where
    F: Nonlinearity,
    I: Matrix<TOGETHER, INPUT>,
    R: Matrix<TOGETHER, HIDDEN>,
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
        each_unit((&self.input, &self.recurrent), input, &mut state.h, self.bias, |sum, bias, h| {
            let new = F::unit(sum + bias);
            let next = scale15(new, self.alpha) + scale15(from_f32(*h, UNIT), self.beta);
            *h = to_f32(next, UNIT);
        });
    }
}
