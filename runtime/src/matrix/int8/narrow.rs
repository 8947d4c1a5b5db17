//! The product of a matrix of few columns with rows that are in registers.
//!
//! The rows are rounded in steps of a 127th of the largest magnitude among all of them: one search for it serves
//! them all, and what is read of the matrix serves every row.

#![expect(
    clippy::needless_range_loop,
    reason = "iterators keep more than one vector of a small array out of the registers"
)]

use super::Int8;
use crate::lanes::{load, load_from, store};
use crate::matrix::panel::{BLOCK, VECTORS};
use crate::matrix::quantized::steps;
use crate::simd::{LANES, Quads, Simd, padded};

/// Groups of four columns that the lanes of a row can be.
const QUADS: usize = LANES / 4;

/// A row in small integers.
#[derive(Clone, Copy)]
struct Short<S: Simd> {
    values: [i8; LANES],
    /// The [excess](Simd::DOT_EXCESS) of a sum: like the sum itself a small integer, which `f32` holds as it is.
    excess: S::F32,
}

/// Rows in small integers.
struct Rounded<S: Simd, const N: usize> {
    rows: [Short<S>; N],
    /// What the integers are to be multiplied with.
    step: S::F32,
}

impl<S: Simd> Short<S> {
    #[inline(always)]
    fn quad(&self, index: usize) -> [i8; 4] {
        self.values.as_chunks().0.get(index).copied().unwrap_or_default()
    }
}

impl<const ROWS: usize, const COLUMNS: usize> Int8<ROWS, COLUMNS> {
    /// `ys += A rows`, where a row has zeros behind its columns, of which there are as many as lanes at most.
    #[inline(always)]
    pub(super) fn narrow<S: Simd, const N: usize>(
        &self,
        simd: S,
        rows: &[S::F32; N],
        ys: &mut [[f32; ROWS]; N],
    ) {
        let rounded = Self::shorten(simd, rows);
        // Where the last vector overlaps with the one before, its sums are formed before that one is written.
        let first_of_last = if Self::REST > LANES { ROWS - LANES } else { ROWS - ROWS % LANES };
        let mut last = [simd.splat(0.0); N];
        if const { !Self::REST.is_multiple_of(LANES) } {
            let count = ROWS - first_of_last;
            last = self.rest_lanes(simd, first_of_last, count, &rounded, ys);
        }
        for index in 0..ROWS / BLOCK {
            for v in 0..VECTORS {
                let mut lanes = [&[[0; 4]; LANES]; QUADS];
                for (quad, lanes) in lanes.iter_mut().enumerate().take(Self::QUADS) {
                    if let Some(columns) = self.blocks.get(index * Self::QUADS + quad) {
                        *lanes = &columns[v];
                    }
                }
                let first = index * BLOCK + v * LANES;
                let sums = self.sums(simd, first, LANES, lanes, &rounded, ys);
                for n in 0..N {
                    store(simd, sums[n], &mut ys[n], first, LANES);
                }
            }
        }
        for v in 0..Self::REST / LANES {
            let first = ROWS - Self::REST + v * LANES;
            let sums = self.rest_lanes(simd, first, LANES, &rounded, ys);
            for n in 0..N {
                store(simd, sums[n], &mut ys[n], first, LANES);
            }
        }
        if const { !Self::REST.is_multiple_of(LANES) } {
            for n in 0..N {
                store(simd, last[n], &mut ys[n], first_of_last, ROWS - first_of_last);
            }
        }
    }

    /// The sums of `count` rows from `first` on, which are outside the full blocks.
    #[inline(always)]
    fn rest_lanes<S: Simd, const N: usize>(
        &self,
        simd: S,
        first: usize,
        count: usize,
        rounded: &Rounded<S, N>,
        ys: &[[f32; ROWS]; N],
    ) -> [S::F32; N] {
        let mut room = [[[0; 4]; LANES]; QUADS];
        let mut lanes = [&[[0; 4]; LANES]; QUADS];
        for (quad, (lanes, room)) in lanes.iter_mut().zip(&mut room).enumerate().take(Self::QUADS) {
            let start = quad * Self::REST + first - (ROWS - Self::REST);
            let from = self.rest.get(start..start + count).unwrap_or_default();
            *lanes = match from.first_chunk() {
                Some(lanes) => lanes,
                None => {
                    *room = padded(from, [0; 4]);
                    room
                }
            };
        }
        self.sums(simd, first, count, lanes, rounded, ys)
    }

    /// What stands in `ys` from row `first` on, with the products of `lanes` added.
    #[inline(always)]
    fn sums<S: Simd, const N: usize>(
        &self,
        simd: S,
        first: usize,
        count: usize,
        lanes: [&Quads; QUADS],
        rounded: &Rounded<S, N>,
        ys: &[[f32; ROWS]; N],
    ) -> [S::F32; N] {
        let scale = simd.mul(load_from(simd, self.scales, first), rounded.step);
        let mut sums = [simd.splat(0.0); N];
        for n in 0..N {
            let mut sum = simd.splat_i32(0);
            for (quad, lanes) in lanes.iter().enumerate().take(Self::QUADS) {
                sum = simd.dot(lanes, rounded.rows[n].quad(quad), sum);
            }
            let mut sum = simd.to_f32(sum);
            if const { S::DOT_EXCESS != 0 } {
                sum = simd.sub(sum, rounded.rows[n].excess);
            }
            sums[n] = simd.mul_add(sum, scale, load(simd, &ys[n], first, count));
        }
        sums
    }

    /// The rows in integers, in steps that are the same for all of them.
    #[inline(always)]
    fn shorten<S: Simd, const N: usize>(simd: S, rows: &[S::F32; N]) -> Rounded<S, N> {
        let mut largest = simd.splat_i32(0);
        for n in 0..N {
            largest = simd.max_i32(largest, simd.magnitude(rows[n]));
        }
        let (inverse, step) = steps(f32::from_bits(simd.largest(largest).cast_unsigned()));
        let inverse = simd.splat(inverse);
        let mut xs = [Short { values: [0; LANES], excess: simd.splat(0.0) }; N];
        for n in 0..N {
            xs[n].values = simd.narrow(simd.round(simd.mul(rows[n], inverse)));
            if const { S::DOT_EXCESS != 0 } {
                // A product with zeros is the excess, which no sum over lanes has to be waited for.
                let mut excess = simd.splat_i32(0);
                for quad in 0..Self::QUADS {
                    excess = simd.dot(&[[0; 4]; LANES], xs[n].quad(quad), excess);
                }
                xs[n].excess = simd.to_f32(excess);
            }
        }
        Rounded { rows: xs, step: simd.splat(step) }
    }
}
