//! Matrices that are zero in whole blocks of 16 rows of a column, without these blocks.

use super::sparse::at;
use super::{Element, Matrix};
use crate::lanes::{load, store};
use crate::simd::{LANES, Simd};

/// `ROWS x COLUMNS` numbers in panels of 16 rows; of a panel those columns are stored that are not all zero.
#[derive(Debug, Clone, Copy)]
pub struct BlockSparse<const ROWS: usize, const COLUMNS: usize, E: 'static = f32> {
    counts: &'static [u16],
    columns: &'static [u16],
    values: &'static [E],
    scales: &'static [f32],
}

impl<const ROWS: usize, const COLUMNS: usize, E: Element> BlockSparse<ROWS, COLUMNS, E> {
    /// A matrix that has, in each panel, as many columns as `counts` says; `columns` are which. The last panel
    /// has the rows that are left over, without padding.
    ///
    /// # Panics
    /// Where there are not as many counts as panels: an error at compile time in generated code.
    pub const fn new(counts: &'static [u16], columns: &'static [u16], values: &'static [E]) -> Self {
        Self::scaled(counts, columns, values, &[])
    }

    /// The same of integers, each of which is to be multiplied with one of `scales`, that of its row.
    ///
    /// # Panics
    /// As [`new`](Self::new), and where there is not one scale for each row.
    pub const fn scaled(
        counts: &'static [u16],
        columns: &'static [u16],
        values: &'static [E],
        scales: &'static [f32],
    ) -> Self {
        assert!(counts.len() == ROWS.div_ceil(LANES));
        assert!(scales.len() == if E::SCALED { ROWS } else { 0 });
        BlockSparse { counts, columns, values, scales }
    }
}

impl<const ROWS: usize, const COLUMNS: usize, E: Element> Matrix<ROWS, COLUMNS>
    for BlockSparse<ROWS, COLUMNS, E>
{
    #[inline(always)]
    fn mul_add<S: Simd>(&self, simd: S, x: &[f32; COLUMNS], y: &mut [f32; ROWS]) {
        let (mut columns, mut values) = (self.columns, self.values);
        for (panel, count) in self.counts.iter().enumerate() {
            let start = panel * LANES;
            let count = usize::from(*count);
            let height = if ROWS - start < LANES { ROWS - start } else { LANES };
            let (Some((here, below)), Some((value, values_below))) =
                (columns.split_at_checked(count), values.split_at_checked(count * height))
            else {
                return;
            };
            let mut sum =
                if height == LANES { whole(simd, here, value, x) } else { cut(simd, here, value, height, x) };
            if const { E::SCALED } {
                sum = simd.mul(sum, load(simd, self.scales, start, height));
            }
            let old = load(simd, y, start, height);
            store(simd, simd.add(old, sum), y, start, height);
            (columns, values) = (below, values_below);
        }
    }
}

/// The product of a panel of 16 rows, with as many sums as hide the latency of an addition.
#[inline(always)]
fn whole<S: Simd, E: Element, const COLUMNS: usize>(
    simd: S,
    columns: &[u16],
    values: &[E],
    x: &[f32; COLUMNS],
) -> S::F32 {
    if const { S::ACCUMULATORS >= 8 } {
        whole_in::<S, E, COLUMNS, 8>(simd, columns, values, x)
    } else if const { S::ACCUMULATORS >= 4 } {
        whole_in::<S, E, COLUMNS, 4>(simd, columns, values, x)
    } else {
        whole_in::<S, E, COLUMNS, 1>(simd, columns, values, x)
    }
}

#[inline(always)]
fn whole_in<S: Simd, E: Element, const COLUMNS: usize, const SUMS: usize>(
    simd: S,
    columns: &[u16],
    values: &[E],
    x: &[f32; COLUMNS],
) -> S::F32 {
    let mut sums = [simd.splat(0.0); SUMS];
    let (column_turns, last_columns) = columns.as_chunks::<SUMS>();
    let (blocks, _) = values.as_chunks::<LANES>();
    let (block_turns, last_blocks) = blocks.as_chunks::<SUMS>();
    for (columns, blocks) in column_turns.iter().zip(block_turns) {
        for turn in 0..SUMS {
            let x = simd.splat(at(x, columns[turn]));
            sums[turn] = simd.mul_add(E::load(simd, &blocks[turn]), x, sums[turn]);
        }
    }
    for (column, block) in last_columns.iter().zip(last_blocks) {
        sums[0] = simd.mul_add(E::load(simd, block), simd.splat(at(x, *column)), sums[0]);
    }
    let mut half = SUMS / 2;
    while half > 0 {
        for sum in 0..half {
            sums[sum] = simd.add(sums[sum], sums[sum + half]);
        }
        half /= 2;
    }
    sums[0]
}

/// The product of the last panel where it has fewer than 16 rows.
#[inline(always)]
fn cut<S: Simd, E: Element, const COLUMNS: usize>(
    simd: S,
    columns: &[u16],
    values: &[E],
    height: usize,
    x: &[f32; COLUMNS],
) -> S::F32 {
    let mut sum = simd.splat(0.0);
    for (column, block) in columns.iter().zip(values.chunks_exact(height)) {
        sum = simd.mul_add(E::load_part(simd, block), simd.splat(at(x, *column)), sum);
    }
    sum
}
