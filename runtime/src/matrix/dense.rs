//! A dense matrix in panels.
//!
//! Rows are taken in blocks of 64; a block stores its 64 numbers of column 0, then those of column 1, and so on. Of
//! the rows that are left over those that fill vectors of 16 do the same in one panel, and the others are a
//! [tail](Tail). A product walks the memory once from end to end, in whole vectors that seldom cross a line of the
//! cache, and stores exactly `ROWS * COLUMNS` numbers.

use super::panel::{BESIDE, BESIDE_FROM, BLOCK, Column, Panel, VECTORS, groups, rows_of};
use super::tail::Tail;
use super::{Blocks, Element, Matrix, Rows, pairs, tile};
use crate::simd::{LANES, Simd};

/// Input vectors that share one pass over a block.
const EACH: usize = 2;

/// `ROWS x COLUMNS` numbers in panels.
#[derive(Debug, Clone, Copy)]
pub struct Dense<const ROWS: usize, const COLUMNS: usize, E: 'static = f32> {
    blocks: &'static [[Column<E, VECTORS>; COLUMNS]],
    rest: &'static [[E; LANES]],
    tail: &'static [E],
    scales: &'static [f32],
}

impl<const ROWS: usize, const COLUMNS: usize, E: Element> Dense<ROWS, COLUMNS, E> {
    /// Vectors of rows outside the blocks.
    const REST: usize = ROWS % BLOCK / LANES;

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
        let (rest, tail) = rest.split_at(Self::REST * LANES * COLUMNS);
        Dense { blocks: columns.as_chunks::<COLUMNS>().0, rest: rest.as_chunks().0, tail, scales }
    }

    /// Whether it is read as what lies beyond the second level of cache is, with the registers that this takes.
    const fn far<S: Simd>() -> bool {
        S::ACCUMULATORS >= 8 && Self::BYTES >= BESIDE_FROM
    }

    #[inline(always)]
    fn block(&self, index: usize) -> Option<Panel<ROWS, COLUMNS, VECTORS, E>> {
        let columns = self.blocks.get(index)?;
        Some(Panel { columns, scales: self.scales.get(index * BLOCK..).unwrap_or_default() })
    }

    /// The product with up to [`BESIDE`] blocks from `first` on.
    #[inline(always)]
    fn mul_add_blocks<S: Simd>(&self, simd: S, first: usize, x: &[f32; COLUMNS], y: &mut [f32; ROWS]) {
        if const { Self::far::<S>() && ROWS >= BESIDE * BLOCK } {
            let rows = y.get_mut(first * BLOCK..).unwrap_or_default();
            if let (Some(b0), Some(b1), Some(b2)) =
                (self.block(first), self.block(first + 1), self.block(first + 2))
                && let [y0, y1, y2, ..] = rows.as_chunks_mut().0.as_chunks_mut().0
            {
                Panel::mul_add_beside(simd, [b0, b1, b2], x, [y0, y1, y2]);
                return;
            }
        }
        if const { ROWS >= BLOCK } {
            for index in (first..ROWS / BLOCK).take(BESIDE) {
                panel_one(simd, self.block(index), index * BLOCK, x, y);
            }
        }
    }

    /// The rows between the blocks and the tail, where they are `HEIGHT` vectors.
    #[inline(always)]
    fn rest<const HEIGHT: usize>(&self) -> Option<Panel<ROWS, COLUMNS, HEIGHT, E>> {
        let columns = self.rest.as_chunks().0.first_chunk()?;
        Some(Panel { columns, scales: self.scales.get(ROWS / BLOCK * BLOCK..).unwrap_or_default() })
    }

    /// The product with the rows outside the blocks.
    #[inline(always)]
    fn mul_add_rest<S: Simd>(&self, simd: S, x: &[f32; COLUMNS], y: &mut [f32; ROWS]) {
        let start = ROWS / BLOCK * BLOCK;
        if const { Self::REST == 1 } {
            panel_one(simd, self.rest::<1>(), start, x, y);
        } else if const { Self::REST == 2 } {
            panel_one(simd, self.rest::<2>(), start, x, y);
        } else if const { Self::REST == 3 } {
            panel_one(simd, self.rest::<3>(), start, x, y);
        }
        let (_, tail) = y.as_chunks_mut::<LANES>();
        self.tail().mul_add(simd, x, tail);
    }

    #[inline(always)]
    fn tail(&self) -> Tail<ROWS, COLUMNS, E> {
        let scales = self.scales.get(ROWS / LANES * LANES..).unwrap_or_default();
        Tail { numbers: self.tail, scales }
    }
}

impl<const ROWS: usize, const COLUMNS: usize, E: Element> Rows<ROWS, COLUMNS> for Dense<ROWS, COLUMNS, E> {
    #[inline(always)]
    fn row<'a, S: Simd>(&self, _: S, row: usize, room: &'a mut [f32; COLUMNS]) -> &'a [f32; COLUMNS] {
        *room = [0.0; COLUMNS];
        let scale = if const { E::SCALED } { self.scales.get(row).copied().unwrap_or_default() } else { 1.0 };
        let lane = row % LANES;
        if row < ROWS / BLOCK * BLOCK {
            let vector = row % BLOCK / LANES;
            for (to, column) in room.iter_mut().zip(self.blocks.get(row / BLOCK).into_iter().flatten()) {
                if let Some(number) = column.get(vector).and_then(|lanes| lanes.get(lane)) {
                    *to = number.get() * scale;
                }
            }
        } else if row < ROWS / LANES * LANES {
            let vector = row % BLOCK / LANES;
            for (column, to) in room.iter_mut().enumerate() {
                let lanes = self.rest.get(column * Self::REST + vector);
                if let Some(number) = lanes.and_then(|lanes| lanes.get(lane)) {
                    *to = number.get() * scale;
                }
            }
        } else if row < ROWS {
            for (column, to) in room.iter_mut().enumerate() {
                *to = self.tail().number(lane, column) * scale;
            }
        }
        room
    }
}

/// The product with the rows of `panel` from `start` on.
#[inline(always)]
fn panel_one<S: Simd, E: Element, const ROWS: usize, const COLUMNS: usize, const HEIGHT: usize>(
    simd: S,
    panel: Option<Panel<ROWS, COLUMNS, HEIGHT, E>>,
    start: usize,
    x: &[f32; COLUMNS],
    y: &mut [f32; ROWS],
) {
    if let (Some(panel), Some(y)) = (panel, rows_of(y, start)) {
        panel.mul_add(simd, [x], [y]);
    }
}

/// [`panel_one`] for each pair of `xs` and `ys`.
#[inline(always)]
fn panel_each<S: Simd, E: Element, const ROWS: usize, const COLUMNS: usize, const HEIGHT: usize>(
    simd: S,
    panel: Option<Panel<ROWS, COLUMNS, HEIGHT, E>>,
    start: usize,
    xs: &[[f32; COLUMNS]],
    ys: &mut [[f32; ROWS]],
) {
    let Some(panel) = panel else {
        return;
    };
    // Four at once where their sums find registers: then reading keeps up with multiplying.
    let fours = if const { S::ACCUMULATORS >= 8 && HEIGHT == VECTORS } { xs.len() / 4 * 4 } else { 0 };
    let (fours, xs) = xs.split_at_checked(fours).unwrap_or_default();
    let (y_fours, ys) = ys.split_at_mut_checked(fours.len()).unwrap_or_default();
    let (fours, y_fours) = (fours.as_chunks().0, y_fours.as_chunks_mut().0);
    for first in [0, 2] {
        for ([x0, x1, x2, x3], [y0, y1, y2, y3]) in fours.iter().zip(&mut *y_fours) {
            if let (Some(y0), Some(y1), Some(y2), Some(y3)) =
                (rows_of(y0, start), rows_of(y1, start), rows_of(y2, start), rows_of(y3, start))
            {
                panel.mul_add_half(simd, first, [x0, x1, x2, x3], [y0, y1, y2, y3]);
            }
        }
    }
    let (pairs, single) = xs.as_chunks::<EACH>();
    let (y_pairs, y_single) = ys.split_at_mut_checked(EACH * pairs.len()).unwrap_or_default();
    for ([x0, x1], [y0, y1]) in pairs.iter().zip(y_pairs.as_chunks_mut::<EACH>().0) {
        if let (Some(y0), Some(y1)) = (rows_of(y0, start), rows_of(y1, start)) {
            panel.mul_add(simd, [x0, x1], [y0, y1]);
        }
    }
    for (x, y) in single.iter().zip(y_single) {
        panel_one(simd, Some(panel), start, x, y);
    }
}

impl<const ROWS: usize, const COLUMNS: usize, E: Element> Matrix<ROWS, COLUMNS> for Dense<ROWS, COLUMNS, E> {
    const BYTES: usize = ROWS * COLUMNS * size_of::<E>();

    #[inline(always)]
    fn prefetch<S: Simd>(&self, simd: S, ahead: usize) {
        if let Some(block) = self.blocks.first() {
            simd.prefetch(block, ahead);
        } else if let Some(rest) = self.rest.first() {
            simd.prefetch(rest, ahead);
        } else if let Some(tail) = self.tail.first() {
            simd.prefetch(tail, ahead);
        }
    }

    #[inline(always)]
    fn mul_add<S: Simd>(&self, simd: S, x: &[f32; COLUMNS], y: &mut [f32; ROWS]) {
        if const { Self::BYTES >= BESIDE_FROM } {
            for first in (0..ROWS / BLOCK).step_by(BESIDE) {
                self.mul_add_blocks(simd, first, x, y);
            }
        } else if const { ROWS >= BLOCK } {
            for index in 0..ROWS / BLOCK {
                panel_one(simd, self.block(index), index * BLOCK, x, y);
            }
        }
        self.mul_add_rest(simd, x, y);
    }

    #[inline(always)]
    fn mul_add_each<S: Simd>(&self, simd: S, xs: &[[f32; COLUMNS]], ys: &mut [[f32; ROWS]]) {
        let (xs, ys) = pairs(0, xs.len(), xs, ys);
        if const { ROWS >= BLOCK } {
            let many = if const { Self::far::<S>() } { tile::taken(xs.len()) } else { 0 };
            let (x_many, x_few) = xs.split_at_checked(many).unwrap_or_default();
            let (y_many, y_few) = ys.split_at_mut_checked(many).unwrap_or_default();
            for index in 0..ROWS / BLOCK {
                let (block, start) = (self.block(index), index * BLOCK);
                if const { Self::far::<S>() }
                    && let Some(block) = block
                {
                    block.mul_add_each(simd, start, x_many, y_many);
                }
                panel_each(simd, block, start, x_few, y_few);
            }
        }
        let start = ROWS / BLOCK * BLOCK;
        if const { Self::REST == 1 } {
            panel_each(simd, self.rest::<1>(), start, xs, ys);
        } else if const { Self::REST == 2 } {
            panel_each(simd, self.rest::<2>(), start, xs, ys);
        } else if const { Self::REST == 3 } {
            panel_each(simd, self.rest::<3>(), start, xs, ys);
        }
        let (pairs, single) = xs.as_chunks::<EACH>();
        let (y_pairs, y_single) = ys.split_at_mut_checked(EACH * pairs.len()).unwrap_or_default();
        for ([x0, x1], [y0, y1]) in pairs.iter().zip(y_pairs.as_chunks_mut::<EACH>().0) {
            let tails = [y0.as_chunks_mut::<LANES>().1, y1.as_chunks_mut::<LANES>().1];
            self.tail().mul_add_each(simd, [x0, x1], tails);
        }
        for (x, y) in single.iter().zip(y_single) {
            self.tail().mul_add(simd, x, y.as_chunks_mut::<LANES>().1);
        }
    }
}

impl<const ROWS: usize, const COLUMNS: usize, E: Element> Blocks<ROWS, COLUMNS> for Dense<ROWS, COLUMNS, E> {
    const BLOCKS: usize = groups(ROWS);

    type Vector<'x> = &'x [f32; COLUMNS];

    #[inline(always)]
    fn vector<S: Simd>(_simd: S, x: &[f32; COLUMNS]) -> Self::Vector<'_> {
        x
    }

    #[inline(always)]
    fn mul_add_block<S: Simd>(&self, simd: S, index: usize, x: &Self::Vector<'_>, y: &mut [f32; ROWS]) {
        if index * BESIDE < ROWS / BLOCK {
            self.mul_add_blocks(simd, index * BESIDE, x, y);
        } else if index < Self::BLOCKS {
            self.mul_add_rest(simd, x, y);
        }
    }
}
