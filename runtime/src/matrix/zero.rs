//! The matrix that adds nothing.

use super::Matrix;
use crate::simd::Simd;

/// Zeros of any shape, which are neither stored nor multiplied.
#[derive(Debug, Clone, Copy)]
pub struct Zero;

impl<const ROWS: usize, const COLUMNS: usize> Matrix<ROWS, COLUMNS> for Zero {
    #[inline(always)]
    fn mul_add<S: Simd>(&self, _simd: S, _x: &[f32; COLUMNS], _y: &mut [f32; ROWS]) {}
}
