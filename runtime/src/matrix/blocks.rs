//! Matrices that multiply block after block of their rows.

use super::Matrix;
use crate::simd::Simd;

/// A matrix of `ROWS x COLUMNS` in blocks of rows, which can be multiplied in any order: a row's product does not
/// depend on it.
pub trait Blocks<const ROWS: usize, const COLUMNS: usize>: Matrix<ROWS, COLUMNS> {
    /// How many blocks there are.
    const BLOCKS: usize;

    /// A vector as blocks multiply it.
    type Vector<'x>;

    /// `x` as blocks multiply it.
    fn vector<S: Simd>(simd: S, x: &[f32; COLUMNS]) -> Self::Vector<'_>;

    /// `y += A x` in the rows of block `index`; nothing where there is no such block. All of them are
    /// [`mul_add`](Matrix::mul_add), to the last bit.
    fn mul_add_block<S: Simd>(&self, simd: S, index: usize, x: &Self::Vector<'_>, y: &mut [f32; ROWS]);
}
