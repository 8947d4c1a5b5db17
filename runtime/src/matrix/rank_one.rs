//! An outer product of two vectors.

use super::Matrix;
use crate::lanes::{groups, load, store};
use crate::simd::{LANES, Simd};

/// `left * right^T` of `ROWS` and `COLUMNS` numbers.
#[derive(Debug, Clone, Copy)]
pub struct RankOne<const ROWS: usize, const COLUMNS: usize> {
    left: &'static [f32; ROWS],
    right: &'static [f32; COLUMNS],
}

impl<const ROWS: usize, const COLUMNS: usize> RankOne<ROWS, COLUMNS> {
    /// The outer product of `left` and `right`.
    pub const fn new(left: &'static [f32; ROWS], right: &'static [f32; COLUMNS]) -> Self {
        RankOne { left, right }
    }
}

impl<const ROWS: usize, const COLUMNS: usize> Matrix<ROWS, COLUMNS> for RankOne<ROWS, COLUMNS> {
    #[inline(always)]
    fn mul_add<S: Simd>(&self, simd: S, x: &[f32; COLUMNS], y: &mut [f32; ROWS]) {
        let mut sums = simd.splat(0.0);
        groups!(COLUMNS, |start, length| {
            let right = load(simd, self.right, start, length);
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
        groups!(ROWS, |start, length| {
            let old = load(simd, y, start, length);
            let new = simd.mul_add(dot, load(simd, self.left, start, length), old);
            store(simd, new, y, start, length);
        });
    }
}
