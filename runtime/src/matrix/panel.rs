//! The two kernels of a dense matrix: a full block of 64 rows, and the rows outside the full blocks.
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

/// Vectors in a column of a full block.
pub(super) const VECTORS: usize = 4;
/// Rows of a full block.
pub(super) const BLOCK: usize = VECTORS * LANES;
/// How far ahead of its use the memory is asked for, in bytes.
const AHEAD: usize = 4096;

/// From this many bytes on a matrix is asked for ahead of its use; a smaller one lies in the first level
/// of cache, where asking only costs.
const PREFETCH_FROM: usize = 128 * 1024;

/// One column of a full block.
pub(super) type Column<E> = [[E; LANES]; VECTORS];

/// `BLOCK x COLUMNS` numbers of a matrix of `ROWS` rows.
#[derive(Clone, Copy)]
pub(super) struct Block<const ROWS: usize, const COLUMNS: usize, E: 'static> {
    pub(super) columns: &'static [Column<E>; COLUMNS],
    /// One for each row, or none.
    pub(super) scales: &'static [f32],
}

impl<const ROWS: usize, const COLUMNS: usize, E: Element> Block<ROWS, COLUMNS, E> {
    const PREFETCH: bool = ROWS * COLUMNS * size_of::<E>() >= PREFETCH_FROM;

    /// `y += block * x` for each of `N` pairs.
    #[inline(always)]
    pub(super) fn mul_add<S: Simd, const N: usize>(
        self,
        simd: S,
        xs: [&[f32; COLUMNS]; N],
        mut ys: [&mut [f32; BLOCK]; N],
    ) {
        if const { S::ACCUMULATORS >= 8 } {
            self.pass::<S, N, 4, 2>(simd, 0, xs, &mut ys);
        } else if const { S::ACCUMULATORS >= 4 && N == 1 } {
            self.pass::<S, N, 4, 1>(simd, 0, xs, &mut ys);
        } else if const { S::ACCUMULATORS >= 2 } {
            self.pass::<S, N, 2, 1>(simd, 0, xs, &mut ys);
            self.pass::<S, N, 2, 1>(simd, 2, xs, &mut ys);
        } else {
            for first in 0..VECTORS {
                self.pass::<S, N, 1, 1>(simd, first, xs, &mut ys);
            }
        }
    }

    /// `V` vectors of the block from `first` on, with `U` sums for each, which the columns take in turns.
    #[inline(always)]
    fn pass<S: Simd, const N: usize, const V: usize, const U: usize>(
        self,
        simd: S,
        first: usize,
        xs: [&[f32; COLUMNS]; N],
        ys: &mut [&mut [f32; BLOCK]; N],
    ) {
        let first = first.min(VECTORS - V);
        let mut sums = [[[simd.splat(0.0); V]; U]; N];
        for n in 0..N {
            let (y, _) = ys[n].as_chunks();
            for v in 0..V {
                if const { !E::SCALED } {
                    sums[n][0][v] = simd.load(&y[first + v]);
                }
            }
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
            let (y, _) = ys[n].as_chunks_mut();
            let mut total = total(simd, sums[n]);
            for v in 0..V {
                if const { E::SCALED } {
                    let scale = load_from(simd, self.scales, (first + v) * LANES);
                    total[v] = simd.mul_add(total[v], scale, simd.load(&y[first + v]));
                }
                simd.store(total[v], &mut y[first + v]);
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

/// The rows of a matrix of `ROWS` rows outside its full blocks, column after column without padding.
#[derive(Clone, Copy)]
pub(super) struct Rest<const ROWS: usize, E: 'static> {
    pub(super) columns: &'static [E],
    /// One for each of these rows, or none.
    pub(super) scales: &'static [f32],
}

impl<const ROWS: usize, E: Element> Rest<ROWS, E> {
    /// How many rows.
    const COUNT: usize = ROWS % BLOCK;
    const VECTORS: usize = Self::COUNT.div_ceil(LANES);

    /// `y += rest * x`, with as many sums as hide the latency of an addition.
    #[inline(always)]
    pub(super) fn mul_add<S: Simd>(self, simd: S, x: &[f32], y: &mut [f32]) {
        if const { Self::VECTORS == 1 } {
            if const { S::ACCUMULATORS >= 8 } {
                self.pass::<S, 1, 8>(simd, x, y);
            } else if const { S::ACCUMULATORS >= 4 } {
                self.pass::<S, 1, 4>(simd, x, y);
            } else {
                self.pass::<S, 1, 2>(simd, x, y);
            }
        } else if const { Self::VECTORS == 2 } {
            if const { S::ACCUMULATORS >= 8 } {
                self.pass::<S, 2, 4>(simd, x, y);
            } else if const { S::ACCUMULATORS >= 4 } {
                self.pass::<S, 2, 2>(simd, x, y);
            } else {
                self.pass::<S, 2, 1>(simd, x, y);
            }
        } else if const { Self::VECTORS == 3 } {
            if const { S::ACCUMULATORS >= 8 } {
                self.pass::<S, 3, 2>(simd, x, y);
            } else {
                self.pass::<S, 3, 1>(simd, x, y);
            }
        } else if const { Self::VECTORS == 4 } {
            if const { S::ACCUMULATORS >= 8 } {
                self.pass::<S, 4, 2>(simd, x, y);
            } else {
                self.pass::<S, 4, 1>(simd, x, y);
            }
        }
    }

    /// All rows as `V` vectors, with `U` sums for each, which the columns take in turns.
    #[inline(always)]
    fn pass<S: Simd, const V: usize, const U: usize>(self, simd: S, x: &[f32], y: &mut [f32]) {
        let mut sums = [[simd.splat(0.0); V]; U];
        let mut at = self.columns;
        // Behind the last columns there are fewer numbers than their vectors have lanes.
        let last = (V * LANES - Self::COUNT).div_ceil(Self::COUNT);
        let (x, last) = x.split_at(x.len().saturating_sub(last));
        let (turns, left_over) = x.as_chunks::<U>();
        for turn in turns {
            let Some(columns) = at.get(..Self::COUNT * (U - 1) + V * LANES) else {
                break;
            };
            for u in 0..U {
                let lanes = load(simd, columns, u * Self::COUNT);
                add_column(simd, lanes, turn[u], &mut sums[u]);
            }
            at = at.get(U * Self::COUNT..).unwrap_or_default();
        }
        for x in left_over {
            add_column(simd, load(simd, at, 0), *x, &mut sums[0]);
            at = at.get(Self::COUNT..).unwrap_or_default();
        }
        for x in last {
            add_column(simd, load_padded(simd, at), *x, &mut sums[0]);
            at = at.get(Self::COUNT..).unwrap_or_default();
        }
        let mut total = total(simd, sums);
        if const { E::SCALED } {
            for v in 0..V {
                total[v] = simd.mul(total[v], load_from(simd, self.scales, v * LANES));
            }
        }
        add_cut(simd, total, y);
    }
}

/// Adds the products of a column with `x` to `sums`.
#[inline(always)]
fn add_column<S: Simd, const V: usize>(simd: S, lanes: [S::F32; V], x: f32, sums: &mut [S::F32; V]) {
    let x = simd.splat(x);
    for v in 0..V {
        sums[v] = simd.mul_add(lanes[v], x, sums[v]);
    }
}

/// The sum of `U` groups of vectors, pairwise.
#[inline(always)]
fn total<S: Simd, const V: usize, const U: usize>(simd: S, mut sums: [[S::F32; V]; U]) -> [S::F32; V] {
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

/// `V` vectors from `from[start]` on. The lanes behind a column's own rows belong to the next columns;
/// their sums are not used.
#[inline(always)]
fn load<S: Simd, E: Element, const V: usize>(simd: S, from: &[E], start: usize) -> [S::F32; V] {
    let mut vectors = [simd.splat(0.0); V];
    for v in 0..V {
        let lanes = from.get(start + v * LANES..).and_then(|from| from.first_chunk());
        if let Some(lanes) = lanes {
            vectors[v] = E::load(simd, lanes);
        }
    }
    vectors
}

/// `V` vectors from `from`, zeros behind its end.
#[inline(always)]
fn load_padded<S: Simd, E: Element, const V: usize>(simd: S, from: &[E]) -> [S::F32; V] {
    let mut lanes = [[E::ZERO; LANES]; V];
    for (lane, value) in lanes.as_flattened_mut().iter_mut().zip(from) {
        *lane = *value;
    }
    let mut vectors = [simd.splat(0.0); V];
    for v in 0..V {
        vectors[v] = E::load(simd, &lanes[v]);
    }
    vectors
}

/// Adds as many lanes of `vectors` as `to` has.
#[inline(always)]
fn add_cut<S: Simd, const V: usize>(simd: S, vectors: [S::F32; V], to: &mut [f32]) {
    if let Some(to) = to.as_chunks_mut().0.first_chunk_mut::<V>() {
        for v in 0..V {
            simd.store(simd.add(simd.load(&to[v]), vectors[v]), &mut to[v]);
        }
        return;
    }
    let mut lanes = [[0.0; LANES]; V];
    for v in 0..V {
        simd.store(vectors[v], &mut lanes[v]);
    }
    for (to, lane) in to.iter_mut().zip(lanes.as_flattened()) {
        *to += *lane;
    }
}
