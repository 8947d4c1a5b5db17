//! Constant matrices, each kind with the product that suits it.

mod beside;
mod block_sparse;
mod blocks;
mod dense;
mod element;
mod int4;
mod int8;
mod kronecker;
mod low_rank;
mod packed;
mod panel;
mod quantized;
mod rank_one;
mod sparse;
mod stack;
mod sum;
mod table;
mod tail;
#[cfg(feature = "std")]
mod threaded;
mod tile;
mod zero;

pub use beside::Beside;
pub use block_sparse::BlockSparse;
pub use blocks::Blocks;
pub use dense::Dense;
pub use element::Element;
pub use int4::{BlockSparseInt4, Int4, SparseInt4};
pub use int8::Int8;
pub use kronecker::Kronecker;
pub use low_rank::LowRank;
pub use packed::{Columns, Four, Packed, Two, Width};
pub(crate) use quantized::steps;
pub use rank_one::RankOne;
pub use sparse::Sparse;
pub use stack::{Gates, Stack};
pub use sum::Sum;
pub use table::{Int4Table, Rows, Table};
#[cfg(feature = "std")]
pub use threaded::Threaded;
pub use zero::Zero;

use crate::simd::Simd;

/// A matrix of `ROWS x COLUMNS`.
pub trait Matrix<const ROWS: usize, const COLUMNS: usize>: Copy {
    /// Bytes of its numbers, as far as [`prefetch`](Matrix::prefetch) can ask for them.
    const BYTES: usize = 0;

    /// Asks for the line of the cache that lies `ahead` bytes after the first number; a hint that may do
    /// nothing.
    #[inline(always)]
    fn prefetch<S: Simd>(&self, simd: S, ahead: usize) {
        let _ = (simd, ahead);
    }

    /// Whether it takes rows that are in registers.
    const TAKES_ROWS: bool = false;

    /// `y += A row` for each of `N` pairs, where a row has zeros behind its columns. Only where
    /// [`TAKES_ROWS`](Matrix::TAKES_ROWS) says so.
    #[inline(always)]
    fn mul_add_rows<S: Simd, const N: usize>(&self, simd: S, rows: &[S::F32; N], ys: &mut [[f32; ROWS]; N]) {
        let _ = (simd, rows, ys);
    }

    /// `y += A x`
    fn mul_add<S: Simd>(&self, simd: S, x: &[f32; COLUMNS], y: &mut [f32; ROWS]);

    /// `y += A x` for each pair of `xs` and `ys`, reading the matrix as few times as that kind of
    /// matrix can. The numbers are those of [`mul_add`](Matrix::mul_add), to the last bit.
    #[inline(always)]
    fn mul_add_each<S: Simd>(&self, simd: S, xs: &[[f32; COLUMNS]], ys: &mut [[f32; ROWS]]) {
        for (x, y) in xs.iter().zip(ys) {
            self.mul_add(simd, x, y);
        }
    }
}

/// Input vectors that what is read of a matrix stays in the nearest cache for.
const TOGETHER: usize = 16;

/// At most `most` pairs of `xs` and `ys`, from `first` on.
#[inline(always)]
fn pairs<'a, X, Y>(first: usize, most: usize, xs: &'a [X], ys: &'a mut [Y]) -> (&'a [X], &'a mut [Y]) {
    let (xs, ys) = (xs.get(first..).unwrap_or_default(), ys.get_mut(first..).unwrap_or_default());
    let count = most.min(xs.len()).min(ys.len());
    (xs.get(..count).unwrap_or_default(), ys.get_mut(..count).unwrap_or_default())
}
