//! Integers of 4 and of 2 bits that are multiplied as such.

use crate::common::numbers;
use crate::halves::halves;
use crate::{check, check_rows, check_what_cannot_be_rounded, half_steps, leak};
use recurve::matrix::{Four, Packed, Two, Width};
use recurve::simd::{F16, LANES};

/// Integers in -`most`..=`most` and a scale for each 32 columns of a row.
fn few_bits(rows: usize, columns: usize, most: i8) -> (Vec<f32>, Vec<i8>, Vec<F16>) {
    let integers: Vec<i8> =
        numbers(rows * columns, 14).iter().map(|number| (number * (f32::from(most) + 0.9)) as i8).collect();
    let groups = columns.div_ceil(32);
    let (scales, bits, _) = halves(rows * groups);
    let value =
        |(at, integer): (usize, &i8)| f32::from(*integer) * scales[at / columns * groups + at % columns / 32];
    (integers.iter().enumerate().map(value).collect(), integers, bits)
}

/// The layout that `Packed` reads: of 16 rows 32 columns after 32, in blocks of four bytes for each row, whose lowest
/// bits are four columns, the bits above them the next four.
fn few_bits_packed<W: Width>(
    integers: &[i8],
    scales: &[F16],
    rows: usize,
    columns: usize,
) -> (Vec<[u8; 4]>, Vec<[F16; LANES]>) {
    let per_byte = 512 / size_of::<W::Group>();
    let bits = 8 / per_byte;
    let number = |row: usize, column: usize| {
        let integer = if row < rows && column < columns { integers[row * columns + column] } else { 0 };
        (i32::from(integer) + W::OFFSET) as u8
    };
    let groups = columns.div_ceil(32);
    let (mut bytes, mut panels) = (Vec::new(), Vec::new());
    for first in (0..rows).step_by(LANES) {
        for block in (0..groups * 32).step_by(4 * per_byte) {
            for row in first..first + LANES {
                bytes.push(core::array::from_fn(|byte| {
                    (0..per_byte)
                        .map(|place| number(row, block + 4 * place + byte) << (bits * place))
                        .fold(0, |byte, part| byte | part)
                }));
            }
        }
        for group in 0..groups {
            let scale = |lane| match first + lane < rows {
                true => scales[(first + lane) * groups + group],
                false => F16(0),
            };
            panels.push(core::array::from_fn(scale));
        }
    }
    (bytes, panels)
}

fn packed<W: Width, const ROWS: usize, const COLUMNS: usize>(
    most: i8,
) -> (Packed<W, ROWS, COLUMNS>, Vec<f32>) {
    let (values, integers, scales) = few_bits(ROWS, COLUMNS, most);
    let (bytes, scales) = few_bits_packed::<W>(&integers, &scales, ROWS, COLUMNS);
    (Packed::new(leak(bytes), leak(scales)), values)
}

fn four_and_two<const ROWS: usize, const COLUMNS: usize>() {
    let (matrix, values) = packed::<Four, ROWS, COLUMNS>(7);
    check(matrix, &values, half_steps);
    check_rows::<_, ROWS, COLUMNS>(matrix, &values);
    let (matrix, values) = packed::<Two, ROWS, COLUMNS>(1);
    check(matrix, &values, half_steps);
    check_rows::<_, ROWS, COLUMNS>(matrix, &values);
}

#[test]
fn integers_of_4_and_of_2_bits_are_multiplied_as_such() {
    four_and_two::<1, 1>();
    four_and_two::<3, 32>();
    four_and_two::<15, 33>();
    four_and_two::<16, 31>();
    four_and_two::<17, 64>();
    four_and_two::<33, 7>();
    four_and_two::<40, 70>();
}

#[test]
#[cfg_attr(miri, ignore = "too much arithmetic to interpret")]
fn large_matrices_of_4_and_of_2_bits_are_right() {
    four_and_two::<516, 257>();
}

#[test]
fn vectors_that_cannot_be_rounded_give_zero_or_no_number_in_few_bits() {
    check_what_cannot_be_rounded(packed::<Four, 20, 40>(7).0);
    check_what_cannot_be_rounded(packed::<Two, 20, 40>(1).0);
}
