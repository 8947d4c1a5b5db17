//! Integers of 4 bits that are widened.

use crate::common::numbers;
use crate::halves::halves;
use crate::{check, check_rows, leak, sums};
use recurve::matrix::Int4;
use recurve::simd::{F16, LANES};

/// Integers in -7..=7 and a scale for each 32 columns of a row, in panels of 16 rows.
pub(crate) fn int4s(rows: usize, columns: usize) -> (Vec<f32>, Vec<u8>, Vec<F16>) {
    let integers: Vec<u8> = numbers(rows * columns, 13)
        .iter()
        .map(|number| (number * 7.9) as i8 as u8)
        .map(|w| w.wrapping_add(8))
        .collect();
    let groups = columns.div_ceil(32);
    let (scales, bits, _) = halves(rows * groups);
    let value = |(at, integer): (usize, &u8)| {
        (f32::from(*integer) - 8.0) * scales[at / columns * groups + at % columns / 32]
    };
    (integers.iter().enumerate().map(value).collect(), integers, bits)
}

pub(crate) fn nibble_panels(
    integers: &[u8],
    scales: &[F16],
    rows: usize,
    columns: usize,
) -> (Vec<[u8; 16]>, Vec<[F16; 16]>) {
    let at = |row: usize, column: usize| match row < rows && column < columns {
        true => integers[row * columns + column],
        false => 8,
    };
    let groups = columns.div_ceil(32);
    let (mut pairs, mut panels) = (Vec::new(), Vec::new());
    for first in (0..rows).step_by(LANES) {
        for column in (0..columns).step_by(2) {
            let pair = |lane| at(first + lane, column) | at(first + lane, column + 1) << 4;
            pairs.push(core::array::from_fn(pair));
        }
        for group in 0..groups {
            let scale = |lane| scales.get((first + lane) * groups + group).copied().unwrap_or(F16(0));
            panels.push(core::array::from_fn(scale));
        }
    }
    (pairs, panels)
}

fn int4<const ROWS: usize, const COLUMNS: usize>() {
    let (values, integers, scales) = int4s(ROWS, COLUMNS);
    let (pairs, scales) = nibble_panels(&integers, &scales, ROWS, COLUMNS);
    let matrix = Int4::<ROWS, COLUMNS>::new(leak(pairs), leak(scales));
    check(matrix, &values, sums);
    check_rows::<_, ROWS, COLUMNS>(matrix, &values);
}

#[test]
fn integers_of_4_bits_are_widened() {
    int4::<1, 1>();
    int4::<16, 32>();
    int4::<19, 7>();
    int4::<40, 33>();
    int4::<5, 70>();
}

pub(crate) fn nibble_rows(integers: &[u8], columns: usize) -> &'static [u8] {
    let rows = integers.chunks(columns);
    leak(rows.flat_map(|row| row.chunks(2)).map(|pair| pair[0] | pair.get(1).unwrap_or(&8) << 4).collect())
}
