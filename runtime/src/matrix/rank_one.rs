//! Outer products of two vectors.

use super::{Matrix, Rows};
use crate::lanes::{fill, groups, load};
use crate::simd::{LANES, Simd};

/// `left * right^T`, of vectors that are matrices of one row.
///
/// Numbers that have scales have one for each vector, which holds them in fewer bytes than one for each row.
#[derive(Debug, Clone, Copy)]
pub struct RankOne<L, R> {
    left: L,
    right: R,
}

impl<L, R> RankOne<L, R> {
    /// The outer product of `left` and `right`.
    pub const fn new(left: L, right: R) -> Self {
        RankOne { left, right }
    }
}

impl<L, R, const ROWS: usize, const COLUMNS: usize> Matrix<ROWS, COLUMNS> for RankOne<L, R>
where
    L: Rows<1, ROWS>,
    R: Rows<1, COLUMNS>,
{
    #[inline(always)]
    fn mul_add<S: Simd>(&self, simd: S, x: &[f32; COLUMNS], y: &mut [f32; ROWS]) {
        let mut room = [0.0; COLUMNS];
        let right = self.right.row(simd, 0, &mut room);
        let mut sums = simd.splat(0.0);
        groups!(COLUMNS, |start, length| {
            let right = load(simd, right, start, length);
            sums = simd.mul_add(right, load(simd, x, start, length), sums);
        });
        let mut lanes = [0.0; LANES];
        simd.store(sums, &mut lanes);
        let mut half = LANES / 2;
        while half > 0 {
            for lane in 0..half {
                lanes[lane] += lanes[lane + half];
            }
            half /= 2;
        }
        let dot = simd.splat(lanes[0]);
        let mut room = [0.0; ROWS];
        let left = self.left.row(simd, 0, &mut room);
        fill!(simd, ROWS, y, |start, length| {
            simd.mul_add(dot, load(simd, left, start, length), load(simd, y, start, length))
        });
    }
}
