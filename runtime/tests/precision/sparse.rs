//! Matrices without their zeros.

use crate::halves::halves;
use crate::int4::{int4s, nibble_panels, nibble_rows};
use crate::int8::int8s;
use crate::{check, leak, sums};
use recurve::matrix::{BlockSparse, BlockSparseInt4, Sparse, SparseInt4};
use recurve::simd::F16;

/// A matrix of which every third column is kept, and in panels of `height` rows what is stored.
fn every_third<T: Copy>(
    values: &[f32],
    stored: &[T],
    columns: usize,
    height: usize,
) -> (Vec<f32>, Vec<u16>, Vec<u16>, Vec<T>) {
    let row_major = values
        .iter()
        .enumerate()
        .map(|(at, value)| if (at % columns).is_multiple_of(3) { *value } else { 0.0 });
    let kept: Vec<u16> = (0..columns as u16).step_by(3).collect();
    let (mut counts, mut indices, mut packed) = (Vec::new(), Vec::new(), Vec::new());
    for panel in stored.chunks(height * columns) {
        counts.push(kept.len() as u16);
        indices.extend(&kept);
        for column in &kept {
            packed.extend(panel.chunks(columns).map(|row| row[usize::from(*column)]));
        }
    }
    (row_major.collect(), counts, indices, packed)
}

#[test]
#[cfg_attr(miri, ignore = "too much arithmetic to interpret")]
fn matrices_without_their_zeros_have_every_precision() {
    const ROWS: usize = 37;
    const COLUMNS: usize = 110;
    let (values, f16s, _) = halves(ROWS * COLUMNS);
    let (row_major, counts, indices, packed) = every_third(&values, &f16s, COLUMNS, 16);
    let matrix = BlockSparse::<ROWS, COLUMNS, F16>::new(leak(counts), leak(indices), leak(packed));
    check(matrix, &row_major, sums);
    let (row_major, counts, indices, packed) = every_third(&values, &f16s, COLUMNS, 1);
    let counts = leak(counts).try_into().expect("a count for each row");
    check(Sparse::<ROWS, COLUMNS, F16>::new(counts, leak(indices), leak(packed)), &row_major, sums);

    let (values, integers, scales) = int8s(ROWS, COLUMNS);
    let scales = leak(scales);
    let (row_major, counts, indices, packed) = every_third(&values, &integers, COLUMNS, 16);
    let matrix = BlockSparse::<ROWS, COLUMNS, i8>::scaled(leak(counts), leak(indices), leak(packed), scales);
    check(matrix, &row_major, sums);
    let (row_major, counts, indices, packed) = every_third(&values, &integers, COLUMNS, 1);
    let counts = leak(counts).try_into().expect("a count for each row");
    let matrix = Sparse::<ROWS, COLUMNS, i8>::scaled(counts, leak(indices), leak(packed), scales);
    check(matrix, &row_major, sums);

    // The kept columns are a matrix of their own.
    let kept = COLUMNS.div_ceil(3);
    let (values, integers, scales) = int4s(ROWS, kept);
    let mut row_major = vec![0.0; ROWS * COLUMNS];
    for (at, value) in values.iter().enumerate() {
        row_major[at / kept * COLUMNS + at % kept * 3] = *value;
    }
    let columns = || (0..COLUMNS as u16).step_by(3);
    let (pairs, panel_scales) = nibble_panels(&integers, &scales, ROWS, kept);
    let matrix = BlockSparseInt4::<ROWS, COLUMNS>::new(
        leak(vec![kept as u16; ROWS.div_ceil(16)]),
        leak((0..ROWS.div_ceil(16)).flat_map(|_| columns()).collect()),
        leak(pairs),
        leak(panel_scales),
    );
    check(matrix, &row_major, sums);
    let matrix = SparseInt4::<ROWS, COLUMNS>::new(
        &[37; ROWS],
        leak((0..ROWS).flat_map(|_| columns()).collect()),
        nibble_rows(&integers, kept),
        leak(scales),
    );
    assert_eq!(kept, 37);
    check(matrix, &row_major, sums);
}
