//! Matrices beside one another.

use super::Matrix;
use crate::simd::Simd;

/// `left` of `ROWS x LEFT` to the left of `right` of `ROWS x RIGHT`.
#[derive(Debug, Clone, Copy)]
pub struct Beside<L, R, const LEFT: usize, const RIGHT: usize> {
    left: L,
    right: R,
}

impl<L, R, const LEFT: usize, const RIGHT: usize> Beside<L, R, LEFT, RIGHT> {
    /// `left` beside `right`.
    pub const fn new(left: L, right: R) -> Self {
        Beside { left, right }
    }
}

impl<L, R, const ROWS: usize, const COLUMNS: usize, const LEFT: usize, const RIGHT: usize>
    Matrix<ROWS, COLUMNS> for Beside<L, R, LEFT, RIGHT>
where
    L: Matrix<ROWS, LEFT>,
    R: Matrix<ROWS, RIGHT>,
{
    const BYTES: usize = L::BYTES + R::BYTES;

    #[inline(always)]
    fn prefetch<S: Simd>(&self, simd: S, ahead: usize) {
        self.left.prefetch(simd, ahead);
    }

    #[inline(always)]
    fn mul_add<S: Simd>(&self, simd: S, x: &[f32; COLUMNS], y: &mut [f32; ROWS]) {
        const { assert!(COLUMNS == LEFT + RIGHT) }
        if let (Some(left), Some(right)) = (x.first_chunk(), x.last_chunk()) {
            self.left.mul_add(simd, left, y);
            self.right.mul_add(simd, right, y);
        }
    }
}
