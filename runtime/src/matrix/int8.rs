//! A dense matrix of small integers, multiplied in integers.
//!
//! The vector is rounded to integers of 8 bits as well, in steps of a 127th of its largest magnitude, so a
//! product differs from that of the stored numbers by at most half a step for each of them.

#![expect(
    clippy::needless_range_loop,
    reason = "iterators keep more than one vector of a small array out of the registers"
)]

mod narrow;

use super::panel::{self, AHEAD, BESIDE, BESIDE_FROM, BLOCK, PREFETCH_FROM, VECTORS};
use super::quantized::Quantized;
use super::{Blocks, Matrix, Rows, TOGETHER, pairs};
use crate::lanes::{load, load_from, store};
use crate::simd::{LANES, Quads, Simd, padded};

/// Input vectors that share one pass over a block.
const EACH: usize = 2;

/// `ROWS x COLUMNS` integers of 8 bits, each of which is to be multiplied with the scale of its row.
///
/// Rows are taken in blocks of 64; a block stores the first four numbers of each row, then the next four, and
/// so on, and the rows that are left over do the same. Columns are filled up with zeros to a multiple of four.
#[derive(Debug, Clone, Copy)]
pub struct Int8<const ROWS: usize, const COLUMNS: usize> {
    blocks: &'static [[Quads; VECTORS]],
    rest: &'static [[i8; 4]],
    scales: &'static [f32; ROWS],
}

impl<const ROWS: usize, const COLUMNS: usize> Int8<ROWS, COLUMNS> {
    /// Groups of four columns.
    const QUADS: usize = COLUMNS.div_ceil(4);
    const PREFETCH: bool = ROWS * COLUMNS >= PREFETCH_FROM;
    /// Rows outside the full blocks.
    const REST: usize = ROWS % BLOCK;

    /// A matrix whose numbers lie in `quads`, packed as the compiler packs them.
    ///
    /// # Panics
    /// Where there are not as many numbers as the sizes say, or so many columns that a sum could overflow: an
    /// error at compile time in generated code.
    pub const fn new(quads: &'static [[i8; 4]], scales: &'static [f32; ROWS]) -> Self {
        assert!(ROWS > 0 && COLUMNS > 0 && COLUMNS <= 1 << 16 && quads.len() == ROWS * Self::QUADS);
        let (blocks, rest) = quads.split_at(ROWS / BLOCK * BLOCK * Self::QUADS);
        Int8 { blocks: blocks.as_chunks::<LANES>().0.as_chunks::<VECTORS>().0, rest, scales }
    }

    /// The product with block `index` for each of `N` pairs.
    #[inline(always)]
    fn block<S: Simd, const N: usize>(
        &self,
        simd: S,
        index: usize,
        xs: &[Quantized<COLUMNS>; N],
        ys: [&mut [f32; BLOCK]; N],
    ) {
        let quads = self.blocks.get(index * Self::QUADS..(index + 1) * Self::QUADS).unwrap_or_default();
        let mut ys = ys;
        if const { S::ACCUMULATORS >= 8 && N == 1 } {
            self.pass::<S, N, 4, 4>(simd, index, 0, quads, xs, &mut ys);
        } else if const { S::ACCUMULATORS >= 8 || (S::ACCUMULATORS >= 4 && N == 1) } {
            self.pass::<S, N, 4, 1>(simd, index, 0, quads, xs, &mut ys);
        } else if const { S::ACCUMULATORS >= 4 } {
            self.pass::<S, N, 2, 1>(simd, index, 0, quads, xs, &mut ys);
            self.pass::<S, N, 2, 1>(simd, index, 2, quads, xs, &mut ys);
        } else {
            for first in 0..VECTORS {
                self.pass::<S, N, 1, 1>(simd, index, first, quads, xs, &mut ys);
            }
        }
    }

    /// `V` vectors of a block from `first` on, with `U` sums for each, which the columns take in turns.
    #[inline(always)]
    fn pass<S: Simd, const N: usize, const V: usize, const U: usize>(
        &self,
        simd: S,
        index: usize,
        first: usize,
        quads: &[[Quads; VECTORS]],
        xs: &[Quantized<COLUMNS>; N],
        ys: &mut [&mut [f32; BLOCK]; N],
    ) {
        let first = first.min(VECTORS - V);
        let mut sums = [[[simd.splat_i32(0); V]; U]; N];
        for n in 0..N {
            sums[n][0] = [simd.splat_i32(xs[n].excess); V];
        }
        let (turns, last) = quads.as_chunks::<U>();
        for (turn, columns) in turns.iter().enumerate() {
            for u in 0..U {
                Self::add_quads(simd, first, &columns[u], turn * U + u, u, xs, &mut sums);
            }
        }
        for (column, columns) in last.iter().enumerate() {
            Self::add_quads(simd, first, columns, quads.len() / U * U + column, 0, xs, &mut sums);
        }
        for n in 0..N {
            self.end(simd, index, first, &xs[n], sums[n], ys[n]);
        }
    }

    /// Adds the products with `columns`, the quads of number `quad`, to sum `u` of each of the `N`.
    #[inline(always)]
    fn add_quads<S: Simd, const N: usize, const V: usize, const U: usize>(
        simd: S,
        first: usize,
        columns: &[Quads; VECTORS],
        quad: usize,
        u: usize,
        xs: &[Quantized<COLUMNS>; N],
        sums: &mut [[[S::I32; V]; U]; N],
    ) {
        for v in 0..V {
            if const { Self::PREFETCH } {
                simd.prefetch(&columns[first + v], AHEAD);
            }
            for n in 0..N {
                sums[n][u][v] = simd.dot(&columns[first + v], xs[n].quad(quad), sums[n][u][v]);
            }
        }
    }

    /// Adds the sums behind the last columns to `y`.
    #[inline(always)]
    fn end<S: Simd, const V: usize, const U: usize>(
        &self,
        simd: S,
        index: usize,
        first: usize,
        x: &Quantized<COLUMNS>,
        sums: [[S::I32; V]; U],
        y: &mut [f32; BLOCK],
    ) {
        let (y, _) = y.as_chunks_mut();
        let step = simd.splat(x.step);
        for v in 0..V {
            let mut sum = sums[0][v];
            for u in 1..U {
                sum = simd.add_i32(sum, sums[u][v]);
            }
            let scale = load_from(simd, self.scales, index * BLOCK + (first + v) * LANES);
            let product = simd.mul_add(simd.to_f32(sum), simd.mul(scale, step), simd.load(&y[first + v]));
            simd.store(product, &mut y[first + v]);
        }
    }

    /// The product with up to [`BESIDE`] blocks from `first` on, column by column of all of them where their sums find
    /// registers.
    #[inline(always)]
    fn blocks<S: Simd>(&self, simd: S, first: usize, x: &Quantized<COLUMNS>, y: &mut [f32; ROWS]) {
        let rows = y.get_mut(first * BLOCK..).unwrap_or_default().as_chunks_mut().0;
        let blocks = self.blocks.get(first * Self::QUADS..).unwrap_or_default();
        if const { S::ACCUMULATORS >= 8 && ROWS >= BESIDE * BLOCK && ROWS * COLUMNS >= BESIDE_FROM }
            && let Some((b0, behind)) = blocks.split_at_checked(Self::QUADS)
            && let Some((b1, behind)) = behind.split_at_checked(Self::QUADS)
            && let Some(b2) = behind.get(..Self::QUADS)
            && let [y0, y1, y2, ..] = rows
        {
            let xs = core::array::from_ref(x);
            let begin = [[[simd.splat_i32(x.excess); VECTORS]]];
            let mut sums = [begin; BESIDE];
            for (quad, ((b0, b1), b2)) in b0.iter().zip(b1).zip(b2).enumerate() {
                Self::add_quads(simd, 0, b0, quad, 0, xs, &mut sums[0]);
                Self::add_quads(simd, 0, b1, quad, 0, xs, &mut sums[1]);
                Self::add_quads(simd, 0, b2, quad, 0, xs, &mut sums[2]);
            }
            let [[s0], [s1], [s2]] = sums;
            self.end(simd, first, 0, x, s0, y0);
            self.end(simd, first + 1, 0, x, s1, y1);
            self.end(simd, first + 2, 0, x, s2, y2);
            return;
        }
        for (index, y) in (first..).zip(rows.iter_mut().take(BESIDE)) {
            self.block(simd, index, core::array::from_ref(x), [y]);
        }
    }

    /// The product with the rows outside the full blocks.
    #[inline(always)]
    fn rest<S: Simd>(&self, simd: S, x: &Quantized<COLUMNS>, y: &mut [f32]) {
        let vectors = const { Self::REST.div_ceil(LANES) };
        if const { S::ACCUMULATORS >= 8 } {
            match vectors {
                0 => {}
                1 => self.rest_pass::<S, 1, 8>(simd, 0, x, y),
                2 => self.rest_pass::<S, 2, 8>(simd, 0, x, y),
                3 => self.rest_pass::<S, 3, 4>(simd, 0, x, y),
                _ => self.rest_pass::<S, 4, 4>(simd, 0, x, y),
            }
        } else {
            for first in 0..vectors {
                self.rest_pass::<S, 1, 2>(simd, first * LANES, x, y);
            }
        }
    }

    /// `V` vectors from row `first` of the rest on, with `U` sums for each, which the columns take in turns.
    #[inline(always)]
    fn rest_pass<S: Simd, const V: usize, const U: usize>(
        &self,
        simd: S,
        first: usize,
        x: &Quantized<COLUMNS>,
        y: &mut [f32],
    ) {
        let mut sums = [[simd.splat_i32(0); V]; U];
        sums[0] = [simd.splat_i32(x.excess); V];
        // Behind the last columns there are fewer numbers than their vectors have lanes.
        let inside = Self::QUADS.saturating_sub((first + V * LANES).div_ceil(Self::REST.max(1)));
        for turn in 0..inside / U {
            for u in 0..U {
                let column = turn * U + u;
                for v in 0..V {
                    let start = column * Self::REST + first + v * LANES;
                    if let Some(lanes) = self.rest.get(start..).and_then(|quads| quads.first_chunk()) {
                        sums[u][v] = simd.dot(lanes, x.quad(column), sums[u][v]);
                    }
                }
            }
        }
        for column in inside / U * U..Self::QUADS {
            for v in 0..V {
                let start = column * Self::REST + first + v * LANES;
                let quads = self.rest.get(start..).unwrap_or_default();
                sums[0][v] = match quads.first_chunk() {
                    Some(lanes) => simd.dot(lanes, x.quad(column), sums[0][v]),
                    None => simd.dot(&padded(quads, [0; 4]), x.quad(column), sums[0][v]),
                };
            }
        }
        let step = simd.splat(x.step);
        for v in 0..V {
            let mut sum = sums[0][v];
            for u in 1..U {
                sum = simd.add_i32(sum, sums[u][v]);
            }
            let start = first + v * LANES;
            let length = if Self::REST - start < LANES { Self::REST - start } else { LANES };
            let scale = load_from(simd, self.scales, ROWS - Self::REST + start);
            let old = load(simd, y, start, length);
            let product = simd.mul_add(simd.to_f32(sum), simd.mul(scale, step), old);
            store(simd, product, y, start, length);
        }
    }
}

impl<const ROWS: usize, const COLUMNS: usize> Matrix<ROWS, COLUMNS> for Int8<ROWS, COLUMNS> {
    const TAKES_ROWS: bool = COLUMNS <= LANES;

    #[inline(always)]
    fn mul_add_rows<S: Simd, const N: usize>(&self, simd: S, rows: &[S::F32; N], ys: &mut [[f32; ROWS]; N]) {
        if const { COLUMNS <= LANES } {
            self.narrow(simd, rows, ys);
        }
    }

    #[inline(always)]
    fn mul_add<S: Simd>(&self, simd: S, x: &[f32; COLUMNS], y: &mut [f32; ROWS]) {
        let x = Quantized::new(simd, x);
        if const { ROWS * COLUMNS >= BESIDE_FROM } {
            for first in (0..ROWS / BLOCK).step_by(BESIDE) {
                self.blocks(simd, first, &x, y);
            }
        } else if const { ROWS >= BLOCK } {
            for (index, y) in y.as_chunks_mut().0.iter_mut().enumerate() {
                self.block(simd, index, core::array::from_ref(&x), [y]);
            }
        }
        self.rest(simd, &x, y.as_chunks_mut::<BLOCK>().1);
    }

    #[inline(always)]
    fn mul_add_each<S: Simd>(&self, simd: S, xs: &[[f32; COLUMNS]], ys: &mut [[f32; ROWS]]) {
        for first in (0..xs.len()).step_by(TOGETHER) {
            let (xs, ys) = pairs(first, TOGETHER, xs, ys);
            let count = xs.len();
            let mut quantized = [Quantized::ZERO; TOGETHER];
            for (quantized, x) in quantized.iter_mut().zip(xs) {
                *quantized = Quantized::new(simd, x);
            }
            let quantized = quantized.get(..count).unwrap_or_default();
            // Four at once where their sums find registers.
            let fours = if const { S::ACCUMULATORS >= 8 } { count / 4 * 4 } else { 0 };
            let (fours, others) = quantized.split_at_checked(fours).unwrap_or_default();
            let (y_fours, y_others) = ys.split_at_mut_checked(fours.len()).unwrap_or_default();
            let (fours, y_fours) = (fours.as_chunks().0, y_fours.as_chunks_mut().0);
            let (pairs, single) = others.as_chunks::<EACH>();
            let (y_pairs, y_single) = y_others.as_chunks_mut::<EACH>();
            if const { ROWS >= BLOCK } {
                for index in 0..ROWS / BLOCK {
                    for (xs, [y0, y1, y2, y3]) in fours.iter().zip(&mut *y_fours) {
                        if let (Some(y0), Some(y1), Some(y2), Some(y3)) =
                            (rows_of(y0, index), rows_of(y1, index), rows_of(y2, index), rows_of(y3, index))
                        {
                            self.block(simd, index, xs, [y0, y1, y2, y3]);
                        }
                    }
                    for (xs, [y0, y1]) in pairs.iter().zip(&mut *y_pairs) {
                        if let (Some(y0), Some(y1)) = (rows_of(y0, index), rows_of(y1, index)) {
                            self.block(simd, index, xs, [y0, y1]);
                        }
                    }
                    for (x, y) in single.iter().zip(&mut *y_single) {
                        if let Some(y) = rows_of(y, index) {
                            self.block(simd, index, core::array::from_ref(x), [y]);
                        }
                    }
                }
            }
            for (x, y) in quantized.iter().zip(ys) {
                self.rest(simd, x, y.as_chunks_mut::<BLOCK>().1);
            }
        }
    }
}

impl<const ROWS: usize, const COLUMNS: usize> Blocks<ROWS, COLUMNS> for Int8<ROWS, COLUMNS> {
    const BLOCKS: usize = panel::groups(ROWS);

    type Vector<'x> = Quantized<COLUMNS>;

    #[inline(always)]
    fn vector<S: Simd>(simd: S, x: &[f32; COLUMNS]) -> Self::Vector<'_> {
        Quantized::new(simd, x)
    }

    #[inline(always)]
    fn mul_add_block<S: Simd>(&self, simd: S, index: usize, x: &Self::Vector<'_>, y: &mut [f32; ROWS]) {
        if index * BESIDE < ROWS / BLOCK {
            self.blocks(simd, index * BESIDE, x, y);
        } else if index < Self::BLOCKS {
            self.rest(simd, x, y.as_chunks_mut::<BLOCK>().1);
        }
    }
}

impl<const ROWS: usize, const COLUMNS: usize> Rows<ROWS, COLUMNS> for Int8<ROWS, COLUMNS> {
    #[inline(always)]
    fn row<'a, S: Simd>(&self, _: S, row: usize, room: &'a mut [f32; COLUMNS]) -> &'a [f32; COLUMNS] {
        *room = [0.0; COLUMNS];
        let Some(scale) = self.scales.get(row) else {
            return room;
        };
        for (quad, to) in room.chunks_mut(4).enumerate() {
            let numbers = if row < ROWS / BLOCK * BLOCK {
                let vectors = self.blocks.get(row / BLOCK * Self::QUADS + quad);
                vectors.and_then(|vectors| vectors.get(row % BLOCK / LANES)?.get(row % LANES))
            } else {
                self.rest.get(quad * Self::REST + row % BLOCK)
            };
            for (to, number) in to.iter_mut().zip(numbers.into_iter().flatten()) {
                *to = f32::from(*number) * scale;
            }
        }
        room
    }
}

/// The rows of a block.
#[inline(always)]
fn rows_of(y: &mut [f32], index: usize) -> Option<&mut [f32; BLOCK]> {
    y.as_chunks_mut().0.get_mut(index)
}
