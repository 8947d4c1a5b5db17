//! FastGRNN: a gated cell whose gate and candidate share their matrices.

use core::marker::PhantomData;

use super::{Cell, Hidden, Recurrent};
use crate::activation::{Activations, Nonlinearity};
use crate::lanes::{fill, load};
use crate::matrix::Matrix;
use crate::simd::Simd;

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
        let (zeta, nu) = (simd.splat(self.zeta), simd.splat(self.nu));
        fill!(simd, HIDDEN, &mut state.h, |start, length| {
            let p = load(simd, sums, start, length);
            let gate = simd.add(p, load(simd, self.bias_gate, start, length));
            let update = simd.add(p, load(simd, self.bias_update, start, length));
            let z = G::apply::<S, A>(simd, gate);
            let new = F::apply::<S, A>(simd, update);
            let old = load(simd, &state.h, start, length);
            let weight = simd.mul_add(zeta, simd.sub(simd.splat(1.0), z), nu);
            let h = simd.mul_add(weight, new, simd.mul(z, old));
            simd.flush(h)
        });
    }
}
