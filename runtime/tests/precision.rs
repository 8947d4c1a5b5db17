//! Products of matrices in every precision against plain loops over the numbers that they store.

mod common;

use common::{BEYOND_CACHE, INPUTS, numbers, on_each_level};
use recurve::matrix::{
    BlockSparse, BlockSparseInt4, Dense, Four, Int4, Int4Table, Int8, Kronecker, Matrix, Packed, RankOne,
    Sparse, SparseInt4, Table, Two, Width,
};
use recurve::simd::{Bf16, F16, Kernel, LANES, Simd};

struct Products<'a, M, const ROWS: usize, const COLUMNS: usize> {
    matrix: M,
    xs: &'a [[f32; COLUMNS]],
    start: &'a [f32; ROWS],
}

impl<M: Matrix<ROWS, COLUMNS>, const ROWS: usize, const COLUMNS: usize> Kernel
    for Products<'_, M, ROWS, COLUMNS>
{
    type Output = (Vec<[f32; ROWS]>, Vec<[f32; ROWS]>);

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) -> Self::Output {
        let mut single = vec![*self.start; self.xs.len()];
        for (x, y) in self.xs.iter().zip(&mut single) {
            self.matrix.mul_add(simd, x, y);
        }
        let mut each = vec![*self.start; self.xs.len() + 1];
        self.matrix.mul_add_each(simd, self.xs, &mut each);
        (single, each)
    }
}

/// `bound` gives how far a row's product with `x` may be from the exact one.
fn check<M, const ROWS: usize, const COLUMNS: usize>(
    matrix: M,
    row_major: &[f32],
    bound: impl Fn(&[f32], &[f32; COLUMNS]) -> f64,
) where
    M: Matrix<ROWS, COLUMNS>,
{
    assert_eq!(row_major.len(), ROWS * COLUMNS);
    let xs: Vec<[f32; COLUMNS]> = (0..INPUTS)
        .map(|seed| numbers(COLUMNS, 100 + seed as u64).try_into().expect("as many as asked for"))
        .collect();
    let start: [f32; ROWS] = numbers(ROWS, 7).try_into().expect("as many as asked for");
    for (level, (single, each)) in on_each_level(|| Products { matrix, xs: &xs, start: &start }) {
        assert_eq!(single, each[..INPUTS], "{level:?} {ROWS}x{COLUMNS}: one by one and together");
        assert_eq!(each[INPUTS], start, "{level:?} {ROWS}x{COLUMNS}: no input, no product");
        for (x, y) in xs.iter().zip(&single) {
            for (row, y) in y.iter().enumerate() {
                let weights = &row_major[row * COLUMNS..(row + 1) * COLUMNS];
                let products = weights.iter().zip(x).map(|(a, x)| f64::from(*a) * f64::from(*x));
                let exact = f64::from(start[row]) + products.sum::<f64>();
                let (error, bound) = ((f64::from(*y) - exact).abs(), bound(weights, x));
                assert!(
                    error <= bound,
                    "{level:?} {ROWS}x{COLUMNS}, row {row}: {y}, {exact}, {error} > {bound}"
                );
            }
        }
    }
}

/// What adding up in `f32` costs.
fn sums<const COLUMNS: usize>(_: &[f32], _: &[f32; COLUMNS]) -> f64 {
    2e-6 * COLUMNS as f64
}

/// Half a step for each number of the vector, of which 127 are its largest magnitude.
fn half_steps<const COLUMNS: usize>(weights: &[f32], x: &[f32; COLUMNS]) -> f64 {
    let largest = x.iter().fold(0.0, |largest: f32, x| largest.max(x.abs()));
    let weights: f64 = weights.iter().map(|weight| f64::from(weight.abs())).sum();
    weights * f64::from(largest) / 254.0 * 1.0001 + 1e-5
}

fn leak<T: Copy>(numbers: Vec<T>) -> &'static [T] {
    numbers.leak()
}

/// The layout that `Dense` reads.
fn panels<T: Copy>(row_major: &[T], columns: usize) -> &'static [T] {
    let rows = row_major.len() / columns;
    let (blocks, rest) = row_major.split_at(rows / 64 * 64 * columns);
    let (panel, tail) = rest.split_at(rows % 64 / 16 * 16 * columns);
    let tiled = if columns < 64 { 0 } else { columns / 16 * 16 };
    let mut packed = Vec::new();
    for block in blocks.chunks(64 * columns).chain([panel]) {
        for column in 0..columns {
            packed.extend(block.chunks(columns).map(|row| row[column]));
        }
    }
    for tile in (0..tiled).step_by(16) {
        packed.extend(tail.chunks(columns).flat_map(|row| &row[tile..tile + 16]));
    }
    for column in tiled..columns {
        packed.extend(tail.chunks(columns).map(|row| row[column]));
    }
    leak(packed)
}

/// Numbers that a binary16 or bfloat16 holds, with their bits.
fn halves(count: usize) -> (Vec<f32>, Vec<F16>, Vec<Bf16>) {
    let numbers: Vec<f32> = numbers(count, 3).iter().map(|number| (number * 100.0).round() / 128.0).collect();
    let f16 = |number: &f32| {
        let bits = (number.abs() * f32::from_bits((127 - 112) << 23)).to_bits() >> 13;
        F16(bits as u16 | (number.to_bits() >> 16) as u16 & 0x8000)
    };
    let f16s: Vec<F16> = numbers.iter().map(f16).collect();
    let bf16s: Vec<Bf16> = numbers.iter().map(|number| Bf16((number.to_bits() >> 16) as u16)).collect();
    assert!(numbers.iter().zip(&f16s).all(|(number, bits)| *number == bits.to_f32()));
    assert!(numbers.iter().zip(&bf16s).all(|(number, bits)| *number == bits.to_f32()));
    (numbers, f16s, bf16s)
}

fn half_dense<const ROWS: usize, const COLUMNS: usize>() {
    let (values, f16s, bf16s) = halves(ROWS * COLUMNS);
    check(Dense::<ROWS, COLUMNS, F16>::new(panels(&f16s, COLUMNS)), &values, sums);
    check(Dense::<ROWS, COLUMNS, Bf16>::new(panels(&bf16s, COLUMNS)), &values, sums);
}

#[test]
fn halves_are_widened() {
    half_dense::<1, 1>();
    half_dense::<19, 7>();
    half_dense::<64, 5>();
    half_dense::<85, 9>();
    half_dense::<27, 67>();
}

#[test]
#[cfg_attr(miri, ignore = "too much arithmetic to interpret")]
fn large_matrices_of_halves_are_right() {
    half_dense::<516, 21>();
    if BEYOND_CACHE {
        half_dense::<516, 521>();
    }
}

/// Integers and a scale for each row.
fn int8s(rows: usize, columns: usize) -> (Vec<f32>, Vec<i8>, Vec<f32>) {
    let integers: Vec<i8> = numbers(rows * columns, 11).iter().map(|number| (number * 127.9) as i8).collect();
    let scales: Vec<f32> = numbers(rows, 12).iter().map(|scale| scale.abs() / 100.0).collect();
    let values = integers.iter().enumerate().map(|(at, w)| f32::from(*w) * scales[at / columns]).collect();
    (values, integers, scales)
}

/// Rows of 64 at a time, four columns after four.
fn quads(integers: &[i8], columns: usize) -> &'static [[i8; 4]] {
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
    check(Int8::<ROWS, COLUMNS>::new(quads(&integers, COLUMNS), per_row), &values, half_steps);
    check(Dense::<ROWS, COLUMNS, i8>::scaled(panels(&integers, COLUMNS), scales), &values, sums);
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
    let mut xs = [[0.0; 40], [f32::from_bits(1); 40], [0.5; 40], [0.5; 40]];
    xs[2][7] = f32::NAN;
    xs[3][39] = f32::NEG_INFINITY;
    for (level, (products, _)) in on_each_level(|| Products { matrix, xs: &xs, start: &[1.0; 20] }) {
        assert_eq!(products[..2], [[1.0; 20]; 2], "{level:?}");
        assert!(products[2..].iter().flatten().all(|number| number.is_nan()), "{level:?}");
    }
}

/// Integers in -7..=7 and a scale for each 32 columns of a row, in panels of 16 rows.
fn int4s(rows: usize, columns: usize) -> (Vec<f32>, Vec<u8>, Vec<F16>) {
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

fn nibble_panels(
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
    check(Int4::<ROWS, COLUMNS>::new(leak(pairs), leak(scales)), &values, sums);
}

#[test]
fn integers_of_4_bits_are_widened() {
    int4::<1, 1>();
    int4::<16, 32>();
    int4::<19, 7>();
    int4::<40, 33>();
    int4::<5, 70>();
}

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
    let (matrix, values) = packed::<Two, ROWS, COLUMNS>(1);
    check(matrix, &values, half_steps);
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
    fn give<W: Width>(most: i8) {
        let (matrix, _) = packed::<W, 20, 40>(most);
        let mut xs = [[0.0; 40], [f32::from_bits(1); 40], [0.5; 40], [0.5; 40]];
        xs[2][7] = f32::NAN;
        xs[3][39] = f32::NEG_INFINITY;
        for (level, (products, _)) in on_each_level(|| Products { matrix, xs: &xs, start: &[1.0; 20] }) {
            assert_eq!(products[..2], [[1.0; 20]; 2], "{level:?}");
            assert!(products[2..].iter().flatten().all(|number| number.is_nan()), "{level:?}");
        }
    }
    give::<Four>(7);
    give::<Two>(1);
}

fn nibble_rows(integers: &[u8], columns: usize) -> &'static [u8] {
    let rows = integers.chunks(columns);
    leak(rows.flat_map(|row| row.chunks(2)).map(|pair| pair[0] | pair.get(1).unwrap_or(&8) << 4).collect())
}

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
fn factors_that_cannot_be_rounded_give_zero_or_no_number() {
    let (_, integers, scales) = int8s(2, 5);
    let rows = leak(integers).as_chunks::<5>().0.try_into().expect("two rows");
    let of_b = Table::<2, 5, i8>::scaled(rows, leak(scales));
    let (_, integers, scales) = int8s(19, 4);
    let scales: &'static [f32] = leak(scales);
    let of_c = Int8::<19, 4>::new(quads(&integers, 4), scales.try_into().expect("a scale for each row"));
    let matrix = Kronecker::<_, _, 2, 5, 19, 4>::new(of_b, of_c);
    let mut xs = [[0.0; 20], [0.5; 20], [0.5; 20]];
    xs[1][7] = f32::NAN;
    xs[2][19] = f32::NEG_INFINITY;
    for (level, (products, _)) in on_each_level(|| Products { matrix, xs: &xs, start: &[1.0; 38] }) {
        assert_eq!(products[0], [1.0; 38], "{level:?}");
        assert!(products[1..].iter().flatten().all(|number| number.is_nan()), "{level:?}");
    }
}

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
