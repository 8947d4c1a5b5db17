//! Products of factors, each in a precision of its own.

use crate::halves::halves;
use crate::int4::{int4s, nibble_rows};
use crate::int8::{int8s, quads};
use crate::{check, check_what_cannot_be_rounded, leak, panels, sums};
use recurve::matrix::{Dense, Int4Table, Int8, Kronecker, RankOne, Table};
use recurve::simd::{Bf16, F16};

/// `b (x) c` of the numbers that they store.
fn kronecker(b: &[f32], b_columns: usize, c: &[f32], c_columns: usize) -> Vec<f32> {
    let mut product = Vec::new();
    for b_row in b.chunks(b_columns) {
        for c_row in c.chunks(c_columns) {
            product.extend(b_row.iter().flat_map(|b| c_row.iter().map(move |c| b * c)));
        }
    }
    product
}

#[test]
#[cfg_attr(miri, ignore = "too much arithmetic to interpret")]
fn factors_are_widened_where_they_are_read() {
    let (c, of_c, _) = halves(19 * 4);
    let c_matrix = Dense::<19, 4, F16>::new(panels(&of_c, 4));

    let (b, _, of_b) = halves(5 * 33);
    let rows = leak(of_b).as_chunks::<33>().0.try_into().expect("five rows");
    let matrix = Kronecker::<_, _, 5, 33, 19, 4>::new(Table::<5, 33, Bf16>::new(rows), c_matrix);
    check::<_, 95, 132>(matrix, &kronecker(&b, 33, &c, 4), sums);

    let (b, integers, scales) = int8s(5, 33);
    let rows = leak(integers).as_chunks::<33>().0.try_into().expect("five rows");
    let matrix = Kronecker::<_, _, 5, 33, 19, 4>::new(Table::scaled(rows, leak(scales)), c_matrix);
    check::<_, 95, 132>(matrix, &kronecker(&b, 33, &c, 4), sums);

    let (b, integers, scales) = int4s(5, 33);
    let table = Int4Table::<5, 33>::new(nibble_rows(&integers, 33), leak(scales));
    let matrix = Kronecker::<_, _, 5, 33, 19, 4>::new(table, c_matrix);
    check::<_, 95, 132>(matrix, &kronecker(&b, 33, &c, 4), sums);

    let (left, integers, scales) = int4s(1, 35);
    let of_left = Int4Table::<1, 35>::new(nibble_rows(&integers, 35), leak(scales));
    let (right, integers, scales) = int8s(1, 17);
    let rows = leak(integers).as_chunks::<17>().0.try_into().expect("one row");
    let matrix = RankOne::new(of_left, Table::<1, 17, i8>::scaled(rows, leak(scales)));
    let product: Vec<f32> = left.iter().flat_map(|l| right.iter().map(move |r| l * r)).collect();
    check::<_, 35, 17>(matrix, &product, sums);
}

/// Half a step for each number of what is formed first, of which 127 are the largest magnitude in all its rows.
fn narrow<
    const ROWS: usize,
    const COLUMNS: usize,
    const B_ROWS: usize,
    const B_COLUMNS: usize,
    const C_ROWS: usize,
    const C_COLUMNS: usize,
>() {
    let (b, integers, scales) = int8s(B_ROWS, B_COLUMNS);
    let rows = leak(integers).as_chunks::<B_COLUMNS>().0.try_into().expect("as many rows");
    let of_b = Table::<B_ROWS, B_COLUMNS, i8>::scaled(rows, leak(scales));
    let (c, integers, scales) = int8s(C_ROWS, C_COLUMNS);
    let scales: &'static [f32] = leak(scales);
    let of_c = Int8::<C_ROWS, C_COLUMNS>::new(
        quads(&integers, C_COLUMNS),
        scales.try_into().expect("a scale for each row"),
    );
    let matrix = Kronecker::<_, _, B_ROWS, B_COLUMNS, C_ROWS, C_COLUMNS>::new(of_b, of_c);
    let heaviest = c.chunks(C_COLUMNS).map(|row| row.iter().map(|c| f64::from(c.abs())).sum());
    let heaviest: f64 = heaviest.fold(0.0, f64::max);
    check::<_, ROWS, COLUMNS>(matrix, &kronecker(&b, B_COLUMNS, &c, C_COLUMNS), |_, x| {
        let formed = b.chunks(B_COLUMNS).flat_map(|b| {
            (0..C_COLUMNS).map(move |at| {
                let column = x.iter().skip(at).step_by(C_COLUMNS);
                b.iter().zip(column).map(|(b, x)| f64::from(*b) * f64::from(*x)).sum::<f64>()
            })
        });
        let largest = formed.fold(0.0, |largest: f64, number| largest.max(number.abs()));
        heaviest * largest / 254.0 * 1.0001 + 1e-5
    });
}

#[test]
#[cfg_attr(miri, ignore = "too much arithmetic to interpret")]
fn factors_of_few_columns_are_multiplied_in_integers() {
    narrow::<118, 128, 2, 16, 59, 8>();
    narrow::<179, 256, 1, 32, 179, 8>();
    narrow::<180, 189, 12, 21, 15, 9>();
    narrow::<32, 48, 4, 8, 8, 6>();
    narrow::<154, 164, 11, 41, 14, 4>();
    narrow::<210, 65, 3, 13, 70, 5>();
    narrow::<80, 528, 1, 33, 80, 16>();
    narrow::<48, 140, 3, 20, 16, 7>();
}

#[test]
#[cfg_attr(miri, ignore = "too much arithmetic to interpret")]
fn factors_of_many_columns_are_multiplied_in_integers() {
    let (b, integers, scales) = int8s(19, 2);
    let rows = leak(integers).as_chunks::<2>().0.try_into().expect("nineteen rows");
    let of_b = Table::<19, 2, i8>::scaled(rows, leak(scales));
    let (c, integers, scales) = int8s(2, 45);
    let scales: &'static [f32] = leak(scales);
    let of_c = Int8::<2, 45>::new(quads(&integers, 45), scales.try_into().expect("a scale for each row"));
    let heaviest = |of: &[f32], columns| {
        let rows = of.chunks(columns).map(|row| row.iter().map(|number| f64::from(number.abs())).sum());
        rows.fold(0.0, f64::max)
    };
    let most = heaviest(&b, 2) * heaviest(&c, 45);
    check::<_, 38, 90>(
        Kronecker::<_, _, 19, 2, 2, 45>::new(of_b, of_c),
        &kronecker(&b, 2, &c, 45),
        |_, x| {
            // The vector's pieces are rounded first.
            let largest = x.iter().fold(0.0, |largest: f32, x| largest.max(x.abs()));
            most * f64::from(largest) / 254.0 * 1.0001 + 1e-5
        },
    );
}

#[test]
fn factors_that_cannot_be_rounded_give_zero_or_no_number() {
    let (_, integers, scales) = int8s(2, 5);
    let rows = leak(integers).as_chunks::<5>().0.try_into().expect("two rows");
    let of_b = Table::<2, 5, i8>::scaled(rows, leak(scales));
    let (_, integers, scales) = int8s(19, 4);
    let scales: &'static [f32] = leak(scales);
    let of_c = Int8::<19, 4>::new(quads(&integers, 4), scales.try_into().expect("a scale for each row"));
    let matrix = Kronecker::<_, _, 2, 5, 19, 4>::new(of_b, of_c);
    check_what_cannot_be_rounded::<_, 38, 20>(matrix);
}
