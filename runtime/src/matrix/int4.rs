//! Matrices of integers of 4 bits.

use super::sparse::at;
use super::table::{GROUP, widen};
use super::{Matrix, Rows};
use crate::lanes::{load, store};
use crate::simd::{F16, LANES, Simd};

/// `ROWS x COLUMNS` integers of 4 bits in panels of 16 rows.
///
/// A panel stores, for two columns after two, a byte for each row with the number of the first column in its
/// lower half and that of the second in its upper half. In each panel each 32 columns have a scale for each
/// row. Rows are filled up to a multiple of 16, columns to one of 2.
#[derive(Debug, Clone, Copy)]
pub struct Int4<const ROWS: usize, const COLUMNS: usize> {
    pairs: &'static [[u8; LANES]],
    scales: &'static [[F16; LANES]],
}

impl<const ROWS: usize, const COLUMNS: usize> Int4<ROWS, COLUMNS> {
    /// Pairs of columns.
    const PAIRS: usize = COLUMNS.div_ceil(2);
    /// Groups of columns that share scales.
    const GROUPS: usize = COLUMNS.div_ceil(GROUP);

    /// A matrix whose numbers, with 8 added to each, lie in `pairs`, packed as the compiler packs them.
    ///
    /// # Panics
    /// Where there are not as many bytes or scales as the sizes say: an error at compile time in generated
    /// code.
    pub const fn new(pairs: &'static [[u8; LANES]], scales: &'static [[F16; LANES]]) -> Self {
        let panels = ROWS.div_ceil(LANES);
        assert!(pairs.len() == panels * Self::PAIRS && scales.len() == panels * Self::GROUPS);
        Int4 { pairs, scales }
    }
}

impl<const ROWS: usize, const COLUMNS: usize> Matrix<ROWS, COLUMNS> for Int4<ROWS, COLUMNS> {
    #[inline(always)]
    fn mul_add<S: Simd>(&self, simd: S, x: &[f32; COLUMNS], y: &mut [f32; ROWS]) {
        for (panel, start) in (0..ROWS).step_by(LANES).enumerate() {
            let pairs = self.pairs.get(panel * Self::PAIRS..).unwrap_or_default();
            let scales = self.scales.get(panel * Self::GROUPS..).unwrap_or_default();
            let mut sum = simd.splat(0.0);
            for ((pairs, x), scale) in pairs.chunks(GROUP / 2).zip(x.chunks(GROUP)).zip(scales) {
                sum = group(simd, pairs, x, scale, sum);
            }
            add(simd, sum, y, start);
        }
    }
}

impl<const ROWS: usize, const COLUMNS: usize> Rows<ROWS, COLUMNS> for Int4<ROWS, COLUMNS> {
    #[inline(always)]
    fn row<'a, S: Simd>(&self, _: S, row: usize, room: &'a mut [f32; COLUMNS]) -> &'a [f32; COLUMNS] {
        *room = [0.0; COLUMNS];
        if row >= ROWS {
            return room;
        }
        let (panel, lane) = (row / LANES, row % LANES);
        for (group, to) in room.chunks_mut(GROUP).enumerate() {
            let scale = self.scales.get(panel * Self::GROUPS + group).and_then(|scales| scales.get(lane));
            let scale = scale.map_or(0.0, |scale| scale.to_f32());
            for (pair, to) in to.chunks_mut(2).enumerate() {
                let at = panel * Self::PAIRS + group * (GROUP / 2) + pair;
                let pair = self.pairs.get(at).and_then(|lanes| lanes.get(lane));
                widen(to, pair.map_or(&[], core::slice::from_ref), scale);
            }
        }
        room
    }
}

/// `sum` and the products of up to 32 columns with as many numbers.
#[inline(always)]
fn group<S: Simd>(simd: S, pairs: &[[u8; LANES]], x: &[f32], scale: &[F16; LANES], sum: S::F32) -> S::F32 {
    let (mut even, mut odd) = (simd.splat(0.0), simd.splat(0.0));
    let (x_pairs, last) = x.as_chunks::<2>();
    for (pair, [x0, x1]) in pairs.iter().zip(x_pairs) {
        let [first, second] = simd.load_i4(pair);
        even = simd.mul_add(first, simd.splat(*x0), even);
        odd = simd.mul_add(second, simd.splat(*x1), odd);
    }
    if let (Some(x), Some(pair)) = (last.first(), pairs.get(x_pairs.len())) {
        let [first, _] = simd.load_i4(pair);
        even = simd.mul_add(first, simd.splat(*x), even);
    }
    simd.mul_add(simd.add(even, odd), simd.load_f16(scale), sum)
}

/// Adds a panel's product to the up to 16 numbers from `start` on.
#[inline(always)]
fn add<S: Simd>(simd: S, sum: S::F32, y: &mut [f32], start: usize) {
    let length = if y.len() - start < LANES { y.len() - start } else { LANES };
    let old = load(simd, y, start, length);
    store(simd, simd.add(old, sum), y, start, length);
}

/// A [`BlockSparse`](super::BlockSparse) of integers of 4 bits; the stored columns of a panel are packed as the
/// columns of an [`Int4`].
#[derive(Debug, Clone, Copy)]
pub struct BlockSparseInt4<const ROWS: usize, const COLUMNS: usize> {
    counts: &'static [u16],
    columns: &'static [u16],
    pairs: &'static [[u8; LANES]],
    scales: &'static [[F16; LANES]],
}

impl<const ROWS: usize, const COLUMNS: usize> BlockSparseInt4<ROWS, COLUMNS> {
    /// A matrix that has, in each panel, as many columns as `counts` says; `columns` are which.
    ///
    /// # Panics
    /// Where there are not as many counts as panels: an error at compile time in generated code.
    pub const fn new(
        counts: &'static [u16],
        columns: &'static [u16],
        pairs: &'static [[u8; LANES]],
        scales: &'static [[F16; LANES]],
    ) -> Self {
        assert!(counts.len() == ROWS.div_ceil(LANES));
        BlockSparseInt4 { counts, columns, pairs, scales }
    }
}

impl<const ROWS: usize, const COLUMNS: usize> Matrix<ROWS, COLUMNS> for BlockSparseInt4<ROWS, COLUMNS> {
    #[inline(always)]
    fn mul_add<S: Simd>(&self, simd: S, x: &[f32; COLUMNS], y: &mut [f32; ROWS]) {
        let (mut columns, mut pairs, mut scales) = (self.columns, self.pairs, self.scales);
        for (panel, count) in self.counts.iter().enumerate() {
            let count = usize::from(*count);
            let Some((here, below)) = columns.split_at_checked(count) else {
                return;
            };
            let mut sum = simd.splat(0.0);
            for ((here, pairs), scale) in here.chunks(GROUP).zip(pairs.chunks(GROUP / 2)).zip(scales) {
                let mut kept = [0.0; GROUP];
                for (kept, column) in kept.iter_mut().zip(here) {
                    *kept = at(x, *column);
                }
                sum = group(simd, pairs, kept.get(..here.len()).unwrap_or_default(), scale, sum);
            }
            add(simd, sum, y, panel * LANES);
            columns = below;
            pairs = pairs.get(count.div_ceil(2)..).unwrap_or_default();
            scales = scales.get(count.div_ceil(GROUP)..).unwrap_or_default();
        }
    }
}

/// A [`Sparse`](super::Sparse) of integers of 4 bits, two in a byte, each row and each 32 stored numbers with a
/// scale of their own.
#[derive(Debug, Clone, Copy)]
pub struct SparseInt4<const ROWS: usize, const COLUMNS: usize> {
    counts: &'static [u16; ROWS],
    columns: &'static [u16],
    pairs: &'static [u8],
    scales: &'static [F16],
}

impl<const ROWS: usize, const COLUMNS: usize> SparseInt4<ROWS, COLUMNS> {
    /// A matrix that has, in each row, as many numbers as `counts` says, with their `columns`.
    pub const fn new(
        counts: &'static [u16; ROWS],
        columns: &'static [u16],
        pairs: &'static [u8],
        scales: &'static [F16],
    ) -> Self {
        SparseInt4 { counts, columns, pairs, scales }
    }
}

impl<const ROWS: usize, const COLUMNS: usize> Matrix<ROWS, COLUMNS> for SparseInt4<ROWS, COLUMNS> {
    #[inline(always)]
    fn mul_add<S: Simd>(&self, _: S, x: &[f32; COLUMNS], y: &mut [f32; ROWS]) {
        let (mut columns, mut pairs, mut scales) = (self.columns, self.pairs, self.scales);
        for (count, y) in self.counts.iter().zip(y) {
            let count = usize::from(*count);
            let Some((here, below)) = columns.split_at_checked(count) else {
                return;
            };
            for ((here, pairs), scale) in here.chunks(GROUP).zip(pairs.chunks(GROUP / 2)).zip(scales) {
                let mut numbers = [0.0; GROUP];
                widen(&mut numbers, pairs, scale.to_f32());
                for (number, column) in numbers.iter().zip(here) {
                    *y += number * at(x, *column);
                }
            }
            columns = below;
            pairs = pairs.get(count.div_ceil(2)..).unwrap_or_default();
            scales = scales.get(count.div_ceil(GROUP)..).unwrap_or_default();
        }
    }
}
