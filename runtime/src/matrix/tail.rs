//! The kernel of the rows of a matrix that do not fill a vector.
//!
//! A wide matrix has them in tiles of 16 columns, row after row, so that a vector holds the numbers of a row; they
//! are added up at the end. The columns that are left over follow one by one without padding.

#![expect(
    clippy::needless_range_loop,
    reason = "iterators keep more than one vector of a small array out of the registers"
)]

use super::Element;
use super::panel::total;
use crate::lanes::load_from;
use crate::simd::{LANES, Simd};

/// A matrix of fewer columns has no tiles: adding up the lanes at the end would cost more than they save.
pub(super) const TILES_FROM: usize = 64;

/// The last `ROWS % 16` rows of a matrix.
#[derive(Clone, Copy)]
pub(super) struct Tail<const ROWS: usize, const COLUMNS: usize, E: 'static> {
    pub(super) numbers: &'static [E],
    /// One for each of these rows, or none.
    pub(super) scales: &'static [f32],
}

impl<const ROWS: usize, const COLUMNS: usize, E: Element> Tail<ROWS, COLUMNS, E> {
    const COUNT: usize = ROWS % LANES;
    /// Columns in tiles.
    const TILED: usize = if COLUMNS < TILES_FROM { 0 } else { COLUMNS / LANES * LANES };

    /// The number at a row of the tail and a column, without its scale.
    #[inline(always)]
    pub(super) fn number(self, row: usize, column: usize) -> f32 {
        let at = if column < Self::TILED {
            (column / LANES * Self::COUNT + row) * LANES + column % LANES
        } else {
            column * Self::COUNT + row
        };
        self.numbers.get(at).map_or(0.0, |number| number.get())
    }

    /// `y += tail * x`
    #[inline(always)]
    pub(super) fn mul_add<S: Simd>(self, simd: S, x: &[f32; COLUMNS], y: &mut [f32]) {
        if const { Self::COUNT == 0 } {
            return;
        }
        if const { S::ONE_BY_ONE } {
            return self.one_by_one([x], [y]);
        }
        let (tiles, columns) = self.numbers.split_at_checked(Self::TILED * Self::COUNT).unwrap_or_default();
        let (x_tiles, x_columns) = x.split_at_checked(Self::TILED).unwrap_or_default();
        let sum = if const { Self::TILED == 0 } {
            simd.splat(0.0)
        } else if const { S::ACCUMULATORS >= 8 } {
            Self::tiles::<S, LANES>(simd, tiles, x_tiles)
        } else if const { S::ACCUMULATORS >= 4 } {
            Self::tiles::<S, 4>(simd, tiles, x_tiles)
        } else {
            Self::tiles::<S, 2>(simd, tiles, x_tiles)
        };
        let mut sum = if const { S::ACCUMULATORS >= 8 && Self::TILED == 0 } {
            Self::columns::<S, 8>(simd, columns, x_columns, sum)
        } else if const { S::ACCUMULATORS >= 4 } {
            Self::columns::<S, 4>(simd, columns, x_columns, sum)
        } else {
            Self::columns::<S, 2>(simd, columns, x_columns, sum)
        };
        if const { E::SCALED } {
            sum = simd.mul(sum, load_from(simd, self.scales, 0));
        }
        let mut lanes = [0.0; LANES];
        simd.store(sum, &mut lanes);
        for (y, lane) in y.iter_mut().zip(lanes) {
            *y += lane;
        }
    }

    /// [`mul_add`](Tail::mul_add) for each of `N` pairs, which share every number that is read.
    #[inline(always)]
    pub(super) fn mul_add_each<S: Simd, const N: usize>(
        self,
        simd: S,
        xs: [&[f32; COLUMNS]; N],
        ys: [&mut [f32]; N],
    ) {
        // As many sums as there are registers for.
        if const { S::ONE_BY_ONE && Self::COUNT > 0 && Self::TILED == 0 && N * Self::COUNT <= 24 } {
            self.one_by_one(xs, ys);
        } else {
            for (x, y) in xs.into_iter().zip(ys) {
                self.mul_add(simd, x, y);
            }
        }
    }

    /// The products, number by number.
    #[inline(always)]
    fn one_by_one<const N: usize>(self, xs: [&[f32; COLUMNS]; N], ys: [&mut [f32]; N]) {
        let (tiles, columns) = self.numbers.split_at_checked(Self::TILED * Self::COUNT).unwrap_or_default();
        let mut sums = [[0.0; LANES]; N];
        for (sums, x) in sums.iter_mut().zip(xs) {
            let x = x.as_chunks().0;
            let rows = sums.get_mut(..Self::COUNT).unwrap_or_default();
            let (pairs, single) = rows.as_chunks_mut::<2>();
            for (pair, sums) in pairs.iter_mut().enumerate() {
                *sums = Self::tiles_one_by_one(tiles, 2 * pair, x);
            }
            for sum in single {
                [*sum] = Self::tiles_one_by_one(tiles, Self::COUNT - 1, x);
            }
        }
        for (at, column) in columns.chunks_exact(Self::COUNT).enumerate() {
            let x = xs.map(|x| x.get(Self::TILED + at).copied().unwrap_or_default());
            for (row, number) in column.iter().enumerate().take(LANES) {
                for n in 0..N {
                    sums[n][row] += number.get() * x[n];
                }
            }
        }
        for (sums, y) in sums.into_iter().zip(ys) {
            for (row, (y, sum)) in y.iter_mut().zip(sums).enumerate() {
                let scale = if E::SCALED { self.scales.get(row).copied().unwrap_or_default() } else { 1.0 };
                *y += scale * sum;
            }
        }
    }

    /// The product of `COUNT` rows from `first` on with the columns in tiles.
    #[inline(always)]
    fn tiles_one_by_one<const COUNT: usize>(tiles: &[E], first: usize, x: &[[f32; LANES]]) -> [f32; COUNT] {
        let mut sums = [0.0; COUNT];
        for (tile, x) in tiles.as_chunks::<LANES>().0.chunks_exact(Self::COUNT).zip(x) {
            let Some(rows) = tile.get(first..).and_then(|rows| rows.first_chunk::<COUNT>()) else {
                break;
            };
            for (at, x) in x.iter().enumerate() {
                for (sum, row) in sums.iter_mut().zip(rows) {
                    *sum += row[at].get() * x;
                }
            }
        }
        sums
    }

    /// The product with the columns in tiles, a lane for each row; `GROUP` rows at once.
    #[inline(always)]
    fn tiles<S: Simd, const GROUP: usize>(simd: S, tiles: &[E], x: &[f32]) -> S::F32 {
        let mut rows = [simd.splat(0.0); LANES];
        for first in (0..Self::COUNT).step_by(GROUP) {
            let first = first.min(Self::COUNT.saturating_sub(GROUP));
            let mut sums = [simd.splat(0.0); GROUP];
            let tiles = tiles.as_chunks::<LANES>().0.chunks_exact(Self::COUNT);
            for (x, tile) in x.as_chunks().0.iter().zip(tiles) {
                let x = simd.load(x);
                for row in 0..GROUP {
                    if let Some(lanes) = tile.get(first + row) {
                        sums[row] = simd.mul_add(E::load(simd, lanes), x, sums[row]);
                    }
                }
            }
            for row in 0..GROUP {
                if let Some(total) = rows.get_mut(first + row) {
                    *total = sums[row];
                }
            }
        }
        simd.totals(rows)
    }

    /// The product with `columns` one by one, added to `start`, with `U` sums that they take in turns.
    #[inline(always)]
    fn columns<S: Simd, const U: usize>(simd: S, columns: &[E], x: &[f32], start: S::F32) -> S::F32 {
        let mut sums = [[simd.splat(0.0); 1]; U];
        sums[0] = [start];
        let mut at = columns;
        // Behind the last columns there are fewer numbers than a vector has lanes.
        let last = (LANES - Self::COUNT).div_ceil(Self::COUNT);
        let (x, last) = x.split_at_checked(x.len().saturating_sub(last)).unwrap_or_default();
        let (turns, left_over) = x.as_chunks::<U>();
        for turn in turns {
            let Some(columns) = at.get(..Self::COUNT * (U - 1) + LANES) else {
                break;
            };
            for u in 0..U {
                // The lanes behind the column's own rows belong to the next columns; their sums are not used.
                if let Some(lanes) = columns.get(u * Self::COUNT..).and_then(|columns| columns.first_chunk())
                {
                    sums[u][0] = simd.mul_add(E::load(simd, lanes), simd.splat(turn[u]), sums[u][0]);
                }
            }
            at = at.get(U * Self::COUNT..).unwrap_or_default();
        }
        for x in left_over {
            if let Some(lanes) = at.first_chunk() {
                sums[0][0] = simd.mul_add(E::load(simd, lanes), simd.splat(*x), sums[0][0]);
            }
            at = at.get(Self::COUNT..).unwrap_or_default();
        }
        for x in last {
            sums[0][0] = simd.mul_add(E::load_part(simd, at), simd.splat(*x), sums[0][0]);
            at = at.get(Self::COUNT..).unwrap_or_default();
        }
        let [total] = total(simd, sums);
        total
    }
}
