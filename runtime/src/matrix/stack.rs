//! Matrices above one another.

use super::Matrix;
use crate::simd::Simd;

/// `top` of `TOP x COLUMNS` above `bottom` of `BOTTOM x COLUMNS`.
#[derive(Debug, Clone, Copy)]
pub struct Stack<T, B, const TOP: usize, const BOTTOM: usize> {
    top: T,
    bottom: B,
}

impl<T, B, const TOP: usize, const BOTTOM: usize> Stack<T, B, TOP, BOTTOM> {
    /// `top` above `bottom`.
    pub const fn new(top: T, bottom: B) -> Self {
        Stack { top, bottom }
    }
}

impl<T, B, const ROWS: usize, const COLUMNS: usize, const TOP: usize, const BOTTOM: usize>
    Matrix<ROWS, COLUMNS> for Stack<T, B, TOP, BOTTOM>
where
    T: Matrix<TOP, COLUMNS>,
    B: Matrix<BOTTOM, COLUMNS>,
{
    const BYTES: usize = T::BYTES + B::BYTES;

    #[inline(always)]
    fn prefetch<S: Simd>(&self, simd: S, ahead: usize) {
        self.top.prefetch(simd, ahead);
    }

    #[inline(always)]
    fn mul_add<S: Simd>(&self, simd: S, x: &[f32; COLUMNS], y: &mut [f32; ROWS]) {
        const { assert!(ROWS == TOP + BOTTOM) }
        if let Some((top, bottom)) = y.split_first_chunk_mut()
            && let Some(bottom) = bottom.first_chunk_mut()
        {
            self.top.mul_add(simd, x, top);
            self.bottom.mul_add(simd, x, bottom);
        }
    }
}

/// The matrices of a cell's gates, each of `HIDDEN` rows and of the same kind, above one another.
#[derive(Debug, Clone, Copy)]
pub struct Gates<M, const HIDDEN: usize, const GATES: usize>(pub [M; GATES]);

impl<M, const ROWS: usize, const COLUMNS: usize, const HIDDEN: usize, const GATES: usize>
    Matrix<ROWS, COLUMNS> for Gates<M, HIDDEN, GATES>
where
    M: Matrix<HIDDEN, COLUMNS>,
{
    const BYTES: usize = M::BYTES * GATES;

    #[inline(always)]
    fn prefetch<S: Simd>(&self, simd: S, ahead: usize) {
        if let Some(gate) = self.0.first() {
            gate.prefetch(simd, ahead);
        }
    }

    #[inline(always)]
    fn mul_add<S: Simd>(&self, simd: S, x: &[f32; COLUMNS], y: &mut [f32; ROWS]) {
        const { assert!(ROWS == HIDDEN * GATES) }
        for (gate, y) in self.0.iter().zip(y.as_chunks_mut().0) {
            gate.mul_add(simd, x, y);
        }
    }
}
