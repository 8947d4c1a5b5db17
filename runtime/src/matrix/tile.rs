//! The kernel of a block and many vectors: what is read of a block is multiplied with all of them while it is near.
//!
//! To the same last bit as [`Panel::mul_add`] of a block, whose even and odd columns have sums of their own. Here those
//! are formed one after the other, which leaves the registers to the sums of more vectors.

use super::panel::{Column, Panel, VECTORS, rows_of, total};
use super::{Element, TOGETHER, pairs};
use crate::simd::{LANES, LINE, Simd};

/// Columns of a part of a block, which stays in the first level of cache until the last of them has had its turn. An even
/// number.
const PART: usize = 128;
/// Vectors whose sums find registers.
const SIX: usize = 6;
/// Vectors whose sums hide the latency of an addition.
const FOUR: usize = 4;

/// How many of `count` vectors are taken so: but for three at most, all.
pub(super) const fn taken(count: usize) -> usize {
    count - count % TOGETHER % SIX % FOUR
}

/// The sums of a vector: a number for each row of a block.
type Sums = [[f32; LANES]; VECTORS];

impl<const ROWS: usize, const COLUMNS: usize, E: Element> Panel<ROWS, COLUMNS, VECTORS, E> {
    /// Bytes that are asked for with every second column: in four passes over a part, all of another.
    const ASKED: usize = (size_of::<Column<E, VECTORS>>() / 2).next_multiple_of(LINE);

    /// `y += panel * x` for each pair of as many `xs` and `ys` as are [`taken`], whose rows from `start` on are those of
    /// the panel.
    #[inline(always)]
    pub(super) fn mul_add_each<S: Simd>(
        self,
        simd: S,
        start: usize,
        xs: &[[f32; COLUMNS]],
        ys: &mut [[f32; ROWS]],
    ) {
        for first in (0..xs.len()).step_by(TOGETHER) {
            let (xs, ys) = pairs(first, TOGETHER, xs, ys);
            let mut sums = [[[[0.0; LANES]; VECTORS]; TOGETHER]; 2];
            let [even, odd] = &mut sums;
            if const { !E::SCALED } {
                for (sums, y) in even.iter_mut().zip(&mut *ys) {
                    if let Some(y) = rows_of(y, start) {
                        *sums = *y;
                    }
                }
            }
            for part in (0..COLUMNS).step_by(PART) {
                self.add_part(simd, part, xs, even, odd);
            }
            for ((even, odd), y) in even.iter().zip(&*odd).zip(ys) {
                if let Some(y) = rows_of(y, start) {
                    let mut sums = [[simd.splat(0.0); VECTORS]; 2];
                    for v in 0..VECTORS {
                        sums[0][v] = simd.load(&even[v]);
                        sums[1][v] = simd.load(&odd[v]);
                    }
                    self.write(simd, 0, total(simd, sums), y);
                }
            }
        }
    }

    /// Adds the products with the columns of the part that starts with column `part`.
    #[inline(always)]
    fn add_part<S: Simd>(
        self,
        simd: S,
        part: usize,
        xs: &[[f32; COLUMNS]],
        even: &mut [Sums; TOGETHER],
        odd: &mut [Sums; TOGETHER],
    ) {
        // The passes over this part ask for the next one, from end to end: all at once would wait for the memory.
        let mut ahead = size_of::<[Column<E, VECTORS>; PART]>();
        macro_rules! take {
            ($xs:expr, $even:expr, $odd:expr) => {
                for ((xs, even), odd) in $xs.iter().zip($even).zip($odd) {
                    for (odd, sums) in [even, odd].into_iter().enumerate() {
                        self.add_columns(simd, part, odd, ahead, xs, sums);
                        ahead += PART / 2 * Self::ASKED;
                    }
                }
            };
        }
        let sixes = xs.len() / SIX * SIX;
        let (even_sixes, even_fours) = even.split_at_mut_checked(sixes).unwrap_or_default();
        let (odd_sixes, odd_fours) = odd.split_at_mut_checked(sixes).unwrap_or_default();
        let (sixes, fours) = xs.as_chunks::<SIX>();
        take!(sixes, even_sixes.as_chunks_mut().0, odd_sixes.as_chunks_mut().0);
        take!(fours.as_chunks::<FOUR>().0, even_fours.as_chunks_mut().0, odd_fours.as_chunks_mut().0);
    }

    /// Adds the products with the even columns of a part, or the odd ones; asks for memory from `ahead` bytes behind its
    /// start on.
    #[inline(always)]
    fn add_columns<S: Simd, const N: usize>(
        self,
        simd: S,
        part: usize,
        odd: usize,
        mut ahead: usize,
        xs: &[[f32; COLUMNS]; N],
        to: &mut [Sums; N],
    ) {
        let mut sums = [[simd.splat(0.0); VECTORS]; N];
        for n in 0..N {
            for v in 0..VECTORS {
                sums[n][v] = simd.load(&to[n][v]);
            }
        }
        let end = (part + PART).min(COLUMNS);
        let mut c = part + odd;
        while c < end {
            let column = &self.columns[c];
            let mut lanes = [simd.splat(0.0); VECTORS];
            for v in 0..VECTORS {
                lanes[v] = E::load(simd, &column[v]);
            }
            for line in 0..Self::ASKED / LINE {
                simd.prefetch_l2(&self.columns[part], ahead + line * LINE);
            }
            ahead += Self::ASKED;
            for n in 0..N {
                let x = simd.splat(xs[n][c]);
                for v in 0..VECTORS {
                    sums[n][v] = simd.mul_add(lanes[v], x, sums[n][v]);
                }
            }
            c += 2;
        }
        for n in 0..N {
            for v in 0..VECTORS {
                simd.store(sums[n][v], &mut to[n][v]);
            }
        }
    }
}
