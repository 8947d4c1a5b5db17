//! Integers of 8 bits.

use crate::common::{BEYOND_CACHE, numbers};
use crate::{check, check_rows, check_what_cannot_be_rounded, half_steps, leak, panels, sums};
use recurve::matrix::{Dense, Int8};

/// Integers and a scale for each row.
pub(crate) fn int8s(rows: usize, columns: usize) -> (Vec<f32>, Vec<i8>, Vec<f32>) {
    let integers: Vec<i8> = numbers(rows * columns, 11).iter().map(|number| (number * 127.9) as i8).collect();
    let scales: Vec<f32> = numbers(rows, 12).iter().map(|scale| scale.abs() / 100.0).collect();
    let values = integers.iter().enumerate().map(|(at, w)| f32::from(*w) * scales[at / columns]).collect();
    (values, integers, scales)
}

/// Rows of 64 at a time, four columns after four.
pub(crate) fn quads(integers: &[i8], columns: usize) -> &'static [[i8; 4]] {
    let mut packed = Vec::new();
    for block in integers.chunks(64 * columns) {
        for first in (0..columns).step_by(4) {
            for row in block.chunks(columns) {
                packed.push(core::array::from_fn(|at| row.get(first + at).copied().unwrap_or(0)));
            }
        }
    }
    leak(packed)
}

fn int8<const ROWS: usize, const COLUMNS: usize>() {
    let (values, integers, scales) = int8s(ROWS, COLUMNS);
    let scales = leak(scales);
    let per_row = scales.try_into().expect("a scale for each row");
    let matrix = Int8::<ROWS, COLUMNS>::new(quads(&integers, COLUMNS), per_row);
    check(matrix, &values, half_steps);
    check_rows::<_, ROWS, COLUMNS>(matrix, &values);
    let matrix = Dense::<ROWS, COLUMNS, i8>::scaled(panels(&integers, COLUMNS), scales);
    check(matrix, &values, sums);
    check_rows::<_, ROWS, COLUMNS>(matrix, &values);
}

#[test]
fn integers_of_8_bits_are_multiplied_as_such_or_widened() {
    int8::<1, 1>();
    int8::<3, 2>();
    int8::<15, 7>();
    int8::<17, 9>();
    int8::<33, 16>();
    int8::<49, 35>();
    int8::<63, 4>();
    int8::<64, 6>();
    int8::<65, 31>();
    int8::<80, 17>();
    int8::<129, 3>();
}

#[test]
#[cfg_attr(miri, ignore = "too much arithmetic to interpret")]
fn large_matrices_of_8_bits_are_right() {
    int8::<516, 257>();
    if BEYOND_CACHE {
        int8::<516, 1025>();
    }
}

#[test]
fn vectors_that_cannot_be_rounded_give_zero_or_no_number() {
    let (_, integers, scales) = int8s(20, 40);
    let scales: &'static [f32] = leak(scales);
    let matrix = Int8::<20, 40>::new(quads(&integers, 40), scales.try_into().expect("a scale for each row"));
    check_what_cannot_be_rounded(matrix);
}
