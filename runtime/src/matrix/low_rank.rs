//! A product of two thin matrices.

use super::Matrix;
use crate::simd::Simd;

/// `left * right` of `ROWS x RANK` and `RANK x COLUMNS`.
#[derive(Debug, Clone, Copy)]
pub struct LowRank<L, R, const RANK: usize> {
    left: L,
    right: R,
}

impl<L, R, const RANK: usize> LowRank<L, R, RANK> {
    /// The product of `left` and `right`.
    pub const fn new(left: L, right: R) -> Self {
        LowRank { left, right }
    }
}

impl<L, R, const ROWS: usize, const RANK: usize, const COLUMNS: usize> Matrix<ROWS, COLUMNS>
    for LowRank<L, R, RANK>
where
    L: Matrix<ROWS, RANK>,
    R: Matrix<RANK, COLUMNS>,
{
    const BYTES: usize = L::BYTES + R::BYTES;

    #[inline(always)]
    fn prefetch<S: Simd>(&self, simd: S, ahead: usize) {
        self.left.prefetch(simd, ahead);
    }

    #[inline(always)]
    fn mul_add<S: Simd>(&self, simd: S, x: &[f32; COLUMNS], y: &mut [f32; ROWS]) {
        let mut inner = [0.0; RANK];
        self.right.mul_add(simd, x, &mut inner);
        self.left.mul_add(simd, &inner, y);
    }
}
