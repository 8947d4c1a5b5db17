//! Fully connected layers.

use core::marker::PhantomData;

use super::{Matrix, Output, SUM, Vector};
use crate::activation::Activations;
use crate::simd::Simd;

/// `y = F(W x + b)`; the matrix gives `TOGETHER` rows at once, of which `UNITS` is a multiple.
#[derive(Debug, Clone, Copy)]
pub struct Linear<F, M, const UNITS: usize, const TOGETHER: usize> {
    /// `UNITS x INPUT`.
    pub weight: M,
    /// [Sums](super::SUM).
    pub bias: &'static [i32; UNITS],
    /// The activation `F`.
    pub activation: PhantomData<F>,
}

impl<F: Output, M, const UNITS: usize, const TOGETHER: usize> Linear<F, M, UNITS, TOGETHER> {
    /// The layer's output for `x`, written to `y`.
    #[inline(always)]
    pub fn apply<S: Simd, A: Activations, const INPUT: usize>(
        &self,
        _: S,
        _: A,
        x: &[f32; INPUT],
        y: &mut [f32; UNITS],
    ) where
        M: Matrix<TOGETHER, INPUT>,
    {
        let x = self.weight.prepare(Vector::new(x), SUM);
        let mut sums = *self.bias;
        for (group, sums) in sums.as_chunks_mut::<TOGETHER>().0.iter_mut().enumerate() {
            for (sum, product) in sums.iter_mut().zip(self.weight.rows(&x, group)) {
                *sum += product;
            }
        }
        F::outputs(&sums, y);
    }

    /// [`apply`](Linear::apply) for each of `xs`; gives what was written of `ys`.
    #[inline(always)]
    pub fn apply_each<'a, S: Simd, A: Activations, const INPUT: usize>(
        &self,
        simd: S,
        activations: A,
        xs: &[[f32; INPUT]],
        ys: &'a mut [[f32; UNITS]],
    ) -> &'a [[f32; UNITS]]
    where
        M: Matrix<TOGETHER, INPUT>,
    {
        for (x, y) in xs.iter().zip(ys.iter_mut()) {
            self.apply(simd, activations, x, y);
        }
        ys.get(..xs.len()).unwrap_or_default()
    }
}
