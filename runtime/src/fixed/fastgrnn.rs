//! FastGRNN: a gated cell whose gate and candidate share their matrices.

use core::marker::PhantomData;

use super::matrix::each_unit;
use super::{Matrix, Nonlinearity, ONE, UNIT, from_f32, scale15, to_f32};
use crate::activation::Activations;
use crate::cell::{Cell, Hidden};
use crate::matrix::Zero;
use crate::simd::Simd;

/// As [`cell::FastGrnn`](crate::cell::FastGrnn), for a gate `G` in `0..=1`; both matrices give `TOGETHER` rows at
/// once, of which `HIDDEN` is a multiple.
#[derive(Debug, Clone, Copy)]
pub struct FastGrnn<G, F, I, R, const HIDDEN: usize, const TOGETHER: usize> {
    /// `HIDDEN x INPUT`.
    pub input: I,
    /// `HIDDEN x HIDDEN`.
    pub recurrent: R,
    /// [Sums](super::SUM), those of a unit together: the biases of the gate and of the update.
    pub bias: &'static [[i32; 2]; HIDDEN],
    /// A [unit](super::UNIT) in `0..=1`.
    pub zeta: i32,
    /// A [unit](super::UNIT) in `0..=1`.
    pub nu: i32,
    /// The nonlinearities `G` of the gate and `F` of the update.
    pub nonlinearity: PhantomData<(G, F)>,
}

impl<G, F, I, R, const INPUT: usize, const HIDDEN: usize, const TOGETHER: usize> Cell<INPUT, HIDDEN, 1>
    for FastGrnn<G, F, I, R, HIDDEN, TOGETHER>
where
    G: Nonlinearity,
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
            let (z, new) = (G::unit(sum + bias[0]), F::unit(sum + bias[1]));
            let weight = scale15(self.zeta, ONE - z) + self.nu;
            let next = scale15(new, weight) + scale15(from_f32(*h, UNIT), z);
            *h = to_f32(next, UNIT);
        });
    }
}
