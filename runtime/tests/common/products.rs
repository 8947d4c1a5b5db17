//! Products of matrices against plain loops.

use recurve::matrix::{Matrix, Rows};
use recurve::simd::{Kernel, Simd};

use super::{INPUTS, numbers, on_each_level};

/// `y += A x` for each vector by itself, and for several at once.
pub(crate) struct Products<'a, M, const ROWS: usize, const COLUMNS: usize> {
    pub(crate) matrix: M,
    pub(crate) xs: &'a [[f32; COLUMNS]],
    pub(crate) start: &'a [f32; ROWS],
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
        // One output more than there are inputs, which is to stay as it is.
        let mut each = vec![*self.start; self.xs.len() + 1];
        self.matrix.mul_add_each(simd, self.xs, &mut each);
        (single, each)
    }
}

/// `bound` gives how far a row's product with `x` may be from the exact one.
pub(crate) fn check<M, const ROWS: usize, const COLUMNS: usize>(
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
                    error < bound,
                    "{level:?} {ROWS}x{COLUMNS}, row {row}: {y}, {exact}, {error} >= {bound}"
                );
            }
        }
    }
}

struct EachRow<M, const ROWS: usize, const COLUMNS: usize>(M);

impl<M: Rows<ROWS, COLUMNS>, const ROWS: usize, const COLUMNS: usize> Kernel for EachRow<M, ROWS, COLUMNS> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) -> Vec<f32> {
        let row = |row| {
            let mut room = [f32::NAN; COLUMNS];
            *self.0.row(simd, row, &mut room)
        };
        // One more than there are.
        (0..=ROWS).flat_map(row).collect()
    }
}

/// Every row is that of `row_major`, to the last bit; one that is not there is zeros.
pub(crate) fn check_rows<M, const ROWS: usize, const COLUMNS: usize>(matrix: M, row_major: &[f32])
where
    M: Rows<ROWS, COLUMNS>,
{
    for (level, found) in on_each_level(|| EachRow::<M, ROWS, COLUMNS>(matrix)) {
        assert_eq!(found[..ROWS * COLUMNS], *row_major, "{level:?} {ROWS}x{COLUMNS}: rows");
        assert_eq!(found[ROWS * COLUMNS..], [0.0; COLUMNS], "{level:?} {ROWS}x{COLUMNS}: no row");
    }
}

/// What adding up in `f32` costs.
pub(crate) fn sums<const COLUMNS: usize>(_: &[f32], _: &[f32; COLUMNS]) -> f64 {
    2e-6 * COLUMNS as f64
}

pub(crate) fn leak<T: Copy>(numbers: Vec<T>) -> &'static [T] {
    numbers.leak()
}

/// Row-major numbers in the layout that `Dense` reads: blocks of 64 rows and one of what else fills vectors, column
/// after column, and the last rows in tiles of 16 columns or column after column.
pub(crate) fn panels<T: Copy>(row_major: &[T], columns: usize) -> &'static [T] {
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
