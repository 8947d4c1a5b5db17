//! Dense matrices of integers of 2 and 4 bits, multiplied in integers.
//!
//! The vector is rounded to integers of 8 bits as that of an [`Int8`](super::Int8) is.

use super::int8::{Quantized, TOGETHER};
use super::table::GROUP;
use super::{Blocks, Matrix};
use crate::lanes::{load, store};
use crate::simd::{Bytes, F16, LANES, Simd};

/// How far ahead of its use the memory is asked for, in bytes.
const AHEAD: usize = 4096;

/// 32 numbers of a vector.
pub type Columns = [[i8; 4]; GROUP / 4];

/// Bits of a number.
pub trait Width: Copy + 'static {
    /// What is added to a number, so that it has no sign.
    const OFFSET: i32;
    /// Groups of 64 bytes that have 32 columns of 16 rows.
    const BLOCKS: usize;

    /// `sum`, and the products of the columns of the block of number `at` among those of 32 columns.
    fn dot<S: Simd>(simd: S, at: usize, block: &Bytes, x: &Columns, sum: S::I32) -> S::I32;
}

/// 4 bits: -7 to 7.
#[derive(Debug, Clone, Copy)]
pub struct Four;

/// 2 bits: -1, 0 and 1.
#[derive(Debug, Clone, Copy)]
pub struct Two;

impl Width for Four {
    const OFFSET: i32 = 8;
    const BLOCKS: usize = 4;

    #[inline(always)]
    fn dot<S: Simd>(simd: S, at: usize, block: &Bytes, x: &Columns, sum: S::I32) -> S::I32 {
        match x.as_chunks().0.get(at) {
            Some(x) => simd.dot_u4(block, *x, sum),
            None => sum,
        }
    }
}

impl Width for Two {
    const OFFSET: i32 = 1;
    const BLOCKS: usize = 2;

    #[inline(always)]
    fn dot<S: Simd>(simd: S, at: usize, block: &Bytes, x: &Columns, sum: S::I32) -> S::I32 {
        match x.as_chunks().0.get(at) {
            Some(x) => simd.dot_u2(block, *x, sum),
            None => sum,
        }
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

    /// A matrix whose numbers, each with its offset, lie in `bytes`, packed as the compiler packs them.
    ///
    /// # Panics
    /// Where there are not as many numbers or scales as the sizes say: an error at compile time in generated
    /// code.
    pub const fn new(bytes: &'static [[u8; 4]], scales: &'static [[F16; LANES]]) -> Self {
        let panels = ROWS.div_ceil(LANES);
        assert!(scales.len() == panels * Self::GROUPS && bytes.len() == scales.len() * W::BLOCKS * LANES);
        Packed { blocks: bytes.as_chunks().0, scales, width: core::marker::PhantomData }
    }

    /// The product with a panel, without the vector's step. `excess` has what is to be taken away of each group.
    #[inline(always)]
    fn panel<S: Simd>(
        &self,
        simd: S,
        panel: usize,
        x: &Quantized<COLUMNS>,
        excess: &[i32; COLUMNS],
    ) -> S::F32 {
        let blocks = self.blocks.get(panel * Self::GROUPS * W::BLOCKS..).unwrap_or_default();
        let scales = self.scales.get(panel * Self::GROUPS..).unwrap_or_default();
        let mut totals = [simd.splat(0.0); 2];
        let mut left = blocks;
        for (group, (scales, excess)) in scales.iter().zip(excess).take(Self::GROUPS).enumerate() {
            let Some((blocks, behind)) = left.split_at_checked(W::BLOCKS) else {
                break;
            };
            left = behind;
            let x = x.columns(group);
            let mut sum = simd.splat_i32(-excess);
            for (at, block) in blocks.iter().enumerate() {
                simd.prefetch(block, AHEAD);
                sum = W::dot(simd, at, block, &x, sum);
            }
            let [total, other] = totals;
            totals = [other, simd.mul_add(simd.to_f32(sum), simd.load_f16(scales), total)];
        }
        let [total, other] = totals;
        simd.add(total, other)
    }
}

impl<const COLUMNS: usize> Quantized<COLUMNS> {
    /// The 32 numbers of a group, zeros behind the end.
    #[inline(always)]
    fn columns(&self, group: usize) -> Columns {
        let from = self.values.get(group * GROUP..).unwrap_or_default();
        let mut columns = [[0; 4]; GROUP / 4];
        if let Some(full) = from.first_chunk::<GROUP>() {
            *columns.as_flattened_mut().first_chunk_mut().unwrap_or(&mut [0; GROUP]) = *full;
            return columns;
        }
        for (to, from) in columns.as_flattened_mut().iter_mut().zip(from) {
            *to = *from;
        }
        columns
    }
}

/// A vector in small integers, and what is to be taken away of each group's sums.
#[derive(Clone, Copy)]
pub struct Vector<const COLUMNS: usize> {
    x: Quantized<COLUMNS>,
    excess: [i32; COLUMNS],
}

impl<W: Width, const ROWS: usize, const COLUMNS: usize> Packed<W, ROWS, COLUMNS> {
    #[inline(always)]
    fn vector<S: Simd>(simd: S, x: &[f32; COLUMNS]) -> Vector<COLUMNS> {
        let x = Quantized::new(simd, x);
        let mut excess = [0; COLUMNS];
        for (group, excess) in excess.iter_mut().take(Self::GROUPS).enumerate() {
            *excess =
                x.columns(group).as_flattened().iter().fold(0, |sum, x| sum + i32::from(*x)) * W::OFFSET;
        }
        Vector { x, excess }
    }

    /// The rows of a panel, from row `start` on.
    #[inline(always)]
    fn rows<S: Simd>(
        &self,
        simd: S,
        panel: usize,
        start: usize,
        vector: &Vector<COLUMNS>,
        y: &mut [f32; ROWS],
    ) {
        let product = self.panel(simd, panel, &vector.x, &vector.excess);
        let length = if ROWS - start < LANES { ROWS - start } else { LANES };
        let old = load(simd, y, start, length);
        store(simd, simd.mul_add(product, simd.splat(vector.x.step), old), y, start, length);
    }
}

impl<W: Width, const ROWS: usize, const COLUMNS: usize> Matrix<ROWS, COLUMNS> for Packed<W, ROWS, COLUMNS> {
    #[inline(always)]
    fn mul_add<S: Simd>(&self, simd: S, x: &[f32; COLUMNS], y: &mut [f32; ROWS]) {
        let vector = Self::vector(simd, x);
        for (panel, start) in (0..ROWS).step_by(LANES).enumerate() {
            self.rows(simd, panel, start, &vector, y);
        }
    }

    #[inline(always)]
    fn mul_add_each<S: Simd>(&self, simd: S, xs: &[[f32; COLUMNS]], ys: &mut [[f32; ROWS]]) {
        for first in (0..xs.len()).step_by(TOGETHER) {
            let (xs, ys) = super::pairs(first, TOGETHER, xs, ys);
            let mut vectors = [Vector { x: Quantized::ZERO, excess: [0; COLUMNS] }; TOGETHER];
            for (vector, x) in vectors.iter_mut().zip(xs) {
                *vector = Self::vector(simd, x);
            }
            for (panel, start) in (0..ROWS).step_by(LANES).enumerate() {
                for ((vector, _), y) in vectors.iter().zip(xs).zip(&mut *ys) {
                    self.rows(simd, panel, start, vector, y);
                }
            }
        }
    }
}

impl<W: Width, const ROWS: usize, const COLUMNS: usize> Blocks<ROWS, COLUMNS> for Packed<W, ROWS, COLUMNS> {
    const BLOCKS: usize = ROWS.div_ceil(LANES);

    type Vector<'x> = Vector<COLUMNS>;

    #[inline(always)]
    fn vector<S: Simd>(simd: S, x: &[f32; COLUMNS]) -> Self::Vector<'_> {
        Self::vector(simd, x)
    }

    #[inline(always)]
    fn mul_add_block<S: Simd>(&self, simd: S, index: usize, x: &Self::Vector<'_>, y: &mut [f32; ROWS]) {
        if index < Self::BLOCKS {
            self.rows(simd, index, index * LANES, x, y);
        }
    }
}
