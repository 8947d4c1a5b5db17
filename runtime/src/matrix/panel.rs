//! The kernel of a panel: rows in whole vectors, column after column.
//!
//! A row's products are summed in an order that depends on the instruction set alone, so that a vector
//! gives the same numbers by itself and among others.

#![expect(
    clippy::needless_range_loop,
    reason = "iterators keep more than one vector of a small array out of the registers"
)]

use super::Element;
use crate::lanes::load_from;
use crate::simd::{LANES, Simd};

/// Vectors in a column of a block.
pub(super) const VECTORS: usize = 4;
/// Rows of a block.
pub(super) const BLOCK: usize = VECTORS * LANES;
/// Blocks that are read side by side where their sums find registers: memory that is read in one order alone keeps
/// fewer reads under way than a core can.
pub(super) const BESIDE: usize = 3;
/// From this many bytes on a matrix is read so; a smaller one lies in the second level of cache, which is as fast in
/// one order.
pub(super) const BESIDE_FROM: usize = 512 * 1024;

/// Groups of [`BESIDE`] blocks that a matrix of `rows` has, and the rows outside full blocks as one of their own.
pub(super) const fn groups(rows: usize) -> usize {
    (rows / BLOCK).div_ceil(BESIDE) + !rows.is_multiple_of(BLOCK) as usize
}

/// How far ahead of its use the memory is asked for, in bytes.
pub(super) const AHEAD: usize = 4096;

/// From this many bytes on a matrix is asked for ahead of its use; a smaller one lies in the first level
/// of cache, where asking only costs.
pub(super) const PREFETCH_FROM: usize = 128 * 1024;

/// One column of a panel of `HEIGHT` vectors.
pub(super) type Column<E, const HEIGHT: usize> = [[E; LANES]; HEIGHT];

/// `HEIGHT` vectors of rows of a matrix of `ROWS` rows.
#[derive(Clone, Copy)]
pub(super) struct Panel<const ROWS: usize, const COLUMNS: usize, const HEIGHT: usize, E: 'static> {
    pub(super) columns: &'static [Column<E, HEIGHT>; COLUMNS],
    /// One for each row, or none.
    pub(super) scales: &'static [f32],
}

impl<const ROWS: usize, const COLUMNS: usize, const HEIGHT: usize, E: Element>
    Panel<ROWS, COLUMNS, HEIGHT, E>
{
    const PREFETCH: bool = ROWS * COLUMNS * size_of::<E>() >= PREFETCH_FROM;

    /// `y += panel * x` for each of `N` pairs, with as many sums as hide the latency of an addition.
    #[inline(always)]
    pub(super) fn mul_add<S: Simd, const N: usize>(
        self,
        simd: S,
        xs: [&[f32; COLUMNS]; N],
        mut ys: [&mut [[f32; LANES]; HEIGHT]; N],
    ) {
        if const { S::ONE_BY_ONE && N > 1 } {
            self.one_by_one(xs, ys);
            return;
        }
        if const { N > 1 && HEIGHT < VECTORS && S::ACCUMULATORS < 8 } {
            for (x, y) in xs.into_iter().zip(ys) {
                self.mul_add::<S, 1>(simd, [x], [y]);
            }
            return;
        }
        if const { HEIGHT == 1 && S::ACCUMULATORS >= 8 } {
            self.pass::<S, N, 1, 8>(simd, 0, xs, &mut ys);
        } else if const { HEIGHT == 1 && S::ACCUMULATORS >= 4 } {
            self.pass::<S, N, 1, 4>(simd, 0, xs, &mut ys);
        } else if const { HEIGHT == 1 && S::ACCUMULATORS >= 2 } {
            self.pass::<S, N, 1, 2>(simd, 0, xs, &mut ys);
        } else if const { HEIGHT == 2 && S::ACCUMULATORS >= 8 } {
            self.pass::<S, N, 2, 4>(simd, 0, xs, &mut ys);
        } else if const { HEIGHT == 2 && S::ACCUMULATORS >= 4 } {
            self.pass::<S, N, 2, 2>(simd, 0, xs, &mut ys);
        } else if const { HEIGHT == 3 && S::ACCUMULATORS >= 8 } {
            self.pass::<S, N, 3, 2>(simd, 0, xs, &mut ys);
        } else if const { HEIGHT == 3 && S::ACCUMULATORS >= 4 } {
            self.pass::<S, N, 3, 1>(simd, 0, xs, &mut ys);
        } else if const { S::ACCUMULATORS >= 8 } {
            self.pass::<S, N, 4, 2>(simd, 0, xs, &mut ys);
        } else if const { HEIGHT == 4 && S::ACCUMULATORS >= 4 && N == 1 } {
            self.pass::<S, N, 4, 1>(simd, 0, xs, &mut ys);
        } else if const { HEIGHT.is_multiple_of(2) && S::ACCUMULATORS >= 2 } {
            for first in (0..HEIGHT).step_by(2) {
                self.pass::<S, N, 2, 1>(simd, first, xs, &mut ys);
            }
        } else {
            for first in 0..HEIGHT {
                self.pass::<S, N, 1, 1>(simd, first, xs, &mut ys);
            }
        }
    }

    /// `V` vectors of the panel from `first` on, with `U` sums for each, which the columns take in turns.
    #[inline(always)]
    fn pass<S: Simd, const N: usize, const V: usize, const U: usize>(
        self,
        simd: S,
        first: usize,
        xs: [&[f32; COLUMNS]; N],
        ys: &mut [&mut [[f32; LANES]; HEIGHT]; N],
    ) {
        let first = first.min(HEIGHT.saturating_sub(V));
        let mut sums = [[[simd.splat(0.0); V]; U]; N];
        for n in 0..N {
            sums[n] = Self::begin(simd, first, ys[n]);
        }
        for turn in 0..COLUMNS / U {
            for u in 0..U {
                self.add_column(simd, first, xs, turn * U + u, u, &mut sums);
            }
        }
        for c in COLUMNS / U * U..COLUMNS {
            self.add_column(simd, first, xs, c, 0, &mut sums);
        }
        for n in 0..N {
            self.end(simd, first, sums[n], ys[n]);
        }
    }

    /// The sums before the first column.
    #[inline(always)]
    fn begin<S: Simd, const V: usize, const U: usize>(
        simd: S,
        first: usize,
        y: &[[f32; LANES]; HEIGHT],
    ) -> [[S::F32; V]; U] {
        let mut sums = [[simd.splat(0.0); V]; U];
        for v in 0..V {
            if const { !E::SCALED } {
                sums[0][v] = simd.load(&y[first + v]);
            }
        }
        sums
    }

    /// Writes the sums behind the last column.
    #[inline(always)]
    fn end<S: Simd, const V: usize, const U: usize>(
        self,
        simd: S,
        first: usize,
        sums: [[S::F32; V]; U],
        y: &mut [[f32; LANES]; HEIGHT],
    ) {
        self.write(simd, first, total(simd, sums), y);
    }

    /// Writes the products, times the scales of their rows.
    #[inline(always)]
    pub(super) fn write<S: Simd, const V: usize>(
        self,
        simd: S,
        first: usize,
        mut total: [S::F32; V],
        y: &mut [[f32; LANES]; HEIGHT],
    ) {
        for v in 0..V {
            if const { E::SCALED } {
                let scale = load_from(simd, self.scales, (first + v) * LANES);
                total[v] = simd.mul_add(total[v], scale, simd.load(&y[first + v]));
            }
            simd.store(total[v], &mut y[first + v]);
        }
    }

    /// [`mul_add`](Panel::mul_add) of several panels, column by column of all of them, for instruction sets with the
    /// registers for it.
    #[inline(always)]
    pub(super) fn mul_add_beside<S: Simd>(
        simd: S,
        panels: [Self; BESIDE],
        x: &[f32; COLUMNS],
        ys: [&mut [[f32; LANES]; HEIGHT]; BESIDE],
    ) {
        const { assert!(HEIGHT == VECTORS) }
        const U: usize = 2;
        let mut sums = [[[[simd.splat(0.0); VECTORS]; U]; 1]; BESIDE];
        for b in 0..BESIDE {
            sums[b] = [Self::begin(simd, 0, ys[b])];
        }
        for turn in 0..COLUMNS / U {
            for u in 0..U {
                for b in 0..BESIDE {
                    panels[b].add_column(simd, 0, [x], turn * U + u, u, &mut sums[b]);
                }
            }
        }
        for c in COLUMNS / U * U..COLUMNS {
            for b in 0..BESIDE {
                panels[b].add_column(simd, 0, [x], c, 0, &mut sums[b]);
            }
        }
        for b in 0..BESIDE {
            let [sums] = sums[b];
            panels[b].end(simd, 0, sums, ys[b]);
        }
    }

    /// [`mul_add`](Panel::mul_add) of four vectors and two of the vectors of rows, from `first` on: half a block stays in
    /// the nearest cache for vectors that come after these.
    #[inline(always)]
    pub(super) fn mul_add_half<S: Simd>(
        self,
        simd: S,
        first: usize,
        xs: [&[f32; COLUMNS]; 4],
        mut ys: [&mut [[f32; LANES]; HEIGHT]; 4],
    ) {
        self.pass::<S, 4, 2, 2>(simd, first, xs, &mut ys);
    }

    /// [`mul_add`](Panel::mul_add), number by number: the `N` share each that is read, for as many rows as their sums
    /// find registers.
    #[inline(always)]
    fn one_by_one<const N: usize>(self, xs: [&[f32; COLUMNS]; N], ys: [&mut [[f32; LANES]; HEIGHT]; N]) {
        for v in 0..HEIGHT {
            for half in 0..2 {
                let start = half * (LANES / 2);
                let mut sums = [[0.0; LANES / 2]; N];
                for n in 0..N {
                    for row in 0..LANES / 2 {
                        if const { !E::SCALED } {
                            sums[n][row] = ys[n][v][start + row];
                        }
                    }
                }
                for c in 0..COLUMNS {
                    for row in 0..LANES / 2 {
                        let number = self.columns[c][v][start + row].get();
                        for n in 0..N {
                            sums[n][row] += number * xs[n][c];
                        }
                    }
                }
                for n in 0..N {
                    for row in 0..LANES / 2 {
                        let at = start + row;
                        ys[n][v][at] = if const { E::SCALED } {
                            let scale = self.scales.get(v * LANES + at).copied().unwrap_or_default();
                            sums[n][row] * scale + ys[n][v][at]
                        } else {
                            sums[n][row]
                        };
                    }
                }
            }
        }
    }

    /// Adds the products with column `c` to sum `u` of each of the `N`.
    #[inline(always)]
    fn add_column<S: Simd, const N: usize, const V: usize, const U: usize>(
        self,
        simd: S,
        first: usize,
        xs: [&[f32; COLUMNS]; N],
        c: usize,
        u: usize,
        sums: &mut [[[S::F32; V]; U]; N],
    ) {
        let mut lanes = [simd.splat(0.0); V];
        for v in 0..V {
            let from = &self.columns[c][first + v];
            lanes[v] = E::load(simd, from);
            if const { Self::PREFETCH } {
                simd.prefetch(from, AHEAD);
            }
        }
        for n in 0..N {
            let x = simd.splat(xs[n][c]);
            for v in 0..V {
                sums[n][u][v] = simd.mul_add(lanes[v], x, sums[n][u][v]);
            }
        }
    }
}

/// The sum of `U` groups of vectors, pairwise.
#[inline(always)]
pub(super) fn total<S: Simd, const V: usize, const U: usize>(
    simd: S,
    mut sums: [[S::F32; V]; U],
) -> [S::F32; V] {
    let mut half = U / 2;
    while half > 0 {
        for u in 0..half {
            for v in 0..V {
                sums[u][v] = simd.add(sums[u][v], sums[u + half][v]);
            }
        }
        half /= 2;
    }
    sums[0]
}

/// `HEIGHT` vectors from `start` on.
#[inline(always)]
pub(super) fn rows_of<const HEIGHT: usize>(
    y: &mut [f32],
    start: usize,
) -> Option<&mut [[f32; LANES]; HEIGHT]> {
    y.get_mut(start..)?.as_chunks_mut().0.first_chunk_mut()
}
