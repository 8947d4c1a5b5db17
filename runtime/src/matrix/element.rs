//! How a number of a matrix is stored.

use crate::simd::{LANES, Simd};

/// A number as it is stored, and how 16 of them become `f32`.
pub trait Element: Copy + 'static {
    /// Whether the numbers of a row are multiples of a number of their own, its scale.
    const SCALED: bool;
    /// Nothing.
    const ZERO: Self;

    /// 16 numbers, without their scales.
    fn load<S: Simd>(simd: S, from: &[Self; LANES]) -> S::F32;
    /// One number, without its scale.
    fn get(self) -> f32;
}

impl Element for f32 {
    const SCALED: bool = false;
    const ZERO: f32 = 0.0;

    #[inline(always)]
    fn load<S: Simd>(simd: S, from: &[f32; LANES]) -> S::F32 {
        simd.load(from)
    }

    #[inline(always)]
    fn get(self) -> f32 {
        self
    }
}
