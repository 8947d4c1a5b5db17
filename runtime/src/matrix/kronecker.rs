//! A Kronecker product of two small matrices.

use super::panel::total;
use super::{Matrix, Rows};
use crate::lanes::{load_from, store};
use crate::simd::{LANES, Simd};

/// `B (x) C` of `B_ROWS x B_COLUMNS` and `C_ROWS x C_COLUMNS`: block `(i, j)` is `b[i][j] C`.
///
/// With the input `X` and the product `Y` seen as rows of `C_COLUMNS` and `C_ROWS`, `Y = B X C^T`. The two
/// products are formed in the order that needs fewer multiplications.
#[derive(Debug, Clone, Copy)]
pub struct Kronecker<
    B,
    C,
    const B_ROWS: usize,
    const B_COLUMNS: usize,
    const C_ROWS: usize,
    const C_COLUMNS: usize,
> {
    b: B,
    c: C,
}

impl<B, C, const B_ROWS: usize, const B_COLUMNS: usize, const C_ROWS: usize, const C_COLUMNS: usize>
    Kronecker<B, C, B_ROWS, B_COLUMNS, C_ROWS, C_COLUMNS>
{
    /// Whether `B X` is formed first.
    const B_FIRST: bool =
        B_ROWS * C_COLUMNS * (B_COLUMNS + C_ROWS) <= B_COLUMNS * C_ROWS * (C_COLUMNS + B_ROWS);

    /// A product of `b` and `c`.
    pub const fn new(b: B, c: C) -> Self {
        Kronecker { b, c }
    }
}

impl<
    B,
    C,
    const ROWS: usize,
    const COLUMNS: usize,
    const B_ROWS: usize,
    const B_COLUMNS: usize,
    const C_ROWS: usize,
    const C_COLUMNS: usize,
> Matrix<ROWS, COLUMNS> for Kronecker<B, C, B_ROWS, B_COLUMNS, C_ROWS, C_COLUMNS>
where
    B: Rows<B_ROWS, B_COLUMNS>,
    C: Matrix<C_ROWS, C_COLUMNS>,
{
    #[inline(always)]
    fn mul_add<S: Simd>(&self, simd: S, x: &[f32; COLUMNS], y: &mut [f32; ROWS]) {
        const { assert!(ROWS == B_ROWS * C_ROWS && COLUMNS == B_COLUMNS * C_COLUMNS) }
        let (x, y) = (x.as_chunks::<C_COLUMNS>().0, y.as_chunks_mut::<C_ROWS>().0);
        if const { Self::B_FIRST && C::TAKES_ROWS } {
            if let (Some(x), Some(y)) = (x.first_chunk(), y.first_chunk_mut()) {
                self.c.mul_add_rows(simd, &weighed(simd, &self.b, x), y);
            }
        } else if const { Self::B_FIRST } {
            let mut product = [[0.0; C_COLUMNS]; B_ROWS];
            combine(simd, &self.b, x, &mut product);
            self.c.mul_add_each(simd, &product, y);
        } else {
            let mut product = [[0.0; C_ROWS]; B_COLUMNS];
            self.c.mul_add_each(simd, x, &mut product);
            combine(simd, &self.b, &product, y);
        }
    }
}

/// Sums that share what is read from the rows.
const SHARE: usize = 4;
/// Sums that columns take in turns where few rows are summed.
const TURNS: usize = 4;

/// Adds to each of `to` the sum of the rows of `from`, weighted by the numbers of a row of `b`.
#[inline(always)]
fn combine<S: Simd, B: Rows<ROWS, COLUMNS>, const ROWS: usize, const COLUMNS: usize, const WIDTH: usize>(
    simd: S,
    b: &B,
    from: &[[f32; WIDTH]],
    to: &mut [[f32; WIDTH]],
) {
    let (groups, rest) = to.as_chunks_mut::<SHARE>();
    for (group, to) in groups.iter_mut().enumerate() {
        let row = group * SHARE;
        let [room0, room1, room2, room3] = &mut [[0.0; COLUMNS]; SHARE];
        let b = [
            b.row(simd, row, room0),
            b.row(simd, row + 1, room1),
            b.row(simd, row + 2, room2),
            b.row(simd, row + 3, room3),
        ];
        weigh(simd, b, from, to);
    }
    let first = ROWS / SHARE * SHARE;
    let pairs = if const { S::ONE_BY_ONE } { ROWS % SHARE / 2 * 2 } else { 0 };
    let (pairs, singles) = rest.split_at_mut_checked(pairs).unwrap_or_default();
    let first_single = first + pairs.len();
    for (pair, to) in pairs.as_chunks_mut().0.iter_mut().enumerate() {
        let row = first + 2 * pair;
        let [room0, room1] = &mut [[0.0; COLUMNS]; 2];
        weigh(simd, [b.row(simd, row, room0), b.row(simd, row + 1, room1)], from, to);
    }
    for (index, to) in singles.iter_mut().enumerate() {
        let mut room = [0.0; COLUMNS];
        weigh(simd, [b.row(simd, first_single + index, &mut room)], from, core::array::from_mut(to));
    }
}

/// The sums of the rows of `from`, weighted by the numbers of each row of `b`, with zeros behind them.
#[inline(always)]
fn weighed<S: Simd, B: Rows<ROWS, COLUMNS>, const ROWS: usize, const COLUMNS: usize, const WIDTH: usize>(
    simd: S,
    b: &B,
    from: &[[f32; WIDTH]; COLUMNS],
) -> [S::F32; ROWS] {
    let mut to = [simd.splat(0.0); ROWS];
    let (pairs, rest) = to.as_chunks_mut::<2>();
    for (pair, to) in pairs.iter_mut().enumerate() {
        let [room0, room1] = &mut [[0.0; COLUMNS]; 2];
        let b = [b.row(simd, 2 * pair, room0), b.row(simd, 2 * pair + 1, room1)];
        *to = weighed_rows(simd, b, from);
    }
    for to in rest {
        let mut room = [0.0; COLUMNS];
        [*to] = weighed_rows(simd, [b.row(simd, ROWS - 1, &mut room)], from);
    }
    to
}

/// [`weighed`] for `N` rows of `b`, with sums that four columns take in turns.
#[inline(always)]
fn weighed_rows<S: Simd, const COLUMNS: usize, const WIDTH: usize, const N: usize>(
    simd: S,
    b: [&[f32; COLUMNS]; N],
    from: &[[f32; WIDTH]; COLUMNS],
) -> [S::F32; N] {
    let flat = from.as_flattened();
    let mut sums = [[simd.splat(0.0); N]; TURNS];
    for turn in 0..COLUMNS.div_ceil(TURNS) {
        for (t, sums) in sums.iter_mut().enumerate() {
            let column = turn * TURNS + t;
            if column < COLUMNS {
                // Behind the end of a row there are numbers of the next, whose sums are taken out in the end.
                let x = load_from(simd, flat, column * WIDTH);
                for n in 0..N {
                    sums[n] = simd.mul_add(simd.splat(b[n][column]), x, sums[n]);
                }
            }
        }
    }
    let mut totals = total(simd, sums);
    for total in &mut totals {
        *total = simd.keep_first(*total, WIDTH);
    }
    totals
}

/// [`combine`] for `N` rows of `b` at once.
#[inline(always)]
fn weigh<S: Simd, const COLUMNS: usize, const WIDTH: usize, const N: usize>(
    simd: S,
    b: [&[f32; COLUMNS]; N],
    from: &[[f32; WIDTH]],
    to: &mut [[f32; WIDTH]; N],
) {
    if const { S::ONE_BY_ONE && N * WIDTH <= LANES } {
        return one_by_one(b, from, to);
    }
    if const { S::ONE_BY_ONE && WIDTH <= LANES } {
        for (b, to) in b.into_iter().zip(to) {
            one_by_one([b], from, core::array::from_mut(to));
        }
        return;
    }
    let mut start = 0;
    while start < WIDTH {
        let length = if WIDTH - start < LANES { WIDTH - start } else { LANES };
        let sums = sums(simd, b, from, start);
        for n in 0..N {
            let sum = simd.add(load_from(simd, &to[n], start), sums[n]);
            store(simd, sum, &mut to[n], start, length);
        }
        start += LANES;
    }
}

/// [`weigh`], number by number.
#[inline(always)]
fn one_by_one<const COLUMNS: usize, const WIDTH: usize, const N: usize>(
    b: [&[f32; COLUMNS]; N],
    from: &[[f32; WIDTH]],
    to: &mut [[f32; WIDTH]; N],
) {
    let mut sums = *to;
    for (column, from) in from.iter().enumerate().take(COLUMNS) {
        for (at, from) in from.iter().enumerate() {
            for n in 0..N {
                sums[n][at] += b[n][column] * from;
            }
        }
    }
    *to = sums;
}

/// 16 sums of each of `N` rows from `start` on; behind the end of a row they mean nothing.
#[inline(always)]
fn sums<S: Simd, const COLUMNS: usize, const WIDTH: usize, const N: usize>(
    simd: S,
    b: [&[f32; COLUMNS]; N],
    from: &[[f32; WIDTH]],
    start: usize,
) -> [S::F32; N] {
    let flat = from.as_flattened();
    let mut even = [simd.splat(0.0); N];
    let mut odd = [simd.splat(0.0); N];
    for pair in 0..COLUMNS / 2 {
        let first = load_from(simd, flat, 2 * pair * WIDTH + start);
        let second = load_from(simd, flat, (2 * pair + 1) * WIDTH + start);
        for n in 0..N {
            even[n] = simd.mul_add(simd.splat(b[n][2 * pair]), first, even[n]);
            odd[n] = simd.mul_add(simd.splat(b[n][2 * pair + 1]), second, odd[n]);
        }
    }
    if const { COLUMNS % 2 == 1 } {
        let last = load_from(simd, flat, (COLUMNS - 1) * WIDTH + start);
        for n in 0..N {
            even[n] = simd.mul_add(simd.splat(b[n][COLUMNS - 1]), last, even[n]);
        }
    }
    let mut sums = [simd.splat(0.0); N];
    for n in 0..N {
        sums[n] = simd.add(even[n], odd[n]);
    }
    sums
}
