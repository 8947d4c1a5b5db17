//! Two matrices added.

use super::Matrix;
use crate::simd::Simd;

/// `first + second`, which stay apart.
#[derive(Debug, Clone, Copy)]
pub struct Sum<A, B> {
    first: A,
    second: B,
}

impl<A, B> Sum<A, B> {
    /// `first + second`.
    pub const fn new(first: A, second: B) -> Self {
        Sum { first, second }
    }
}

impl<A, B, const ROWS: usize, const COLUMNS: usize> Matrix<ROWS, COLUMNS> for Sum<A, B>
where
    A: Matrix<ROWS, COLUMNS>,
    B: Matrix<ROWS, COLUMNS>,
{
    const BYTES: usize = A::BYTES + B::BYTES;

    #[inline(always)]
    fn prefetch<S: Simd>(&self, simd: S, ahead: usize) {
        self.first.prefetch(simd, ahead);
    }

    #[inline(always)]
    fn mul_add<S: Simd>(&self, simd: S, x: &[f32; COLUMNS], y: &mut [f32; ROWS]) {
        self.first.mul_add(simd, x, y);
        self.second.mul_add(simd, x, y);
    }
}
