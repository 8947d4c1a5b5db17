//! Dual-module inference of linear layers.

use core::marker::PhantomData;

use super::infinite_if_nan;
use super::rows::Big;
use super::sensitivity::{Choice, Sensitivity, Thresholds};
use crate::activation::{Activations, Relu, Sigmoid, Tanh};
use crate::lanes::{fill, load};
use crate::layer::{Activation, Softmax};
use crate::matrix::Matrix;
use crate::simd::Simd;

/// Where an activation is flat.
pub trait Flat: Activation {
    /// How far each sum is on the sensitive side of the threshold.
    fn score<S: Simd>(simd: S, thresholds: Thresholds, sum: S::F32) -> S::F32;
}

macro_rules! flat_below {
    ($($activation:ty),*) => {$(
        impl Flat for $activation {
            #[inline(always)]
            fn score<S: Simd>(simd: S, thresholds: Thresholds, sum: S::F32) -> S::F32 {
                simd.sub(sum, simd.splat(thresholds.sigmoid))
            }
        }
    )*};
}

flat_below!(Sigmoid, Relu, Softmax);

impl Flat for Tanh {
    #[inline(always)]
    fn score<S: Simd>(simd: S, thresholds: Thresholds, sum: S::F32) -> S::F32 {
        simd.sub(simd.splat(thresholds.tanh), super::magnitude(simd, sum))
    }
}

/// `y = F(W x + b)`, where rows of `W` are read whose sums the little module finds sensitive.
#[derive(Debug, Clone, Copy)]
pub struct LinearDual<F, M, B, const UNITS: usize> {
    /// The little module, `UNITS x INPUT`.
    pub little: M,
    /// Its biases.
    pub little_bias: &'static [f32; UNITS],
    /// Rows of `W`.
    pub big: B,
    /// `b`.
    pub bias: &'static [f32; UNITS],
    /// The activation `F`.
    pub activation: PhantomData<F>,
}

impl<F: Flat, M, B, const UNITS: usize> LinearDual<F, M, B, UNITS> {
    /// The layer's output for `x`, written to `y`.
    #[inline(always)]
    pub fn apply<S: Simd, A: Activations, const INPUT: usize>(
        &self,
        simd: S,
        activations: A,
        x: &[f32; INPUT],
        y: &mut [f32; UNITS],
        sensitivity: &mut Sensitivity,
    ) where
        M: Matrix<UNITS, INPUT>,
        B: Big<INPUT, 0>,
    {
        *y = *self.little_bias;
        self.little.mul_add(simd, x, y);
        let thresholds = sensitivity.thresholds(UNITS);
        let mut scores = [0.0; UNITS];
        fill!(simd, UNITS, &mut scores, |start, length| {
            infinite_if_nan(simd, F::score(simd, thresholds, load(simd, y, start, length)))
        });
        let mut choice = Choice::<UNITS>::new();
        sensitivity.choose(simd, &scores, &mut choice);
        let vector = B::vector(simd, x, &[]);
        let mut products = [[0.0; 2]; UNITS];
        let rows = choice.rows();
        self.big.all_products(simd, &vector, rows, &mut products);
        for (row, [product, _]) in rows.iter().zip(products) {
            let row = *row as usize;
            if let (Some(sum), Some(bias)) = (y.get_mut(row), self.bias.get(row)) {
                *sum = bias + product;
            }
        }
        F::apply_all(simd, activations, y);
    }

    /// [`apply`](LinearDual::apply) for each of `xs`; gives what was written of `ys`.
    #[inline(always)]
    pub fn apply_each<'a, S: Simd, A: Activations, const INPUT: usize>(
        &self,
        simd: S,
        activations: A,
        xs: &[[f32; INPUT]],
        ys: &'a mut [[f32; UNITS]],
        sensitivity: &mut Sensitivity,
    ) -> &'a [[f32; UNITS]]
    where
        M: Matrix<UNITS, INPUT>,
        B: Big<INPUT, 0>,
    {
        for (x, y) in xs.iter().zip(ys.iter_mut()) {
            self.apply(simd, activations, x, y, sensitivity);
        }
        ys.get(..xs.len()).unwrap_or_default()
    }
}
