//! The products of every kind of matrix against plain loops, for sizes on both sides of every boundary.

mod common;

use common::products::{self, panels, sums};
use common::{BEYOND_CACHE, numbers};
use recurve::matrix::{
    Beside, BlockSparse, Dense, Gates, Kronecker, LowRank, Matrix, RankOne, Sparse, Stack, Sum, Table, Zero,
};

fn check<M, const ROWS: usize, const COLUMNS: usize>(matrix: M, row_major: &[f32])
where
    M: Matrix<ROWS, COLUMNS>,
{
    products::check(matrix, row_major, sums);
}

fn dense<const ROWS: usize, const COLUMNS: usize>() {
    let row_major = numbers(ROWS * COLUMNS, (ROWS * 1000 + COLUMNS) as u64);
    let matrix = Dense::<ROWS, COLUMNS>::new(panels(&row_major, COLUMNS));
    check(matrix, &row_major);
    products::check_rows::<_, ROWS, COLUMNS>(matrix, &row_major);
}

#[test]
fn dense_products_are_right() {
    dense::<1, 1>();
    dense::<3, 2>();
    dense::<15, 7>();
    dense::<16, 8>();
    dense::<17, 9>();
    dense::<31, 1>();
    dense::<33, 16>();
    dense::<48, 3>();
    dense::<49, 5>();
    dense::<63, 4>();
    dense::<64, 6>();
    dense::<65, 7>();
    dense::<80, 17>();
    dense::<129, 3>();
}

/// Rows that do not fill a vector have their columns in tiles.
#[test]
fn products_with_many_columns_are_right() {
    dense::<1, 64>();
    dense::<2, 79>();
    dense::<5, 65>();
    dense::<15, 80>();
    dense::<16, 63>();
    dense::<27, 70>();
}

/// Large enough that memory is asked for ahead.
#[test]
#[cfg_attr(miri, ignore = "too much arithmetic to interpret")]
fn large_dense_products_are_right() {
    dense::<67, 71>();
    dense::<116, 64>();
    dense::<192, 33>();
    dense::<516, 129>();
    if BEYOND_CACHE {
        dense::<516, 265>();
        dense::<64, 2050>();
    }
}

#[test]
fn low_rank_products_are_right() {
    let (left, right) = (numbers(21 * 3, 1), numbers(3 * 10, 2));
    let product: Vec<f32> = (0..21)
        .flat_map(|row| (0..10).map(move |column| (row, column)))
        .map(|(row, column)| (0..3).map(|r| left[row * 3 + r] * right[r * 10 + column]).sum())
        .collect();
    let matrix = LowRank::<_, _, 3>::new(
        Dense::<21, 3>::new(panels(&left, 3)),
        Dense::<3, 10>::new(panels(&right, 10)),
    );
    check::<_, 21, 10>(matrix, &product);
}

/// `b (x) c` by its definition.
fn kronecker<
    const ROWS: usize,
    const COLUMNS: usize,
    const B_ROWS: usize,
    const B_COLUMNS: usize,
    const C_ROWS: usize,
    const C_COLUMNS: usize,
>() {
    let (b, c) = (numbers(B_ROWS * B_COLUMNS, 3), numbers(C_ROWS * C_COLUMNS, 4));
    let mut product = Vec::new();
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            let in_b = b[row / C_ROWS * B_COLUMNS + column / C_COLUMNS];
            product.push(in_b * c[row % C_ROWS * C_COLUMNS + column % C_COLUMNS]);
        }
    }
    let c = Dense::<C_ROWS, C_COLUMNS>::new(panels(&c, C_COLUMNS));
    let b: &'static [f32] = b.leak();
    let b = Table::new(b.as_chunks().0.try_into().expect("as many as asked for"));
    let matrix = Kronecker::<_, _, B_ROWS, B_COLUMNS, C_ROWS, C_COLUMNS>::new(b, c);
    check::<_, ROWS, COLUMNS>(matrix, &product);
}

#[test]
fn kronecker_products_are_right() {
    // `B X` first, and `X C^T` first; rows of one, a group and more vectors.
    kronecker::<1, 1, 1, 1, 1, 1>();
    kronecker::<6, 33, 1, 1, 6, 33>();
    kronecker::<27, 20, 9, 1, 3, 20>();
    kronecker::<34, 6, 2, 3, 17, 2>();
    kronecker::<10, 60, 5, 3, 2, 20>();
    kronecker::<38, 12, 19, 12, 2, 1>();
}

#[test]
#[cfg_attr(miri, ignore = "too much arithmetic to interpret")]
fn large_kronecker_products_are_right() {
    kronecker::<118, 128, 2, 16, 59, 8>();
    kronecker::<40, 68, 5, 17, 8, 4>();
}

type Outer<const ROWS: usize, const COLUMNS: usize> = RankOne<Table<1, ROWS>, Table<1, COLUMNS>>;

fn rank_one<const ROWS: usize, const COLUMNS: usize>() -> (Outer<ROWS, COLUMNS>, Vec<f32>) {
    let (left, right) = (numbers(ROWS, 5), numbers(COLUMNS, 6));
    let product = left.iter().flat_map(|l| right.iter().map(move |r| l * r)).collect();
    let (left, right): (&'static [f32], &'static [f32]) = (left.leak(), right.leak());
    let left = left.as_chunks().0.try_into().expect("as many as asked for");
    let right = right.as_chunks().0.try_into().expect("as many as asked for");
    (RankOne::new(Table::new(left), Table::new(right)), product)
}

#[test]
fn outer_products_are_right() {
    let (matrix, product) = rank_one::<1, 1>();
    check(matrix, &product);
    let (matrix, product) = rank_one::<19, 35>();
    check(matrix, &product);
    let (matrix, product) = rank_one::<48, 16>();
    check(matrix, &product);
}

/// The hybrid of Thakker et al. 2019: dense rows above two outer products, and gates of a kind.
#[test]
fn composed_products_are_right() {
    const TOP: usize = 4;
    let top = numbers(TOP * 30, 8);
    let (left, of_left) = rank_one::<19, 13>();
    let (right, of_right) = rank_one::<19, 17>();
    let mut gate = top.clone();
    for (left, right) in of_left.chunks(13).zip(of_right.chunks(17)) {
        gate.extend_from_slice(left);
        gate.extend_from_slice(right);
    }
    let top = Dense::<TOP, 30>::new(panels(&top, 30));
    let hybrid = Stack::<_, _, TOP, 19>::new(top, Beside::<_, _, 13, 17>::new(left, right));
    check::<_, 23, 30>(hybrid, &gate);
    check::<_, 69, 30>(Gates::<_, 23, 3>([hybrid; 3]), &gate.repeat(3));
    check::<_, 5, 3>(Zero, &[0.0; 15]);
}

/// Numbers that are mostly zero, in runs of `height` rows that start at multiples of 16.
fn pruned(rows: usize, columns: usize, height: usize) -> Vec<f32> {
    let mut numbers = numbers(rows * columns, 9);
    for (index, number) in numbers.iter_mut().enumerate() {
        let (row, column) = (index / columns, index % columns);
        if (row / height * 31 + column * 17) % 7 < 5 {
            *number = 0.0;
        }
    }
    numbers
}

/// The kept columns of each panel of `height` rows: how many, which, and their numbers column after column.
fn kept(row_major: &[f32], columns: usize, height: usize) -> (Vec<u16>, Vec<u16>, Vec<f32>) {
    let (mut counts, mut indices, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for panel in row_major.chunks(height * columns) {
        let before = indices.len();
        for column in 0..columns {
            let block: Vec<f32> = panel.chunks(columns).map(|row| row[column]).collect();
            if block.iter().any(|number| *number != 0.0) {
                indices.push(column as u16);
                values.extend(block);
            }
        }
        counts.push((indices.len() - before) as u16);
    }
    (counts, indices, values)
}

fn sparse<const ROWS: usize, const COLUMNS: usize>() -> (Sparse<ROWS, COLUMNS>, Vec<f32>) {
    let row_major = pruned(ROWS, COLUMNS, 1);
    let (counts, indices, values) = kept(&row_major, COLUMNS, 1);
    let counts: &'static [u16] = counts.leak();
    let counts = counts.try_into().expect("a count for each row");
    (Sparse::new(counts, indices.leak(), values.leak()), row_major)
}

fn block_sparse<const ROWS: usize, const COLUMNS: usize>() {
    let row_major = pruned(ROWS, COLUMNS, 16);
    let (counts, indices, values) = kept(&row_major, COLUMNS, 16);
    let matrix = BlockSparse::<ROWS, COLUMNS>::new(counts.leak(), indices.leak(), values.leak());
    check(matrix, &row_major);
}

#[test]
fn pruned_products_are_right() {
    let (matrix, row_major) = sparse::<1, 1>();
    check(matrix, &row_major);
    let (matrix, row_major) = sparse::<19, 70>();
    check(matrix, &row_major);
    block_sparse::<1, 1>();
    block_sparse::<15, 9>();
    block_sparse::<16, 70>();
    if !cfg!(miri) {
        block_sparse::<70, 40>();
    }
}

#[test]
fn sums_of_matrices_are_right() {
    let (first, one) = sparse::<19, 35>();
    let (second, other) = rank_one::<19, 35>();
    let sum: Vec<f32> = one.iter().zip(&other).map(|(one, other)| one + other).collect();
    check::<_, 19, 35>(Sum::new(first, second), &sum);
}
