//! A dense matrix in panels.
//!
//! Rows are taken in blocks of 64; a block stores its 64 numbers of column 0, then those of column 1,
//! and so on, and the rows that are left over do the same without padding. A product walks the memory
//! once from end to end, needs no horizontal sum, and stores exactly `ROWS * COLUMNS` numbers.

use super::panel::{BLOCK, Block, Column, Rest, VECTORS};
use super::{Element, Matrix};
use crate::simd::{LANES, Simd};

/// Input vectors that share one pass over a block.
const EACH: usize = 2;

/// `ROWS x COLUMNS` numbers in panels.
#[derive(Debug, Clone, Copy)]
pub struct Dense<const ROWS: usize, const COLUMNS: usize, E: 'static = f32> {
    blocks: &'static [[Column<E>; COLUMNS]],
    rest: &'static [E],
    scales: &'static [f32],
}

impl<const ROWS: usize, const COLUMNS: usize, E: Element> Dense<ROWS, COLUMNS, E> {
    /// A matrix whose numbers lie in `panels`, packed as the compiler packs them.
    ///
    /// # Panics
    /// Where `panels` are not `ROWS * COLUMNS` numbers, or these have scales: an error at compile time in
    /// generated code.
    pub const fn new(panels: &'static [E]) -> Self {
        Self::scaled(panels, &[])
    }

    /// A matrix of integers, each of which is to be multiplied with one of `scales`, that of its row.
    ///
    /// # Panics
    /// Where `panels` are not `ROWS * COLUMNS` numbers, or there is not one scale for each row: an error at
    /// compile time in generated code.
    pub const fn scaled(panels: &'static [E], scales: &'static [f32]) -> Self {
        assert!(ROWS > 0 && COLUMNS > 0 && panels.len() == ROWS * COLUMNS);
        assert!(scales.len() == if E::SCALED { ROWS } else { 0 });
        let (blocks, rest) = panels.split_at(ROWS / BLOCK * BLOCK * COLUMNS);
        let (columns, _) = blocks.as_chunks::<LANES>().0.as_chunks::<VECTORS>();
        Dense { blocks: columns.as_chunks::<COLUMNS>().0, rest, scales }
    }

    #[inline(always)]
    fn block(&self, index: usize) -> Option<Block<ROWS, COLUMNS, E>> {
        let columns = self.blocks.get(index)?;
        Some(Block { columns, scales: self.scales.get(index * BLOCK..).unwrap_or_default() })
    }

    #[inline(always)]
    fn rest(&self) -> Rest<ROWS, E> {
        let scales = self.scales.get(ROWS / BLOCK * BLOCK..).unwrap_or_default();
        Rest { columns: self.rest, scales }
    }
}

impl<const ROWS: usize, const COLUMNS: usize, E: Element> Matrix<ROWS, COLUMNS> for Dense<ROWS, COLUMNS, E> {
    #[inline(always)]
    fn mul_add<S: Simd>(&self, simd: S, x: &[f32; COLUMNS], y: &mut [f32; ROWS]) {
        let (blocks, rest) = y.as_chunks_mut();
        for (index, y) in blocks.iter_mut().enumerate() {
            if let Some(block) = self.block(index) {
                block.mul_add(simd, [x], [y]);
            }
        }
        self.rest().mul_add(simd, x, rest);
    }

    #[inline(always)]
    fn mul_add_each<S: Simd>(&self, simd: S, xs: &[[f32; COLUMNS]], ys: &mut [[f32; ROWS]]) {
        let count = xs.len().min(ys.len());
        let (xs, ys) = (xs.get(..count).unwrap_or_default(), ys.get_mut(..count).unwrap_or_default());
        for index in 0..ROWS / BLOCK {
            let Some(block) = self.block(index) else {
                break;
            };
            let (pairs, single) = xs.as_chunks::<EACH>();
            let (y_pairs, y_single) = ys.as_chunks_mut::<EACH>();
            for ([x0, x1], [y0, y1]) in pairs.iter().zip(y_pairs) {
                if let (Some(y0), Some(y1)) = (block_of(y0, index), block_of(y1, index)) {
                    block.mul_add(simd, [x0, x1], [y0, y1]);
                }
            }
            for (x, y) in single.iter().zip(y_single) {
                if let Some(y) = block_of(y, index) {
                    block.mul_add(simd, [x], [y]);
                }
            }
        }
        for (x, y) in xs.iter().zip(ys) {
            self.rest().mul_add(simd, x, y.as_chunks_mut::<BLOCK>().1);
        }
    }
}

#[inline(always)]
fn block_of<const ROWS: usize>(y: &mut [f32; ROWS], index: usize) -> Option<&mut [f32; BLOCK]> {
    y.as_chunks_mut().0.get_mut(index)
}
