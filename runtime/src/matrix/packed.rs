//! Dense matrices of integers of 2 and 4 bits, multiplied in integers.
//!
//! The vector is rounded to integers of 8 bits as that of an [`Int8`](super::Int8) is.

use super::panel::{AHEAD, BLOCK, VECTORS};
use super::quantized::Quantized;
use super::table::GROUP;
use super::{Blocks, Matrix, Rows, TOGETHER, pairs};
use crate::lanes::{load, store};
use crate::simd::{Bytes, F16, LANES, Simd};

/// 32 numbers of a vector.
pub type Columns = [[i8; 4]; GROUP / 4];

/// Bits of a number.
pub trait Width: Copy + 'static {
    /// What is added to a number, so that it has no sign.
    const OFFSET: i32;
    /// 32 columns of 16 rows, in blocks of 64 bytes.
    type Group: AsRef<[Bytes]> + 'static;

    /// The groups of a matrix.
    fn groups(blocks: &'static [Bytes]) -> &'static [Self::Group];

    /// `sum`, and the products of a group.
    fn dot<S: Simd>(simd: S, group: &Self::Group, x: &Columns, sum: S::I32) -> S::I32;
}

/// 4 bits: -7 to 7.
#[derive(Debug, Clone, Copy)]
pub struct Four;

/// 2 bits: -1, 0 and 1.
#[derive(Debug, Clone, Copy)]
pub struct Two;

impl Width for Four {
    const OFFSET: i32 = 8;
    type Group = [Bytes; 4];

    #[inline(always)]
    fn groups(blocks: &'static [Bytes]) -> &'static [Self::Group] {
        blocks.as_chunks().0
    }

    #[inline(always)]
    fn dot<S: Simd>(simd: S, group: &Self::Group, x: &Columns, mut sum: S::I32) -> S::I32 {
        for at in 0..4 {
            sum = simd.dot_u4(&group[at], [x[2 * at], x[2 * at + 1]], sum);
        }
        sum
    }
}

impl Width for Two {
    const OFFSET: i32 = 1;
    type Group = [Bytes; 2];

    #[inline(always)]
    fn groups(blocks: &'static [Bytes]) -> &'static [Self::Group] {
        blocks.as_chunks().0
    }

    #[inline(always)]
    fn dot<S: Simd>(simd: S, group: &Self::Group, x: &Columns, mut sum: S::I32) -> S::I32 {
        for at in 0..2 {
            sum = simd.dot_u2(&group[at], [x[4 * at], x[4 * at + 1], x[4 * at + 2], x[4 * at + 3]], sum);
        }
        sum
    }
}

/// `ROWS x COLUMNS` integers of few bits in panels of 16 rows.
///
/// A panel stores 32 columns after 32, in blocks of 64 bytes: four for each row, whose lowest bits are four
/// columns, the bits above them the next four. Each 32 columns of a row have a scale. Rows are filled up to a
/// multiple of 16, columns to one of 32.
#[derive(Debug, Clone, Copy)]
pub struct Packed<W, const ROWS: usize, const COLUMNS: usize> {
    blocks: &'static [Bytes],
    scales: &'static [[F16; LANES]],
    width: core::marker::PhantomData<W>,
}

impl<W: Width, const ROWS: usize, const COLUMNS: usize> Packed<W, ROWS, COLUMNS> {
    /// Groups of columns that share scales.
    const GROUPS: usize = COLUMNS.div_ceil(GROUP);
    const PANELS: usize = ROWS.div_ceil(LANES);

    /// A matrix whose numbers, each with its offset, lie in `bytes`, packed as the compiler packs them.
    ///
    /// # Panics
    /// Where there are not as many numbers or scales as the sizes say: an error at compile time in generated
    /// code.
    pub const fn new(bytes: &'static [[u8; 4]], scales: &'static [[F16; LANES]]) -> Self {
        assert!(scales.len() == Self::PANELS * Self::GROUPS);
        assert!(size_of_val(bytes) == scales.len() * size_of::<W::Group>());
        Packed { blocks: bytes.as_chunks().0, scales, width: core::marker::PhantomData }
    }

    /// The products with the `N` panels from `first` on, which are read side by side, without the vector's step.
    #[inline(always)]
    fn panels<S: Simd, const N: usize>(
        &self,
        simd: S,
        first: usize,
        vector: &Vector<COLUMNS>,
    ) -> Option<[S::F32; N]> {
        let mut numbers: [&[W::Group]; N] = [&[]; N];
        let mut scales: [&[[F16; LANES]]; N] = [&[]; N];
        for n in 0..N {
            let start = (first + n) * Self::GROUPS;
            numbers[n] = W::groups(self.blocks).get(start..start + Self::GROUPS)?;
            scales[n] = self.scales.get(start..start + Self::GROUPS)?;
        }
        let mut totals = [[simd.splat(0.0); N]; 2];
        for turn in 0..Self::GROUPS / 2 {
            for (odd, totals) in totals.iter_mut().enumerate() {
                Self::add_group(simd, 2 * turn + odd, &numbers, &scales, vector, totals);
            }
        }
        if const { !Self::GROUPS.is_multiple_of(2) } {
            Self::add_group(simd, Self::GROUPS - 1, &numbers, &scales, vector, &mut totals[0]);
        }
        let [mut sums, others] = totals;
        for n in 0..N {
            sums[n] = simd.add(sums[n], others[n]);
        }
        Some(sums)
    }

    /// Adds the products with a group of each of `N` panels to `totals`.
    #[inline(always)]
    fn add_group<S: Simd, const N: usize>(
        simd: S,
        group: usize,
        numbers: &[&'static [W::Group]; N],
        scales: &[&'static [[F16; LANES]]; N],
        vector: &Vector<COLUMNS>,
        totals: &mut [S::F32; N],
    ) {
        let x = vector.columns(group);
        let excess = vector.excess.get(group).copied().unwrap_or_default();
        for n in 0..N {
            if let (Some(numbers), Some(scales)) = (numbers[n].get(group), scales[n].get(group)) {
                for block in numbers.as_ref() {
                    simd.prefetch(block, AHEAD);
                }
                let sum = W::dot(simd, numbers, x, simd.splat_i32(-excess));
                totals[n] = simd.mul_add(simd.to_f32(sum), simd.load_f16(scales), totals[n]);
            }
        }
    }

    /// `y += A x` in the rows of the `N` panels from `first` on.
    #[inline(always)]
    fn rows<S: Simd, const N: usize>(
        &self,
        simd: S,
        first: usize,
        vector: &Vector<COLUMNS>,
        y: &mut [f32; ROWS],
    ) {
        let Some(products) = self.panels::<S, N>(simd, first, vector) else {
            return;
        };
        for (n, product) in products.into_iter().enumerate() {
            let start = (first + n) * LANES;
            if start < ROWS {
                let length = if ROWS - start < LANES { ROWS - start } else { LANES };
                let old = load(simd, y, start, length);
                store(simd, simd.mul_add(product, simd.splat(vector.x.step), old), y, start, length);
            }
        }
    }

    /// Panels that are read side by side: as many as find registers for their sums.
    const fn beside<S: Simd>() -> usize {
        if S::ACCUMULATORS >= 8 { VECTORS } else { 1 }
    }

    /// [`rows`](Packed::rows) of the panels that are read with the one of number `first`.
    #[inline(always)]
    fn beside_one<S: Simd>(&self, simd: S, first: usize, vector: &Vector<COLUMNS>, y: &mut [f32; ROWS]) {
        if const { Self::beside::<S>() > 1 } && first + VECTORS <= Self::PANELS {
            self.rows::<S, VECTORS>(simd, first, vector, y);
        } else {
            for panel in first..Self::PANELS.min(first + Self::beside::<S>()) {
                self.rows::<S, 1>(simd, panel, vector, y);
            }
        }
    }
}

/// A vector in small integers, and what is to be taken away of each group's sums.
#[derive(Clone, Copy)]
pub struct Vector<const COLUMNS: usize> {
    x: Quantized<COLUMNS>,
    /// The columns behind the last full group, and zeros.
    last: Columns,
    excess: [i32; COLUMNS],
}

impl<const COLUMNS: usize> Vector<COLUMNS> {
    const ZERO: Self = Vector { x: Quantized::ZERO, last: [[0; 4]; GROUP / 4], excess: [0; COLUMNS] };

    #[inline(always)]
    fn new<S: Simd, W: Width>(simd: S, x: &[f32; COLUMNS]) -> Self {
        let x = Quantized::new(simd, x);
        let mut vector = Vector { x, ..Self::ZERO };
        let behind = x.values.as_chunks::<GROUP>().1;
        for (to, from) in vector.last.as_flattened_mut().iter_mut().zip(behind) {
            *to = *from;
        }
        for group in 0..COLUMNS.div_ceil(GROUP) {
            let columns = vector.columns(group).as_flattened();
            vector.excess[group] = columns.iter().fold(0, |sum, x| sum + i32::from(*x)) * W::OFFSET;
        }
        vector
    }

    /// The 32 numbers of a group.
    #[inline(always)]
    fn columns(&self, group: usize) -> &Columns {
        let full = self.x.values.as_chunks::<4>().0.as_chunks::<{ GROUP / 4 }>().0;
        full.get(group).unwrap_or(&self.last)
    }
}

impl<W: Width, const ROWS: usize, const COLUMNS: usize> Matrix<ROWS, COLUMNS> for Packed<W, ROWS, COLUMNS> {
    #[inline(always)]
    fn mul_add<S: Simd>(&self, simd: S, x: &[f32; COLUMNS], y: &mut [f32; ROWS]) {
        let vector = Vector::new::<S, W>(simd, x);
        for first in (0..Self::PANELS).step_by(Self::beside::<S>()) {
            self.beside_one(simd, first, &vector, y);
        }
    }

    #[inline(always)]
    fn mul_add_each<S: Simd>(&self, simd: S, xs: &[[f32; COLUMNS]], ys: &mut [[f32; ROWS]]) {
        for first in (0..xs.len()).step_by(TOGETHER) {
            let (xs, ys) = pairs(first, TOGETHER, xs, ys);
            let mut vectors = [Vector::ZERO; TOGETHER];
            for (vector, x) in vectors.iter_mut().zip(xs) {
                *vector = Vector::new::<S, W>(simd, x);
            }
            for first in (0..Self::PANELS).step_by(Self::beside::<S>()) {
                for (vector, y) in vectors.iter().zip(&mut *ys) {
                    self.beside_one(simd, first, vector, y);
                }
            }
        }
    }
}

impl<W: Width, const ROWS: usize, const COLUMNS: usize> Rows<ROWS, COLUMNS> for Packed<W, ROWS, COLUMNS> {
    #[inline(always)]
    fn row<'a, S: Simd>(&self, _: S, row: usize, room: &'a mut [f32; COLUMNS]) -> &'a [f32; COLUMNS] {
        // Columns of a block: four for each number that a byte has.
        let width = const { GROUP * size_of::<Bytes>() / size_of::<W::Group>() };
        let bits = const { 32 * size_of::<W::Group>() / (GROUP * size_of::<Bytes>()) };
        *room = [0.0; COLUMNS];
        if row >= ROWS {
            return room;
        }
        let (first, lane) = (row / LANES * Self::GROUPS, row % LANES);
        for (group, to) in room.chunks_mut(GROUP).enumerate() {
            let scale = self.scales.get(first + group).and_then(|scales| scales.get(lane));
            let scale = scale.map_or(0.0, |scale| scale.to_f32());
            for (block, to) in to.chunks_mut(width).enumerate() {
                let at = (first + group) * (GROUP / width) + block;
                let Some(bytes) = self.blocks.get(at).and_then(|block| block.get(lane)) else {
                    continue;
                };
                for (field, to) in to.chunks_mut(4).enumerate() {
                    for (to, byte) in to.iter_mut().zip(bytes) {
                        let number = (byte >> (bits * field)) & ((1 << bits) - 1);
                        *to = (f32::from(number) - W::OFFSET as f32) * scale;
                    }
                }
            }
        }
        room
    }
}

impl<W: Width, const ROWS: usize, const COLUMNS: usize> Blocks<ROWS, COLUMNS> for Packed<W, ROWS, COLUMNS> {
    const BLOCKS: usize = ROWS.div_ceil(BLOCK);

    type Vector<'x> = Vector<COLUMNS>;

    #[inline(always)]
    fn vector<S: Simd>(simd: S, x: &[f32; COLUMNS]) -> Self::Vector<'_> {
        Vector::new::<S, W>(simd, x)
    }

    #[inline(always)]
    fn mul_add_block<S: Simd>(&self, simd: S, index: usize, x: &Self::Vector<'_>, y: &mut [f32; ROWS]) {
        if index < Self::BLOCKS {
            for first in (0..VECTORS).step_by(Self::beside::<S>()) {
                self.beside_one(simd, index * VECTORS + first, x, y);
            }
        }
    }
}
