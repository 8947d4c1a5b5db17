//! FastGRNN: a gated cell whose gate and candidate share their matrices.

use core::marker::PhantomData;

use super::{Cell, Hidden, Recurrent, Room, Streams};
use crate::activation::{Activations, Nonlinearity};
use crate::lanes::map;
use crate::matrix::Matrix;
use crate::simd::{Arithmetic, Function, Simd};

/// Kusupati et al. 2018: with `p = W x + U h` and `z = G(p + bias_gate)`,
/// `h' = (zeta (1 - z) + nu) F(p + bias_update) + z h`.
#[derive(Debug, Clone, Copy)]
pub struct FastGrnn<G, F, I, R, const HIDDEN: usize> {
    /// `HIDDEN x INPUT`.
    pub input: I,
    /// `HIDDEN x HIDDEN`.
    pub recurrent: R,
    /// `HIDDEN`.
    pub bias_gate: &'static [f32; HIDDEN],
    /// `HIDDEN`.
    pub bias_update: &'static [f32; HIDDEN],
    /// In `0..=1`.
    pub zeta: f32,
    /// In `0..=1`.
    pub nu: f32,
    /// The nonlinearities `G` of the gate and `F` of the update.
    pub nonlinearity: PhantomData<(G, F)>,
}

impl<G, F, I, R, const INPUT: usize, const HIDDEN: usize> Cell<INPUT, HIDDEN, HIDDEN>
    for FastGrnn<G, F, I, R, HIDDEN>
where
    G: Nonlinearity,
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
        &[0.0; HIDDEN]
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
        map!(simd, HIDDEN, self.next::<A>(), [sums, self.bias_gate, self.bias_update] => &mut state.h);
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
            map!(simd, HIDDEN, self.next::<A>(), [sums, self.bias_gate, self.bias_update] => &mut state.h);
        }
    }
}

impl<G, F, I, R, const HIDDEN: usize> FastGrnn<G, F, I, R, HIDDEN> {
    #[inline(always)]
    fn next<A>(&self) -> Next<F, G, A> {
        Next { zeta: self.zeta, nu: self.nu, of: PhantomData }
    }
}

/// `h' = (zeta (1 - z) + nu) new + z h`, of the sum that `z` and `new` share, and their biases.
#[derive(Clone, Copy)]
struct Next<F, G, A> {
    zeta: f32,
    nu: f32,
    of: PhantomData<(F, G, A)>,
}

impl<F: Nonlinearity, G: Nonlinearity, A: Activations> Function<3> for Next<F, G, A> {
    #[inline(always)]
    fn call<S: Arithmetic>(self, simd: S, [sum, gate, update]: [S::F32; 3], h: S::F32) -> S::F32 {
        let (gate, update) = (simd.add(sum, gate), simd.add(sum, update));
        let (z, new) = (G::apply::<S, A>(simd, gate), F::apply::<S, A>(simd, update));
        let weight = simd.mul_add(simd.splat(self.zeta), simd.sub(simd.splat(1.0), z), simd.splat(self.nu));
        simd.flush(simd.mul_add(weight, new, simd.mul(z, h)))
    }
}
