//! Small matrices whose numbers are wanted as such: row after row, widened where they are read.

use super::Element;
use crate::simd::{F16, LANES, Simd};

/// `ROWS x COLUMNS` numbers that are read a row at a time. A matrix that is also multiplied, in an order that suits that,
/// is read from as many places as it has columns.
pub trait Rows<const ROWS: usize, const COLUMNS: usize>: Copy {
    /// The numbers of a row, which may be put into `room`. Zeros where there is no such row.
    fn row<'a, S: Simd>(&self, simd: S, row: usize, room: &'a mut [f32; COLUMNS]) -> &'a [f32; COLUMNS];
}

/// Numbers of one type, row after row.
#[derive(Debug, Clone, Copy)]
pub struct Table<const ROWS: usize, const COLUMNS: usize, E: 'static = f32> {
    rows: &'static [[E; COLUMNS]; ROWS],
    scales: &'static [f32],
}

impl<const ROWS: usize, const COLUMNS: usize, E: Element> Table<ROWS, COLUMNS, E> {
    /// A matrix of these rows.
    ///
    /// # Panics
    /// Where the numbers have scales: an error at compile time in generated code.
    pub const fn new(rows: &'static [[E; COLUMNS]; ROWS]) -> Self {
        Self::scaled(rows, &[])
    }

    /// A matrix of integers, each of which is to be multiplied with one of `scales`, that of its row.
    ///
    /// # Panics
    /// Where there is not one scale for each row: an error at compile time in generated code.
    pub const fn scaled(rows: &'static [[E; COLUMNS]; ROWS], scales: &'static [f32]) -> Self {
        assert!(scales.len() == if E::SCALED { ROWS } else { 0 });
        Table { rows, scales }
    }
}

impl<const ROWS: usize, const COLUMNS: usize, E: Element> Rows<ROWS, COLUMNS> for Table<ROWS, COLUMNS, E> {
    #[inline(always)]
    fn row<'a, S: Simd>(&self, simd: S, row: usize, room: &'a mut [f32; COLUMNS]) -> &'a [f32; COLUMNS] {
        let scale = if const { E::SCALED } { self.scales.get(row).copied().unwrap_or_default() } else { 1.0 };
        match self.rows.get(row) {
            Some(numbers) => E::widen(simd, numbers, scale, room),
            None => {
                *room = [0.0; COLUMNS];
                room
            }
        }
    }
}

/// Columns that share a scale where numbers have 4 bits.
pub(super) const GROUP: usize = 32;

/// Integers of 4 bits, two in a byte, each row and each 32 columns with a scale of their own.
#[derive(Debug, Clone, Copy)]
pub struct Int4Table<const ROWS: usize, const COLUMNS: usize> {
    pairs: &'static [u8],
    scales: &'static [F16],
}

impl<const ROWS: usize, const COLUMNS: usize> Int4Table<ROWS, COLUMNS> {
    /// A matrix whose rows have two numbers in a byte, the first in its lower half, each with 8 added.
    ///
    /// # Panics
    /// Where there are not as many bytes or scales as the sizes say: an error at compile time in generated
    /// code.
    pub const fn new(pairs: &'static [u8], scales: &'static [F16]) -> Self {
        assert!(pairs.len() == ROWS * COLUMNS.div_ceil(2) && scales.len() == ROWS * COLUMNS.div_ceil(GROUP));
        Int4Table { pairs, scales }
    }
}

impl<const ROWS: usize, const COLUMNS: usize> Rows<ROWS, COLUMNS> for Int4Table<ROWS, COLUMNS> {
    #[inline(always)]
    fn row<'a, S: Simd>(&self, _: S, row: usize, room: &'a mut [f32; COLUMNS]) -> &'a [f32; COLUMNS] {
        const { assert!(GROUP.is_multiple_of(LANES)) }
        *room = [0.0; COLUMNS];
        let pairs = self.pairs.get(row * COLUMNS.div_ceil(2)..).unwrap_or_default();
        let scales = self.scales.get(row * COLUMNS.div_ceil(GROUP)..).unwrap_or_default();
        for ((numbers, pairs), scale) in room.chunks_mut(GROUP).zip(pairs.chunks(GROUP / 2)).zip(scales) {
            widen(numbers, pairs, scale.to_f32());
        }
        room
    }
}

/// Numbers of 4 bits times their `scale`.
#[inline(always)]
pub(super) fn widen(numbers: &mut [f32], pairs: &[u8], scale: f32) {
    for (numbers, pair) in numbers.chunks_mut(2).zip(pairs) {
        for (number, half) in numbers.iter_mut().zip([pair & 15, pair >> 4]) {
            *number = (f32::from(half) - 8.0) * scale;
        }
    }
}
