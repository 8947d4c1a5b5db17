//! Matrices most of whose numbers are zero, without the zeros.

use super::{Element, Matrix};
use crate::simd::Simd;

/// `ROWS x COLUMNS` numbers of which each that is not zero is stored with its column, row after row.
///
/// Every number costs two reads and a multiplication, so that there is time to be won from a share of zeros
/// of about nine in ten on; [`BlockSparse`](super::BlockSparse) wins earlier.
#[derive(Debug, Clone, Copy)]
pub struct Sparse<const ROWS: usize, const COLUMNS: usize, E: 'static = f32> {
    counts: &'static [u16; ROWS],
    columns: &'static [u16],
    values: &'static [E],
    scales: &'static [f32],
}

impl<const ROWS: usize, const COLUMNS: usize, E: Element> Sparse<ROWS, COLUMNS, E> {
    /// A matrix that has, in each row, as many numbers as `counts` says, with their `columns`.
    ///
    /// # Panics
    /// Where the lengths do not agree: an error at compile time in generated code.
    pub const fn new(counts: &'static [u16; ROWS], columns: &'static [u16], values: &'static [E]) -> Self {
        Self::scaled(counts, columns, values, &[])
    }

    /// The same of integers, each of which is to be multiplied with one of `scales`, that of its row.
    ///
    /// # Panics
    /// As [`new`](Self::new), and where there is not one scale for each row.
    pub const fn scaled(
        counts: &'static [u16; ROWS],
        columns: &'static [u16],
        values: &'static [E],
        scales: &'static [f32],
    ) -> Self {
        assert!(columns.len() == values.len());
        assert!(scales.len() == if E::SCALED { ROWS } else { 0 });
        Sparse { counts, columns, values, scales }
    }
}

/// Sums that a row is added up in.
const SUMS: usize = 4;

impl<const ROWS: usize, const COLUMNS: usize, E: Element> Matrix<ROWS, COLUMNS> for Sparse<ROWS, COLUMNS, E> {
    #[inline(always)]
    fn mul_add<S: Simd>(&self, _: S, x: &[f32; COLUMNS], y: &mut [f32; ROWS]) {
        let (mut columns, mut values) = (self.columns, self.values);
        for (row, (count, y)) in self.counts.iter().zip(y).enumerate() {
            let count = usize::from(*count);
            let (Some((here, below)), Some((value, values_below))) =
                (columns.split_at_checked(count), values.split_at_checked(count))
            else {
                return;
            };
            let sum = dot(here, value, x);
            *y += match self.scales.get(row) {
                Some(scale) => sum * scale,
                None => sum,
            };
            (columns, values) = (below, values_below);
        }
    }
}

/// The sum of `values`, each times the number of `x` at its column.
#[inline(always)]
fn dot<E: Element, const COLUMNS: usize>(columns: &[u16], values: &[E], x: &[f32; COLUMNS]) -> f32 {
    let mut sums = [0.0; SUMS];
    let (column_turns, last_columns) = columns.as_chunks::<SUMS>();
    let (value_turns, last_values) = values.as_chunks::<SUMS>();
    for (columns, values) in column_turns.iter().zip(value_turns) {
        for turn in 0..SUMS {
            sums[turn] += values[turn].get() * at(x, columns[turn]);
        }
    }
    for (column, value) in last_columns.iter().zip(last_values) {
        sums[0] += value.get() * at(x, *column);
    }
    (sums[0] + sums[2]) + (sums[1] + sums[3])
}

/// The number of `x` at `column`, which is inside it in everything that the compiler packs.
#[inline(always)]
pub(super) fn at<const COLUMNS: usize>(x: &[f32; COLUMNS], column: u16) -> f32 {
    x.get(usize::from(column)).copied().unwrap_or_default()
}
