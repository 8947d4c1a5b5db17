//! FastRNN: a plain cell with a weighted residual connection.

use core::marker::PhantomData;

use super::{Cell, Hidden, Recurrent, Room, Streams};
use crate::activation::{Activations, Nonlinearity};
use crate::lanes::map;
use crate::matrix::Matrix;
use crate::simd::{Arithmetic, Function, Simd};

/// Kusupati et al. 2018: `h' = alpha F(W x + U h + b) + beta h`.
#[derive(Debug, Clone, Copy)]
pub struct FastRnn<F, I, R, const HIDDEN: usize> {
    /// `HIDDEN x INPUT`.
    pub input: I,
    /// `HIDDEN x HIDDEN`.
    pub recurrent: R,
    /// `HIDDEN`.
    pub bias: &'static [f32; HIDDEN],
    /// Weight of the new value, in `0..=1`.
    pub alpha: f32,
    /// Weight of the old value, in `0..=1`.
    pub beta: f32,
    /// The nonlinearity `F`.
    pub nonlinearity: PhantomData<F>,
}

impl<F, I, R, const INPUT: usize, const HIDDEN: usize> Cell<INPUT, HIDDEN, HIDDEN>
    for FastRnn<F, I, R, HIDDEN>
where
    F: Nonlinearity,
    I: Matrix<HIDDEN, INPUT>,
    R: Recurrent<HIDDEN, INPUT, HIDDEN>,
{
    type Input = I;
    type State = Hidden<HIDDEN>;

    #[inline(always)]
    fn input(&self) -> &I {
        &self.input
    }

    #[inline(always)]
    fn bias(&self) -> &[f32; HIDDEN] {
        self.bias
    }

    #[inline(always)]
    fn advance<S: Simd, A: Activations>(
        &self,
        simd: S,
        _activations: A,
        input: &[f32; INPUT],
        sums: &mut [f32; HIDDEN],
        state: &mut Self::State,
    ) {
        self.recurrent.add_products(simd, input, &state.h, sums);
        map!(simd, HIDDEN, self.next::<A>(), [sums] => &mut state.h);
    }

    #[inline(always)]
    fn advance_each<S: Simd, A: Activations, M, P>(
        &self,
        simd: S,
        _activations: A,
        inputs: &[[f32; INPUT]],
        mut streams: Streams<'_, M, P>,
        room: Room<'_, HIDDEN, HIDDEN>,
    ) where
        P: Fn(&mut M) -> &mut Self::State,
    {
        streams.gather(room.hidden);
        self.recurrent.add_products_each(simd, inputs, room.hidden, room.sums);
        for (state, sums) in streams.each(room.sums) {
            map!(simd, HIDDEN, self.next::<A>(), [sums] => &mut state.h);
        }
    }
}

impl<F, I, R, const HIDDEN: usize> FastRnn<F, I, R, HIDDEN> {
    #[inline(always)]
    fn next<A>(&self) -> Next<F, A> {
        Next { alpha: self.alpha, beta: self.beta, of: PhantomData }
    }
}

/// `h' = alpha new + beta h`, of the sum of `new`.
#[derive(Clone, Copy)]
struct Next<F, A> {
    alpha: f32,
    beta: f32,
    of: PhantomData<(F, A)>,
}

impl<F: Nonlinearity, A: Activations> Function<1> for Next<F, A> {
    #[inline(always)]
    fn call<S: Arithmetic>(self, simd: S, [sum]: [S::F32; 1], h: S::F32) -> S::F32 {
        let (alpha, beta) = (simd.splat(self.alpha), simd.splat(self.beta));
        simd.flush(simd.mul_add(alpha, F::apply::<S, A>(simd, sum), simd.mul(beta, h)))
    }
}
