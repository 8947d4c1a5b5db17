//! Matrices of integers of 8 bits that multiply vectors of 16.

use super::{INNER, SUM, SUM_LIMIT, Vector, within};
use crate::simd::short;

/// Columns in fours that a turn of the loop takes.
const UNROLL: usize = 2;

/// A matrix that gives `TOGETHER` rows at once.
pub trait Matrix<const TOGETHER: usize, const COLUMNS: usize>: Copy {
    /// What the rows multiply.
    type Vector;

    /// What the rows multiply, of `x`, for products with `fraction` bits behind the point.
    fn prepare(&self, x: Vector<COLUMNS>, fraction: u32) -> Self::Vector;

    /// The products of group `group` of rows with `x`; zeros for a group that the matrix does not have.
    fn rows(&self, x: &Self::Vector, group: usize) -> [i32; TOGETHER];
}

/// Integers of 8 bits, each of which is to be multiplied with `factor / 2^point` of its row.
///
/// Rows lie in groups of `TOGETHER`; a group stores the first four numbers of each of its rows, then the next
/// four, and so on. Columns are filled up with zeros to a multiple of four.
#[derive(Debug, Clone, Copy)]
pub struct Dense<const TOGETHER: usize, const COLUMNS: usize> {
    quads: &'static [[[i8; 4]; TOGETHER]],
    factors: &'static [[i16; TOGETHER]],
    point: i32,
}

impl<const TOGETHER: usize, const COLUMNS: usize> Dense<TOGETHER, COLUMNS> {
    /// Groups of four columns.
    const QUADS: usize = COLUMNS.div_ceil(4);

    /// A matrix of as many rows as there are `factors`, whose numbers lie in `quads` as the compiler packs them.
    ///
    /// # Panics
    /// Where there are not as many numbers as the sizes say: an error at compile time in generated code.
    pub const fn new(quads: &'static [[i8; 4]], factors: &'static [i16], point: i32) -> Self {
        assert!(COLUMNS > 0 && quads.len() == factors.len() * Self::QUADS);
        assert!(factors.len().is_multiple_of(TOGETHER));
        Dense { quads: quads.as_chunks().0, factors: factors.as_chunks().0, point }
    }
}

impl<const TOGETHER: usize, const COLUMNS: usize> Matrix<TOGETHER, COLUMNS> for Dense<TOGETHER, COLUMNS> {
    type Vector = (Vector<COLUMNS>, Shift);

    #[inline(always)]
    fn prepare(&self, x: Vector<COLUMNS>, fraction: u32) -> Self::Vector {
        let shift = Shift::new(self.point + x.fraction - fraction.cast_signed() - 16);
        (x, shift)
    }

    #[inline(always)]
    fn rows(&self, (x, shift): &Self::Vector, group: usize) -> [i32; TOGETHER] {
        let from = group * Self::QUADS;
        let weights = self.quads.get(from..from + Self::QUADS).unwrap_or_default();
        let (quads, last) = x.quads();
        let mut sums = [0; TOGETHER];
        let (whole, rest) = weights.split_at_checked(quads.len()).unwrap_or_default();
        let (turns, behind) = whole.as_chunks::<UNROLL>();
        let (x_turns, x_behind) = quads.as_chunks::<UNROLL>();
        for (weights, xs) in turns.iter().zip(x_turns) {
            for (weights, x) in weights.iter().zip(xs) {
                add(weights, *x, &mut sums);
            }
        }
        for (weights, x) in behind.iter().zip(x_behind) {
            add(weights, *x, &mut sums);
        }
        if let [weights] = rest {
            add(weights, last, &mut sums);
        }
        let factors = self.factors.get(group).copied().unwrap_or([0; TOGETHER]);
        for (sum, factor) in sums.iter_mut().zip(factors) {
            *sum = shift.apply(short::scale(*sum, factor));
        }
        sums
    }
}

/// Adds the products of four columns.
#[inline(always)]
fn add<const TOGETHER: usize>(weights: &[[i8; 4]; TOGETHER], x: [i16; 4], sums: &mut [i32; TOGETHER]) {
    for (sum, weights) in sums.iter_mut().zip(weights) {
        *sum = short::dot(*weights, x, *sum);
    }
}

/// Gives `unit` the sum of both products of each unit, with its `bias` and its place in the state `h`, which is moved on.
#[inline(always)]
pub(super) fn each_unit<I, R, B, const INPUT: usize, const HIDDEN: usize, const TOGETHER: usize>(
    (input, recurrent): (&I, &R),
    x: &[f32; INPUT],
    h: &mut [f32; HIDDEN],
    bias: &[B; HIDDEN],
    unit: impl Fn(i32, &B, &mut f32),
) where
    I: Matrix<TOGETHER, INPUT>,
    R: Matrix<TOGETHER, HIDDEN>,
{
    let x = input.prepare(Vector::new(x), SUM);
    let hidden = recurrent.prepare(Vector::new(h), SUM);
    let groups = h.as_chunks_mut::<TOGETHER>().0.iter_mut().zip(bias.as_chunks::<TOGETHER>().0);
    for (group, (units, biases)) in groups.enumerate() {
        let of_input = input.rows(&x, group);
        let of_state = recurrent.rows(&hidden, group);
        for (((h, bias), of_input), of_state) in units.iter_mut().zip(biases).zip(of_input).zip(of_state) {
            unit(of_input + of_state, bias, h);
        }
    }
}

/// What takes products to the bits that are wanted behind the point.
#[derive(Debug, Clone, Copy)]
pub struct Shift {
    half: i32,
    right: u32,
    left: u32,
}

impl Shift {
    /// Of a division by `2^shift`.
    #[inline(always)]
    fn new(shift: i32) -> Shift {
        let right = shift.clamp(0, 30).cast_unsigned();
        Shift { half: (1 << right) >> 1, right, left: (-shift).clamp(0, 28).cast_unsigned() }
    }

    /// The product, rounded to the nearest and within [`SUM_LIMIT`]; halves go up.
    #[inline(always)]
    fn apply(self, product: i32) -> i32 {
        let sum = within((product + self.half) >> self.right, SUM_LIMIT);
        if self.left == 0 { sum } else { larger(sum, self.left) }
    }
}

/// Of huge inputs, or huge weights.
#[cold]
#[inline(never)]
fn larger(sum: i32, left: u32) -> i32 {
    within(sum, SUM_LIMIT >> left) << left
}

/// `L R`, where `R` has `RANK` rows and gives `INNERS` of them at once.
#[derive(Debug, Clone, Copy)]
pub struct LowRank<L, R, const RANK: usize, const INNERS: usize> {
    /// `ROWS x RANK`.
    pub left: L,
    /// `RANK x COLUMNS`.
    pub right: R,
}

impl<L, R, const TOGETHER: usize, const INNERS: usize, const RANK: usize, const COLUMNS: usize>
    Matrix<TOGETHER, COLUMNS> for LowRank<L, R, RANK, INNERS>
where
    L: Matrix<TOGETHER, RANK>,
    R: Matrix<INNERS, COLUMNS>,
{
    type Vector = L::Vector;

    #[inline(always)]
    fn prepare(&self, x: Vector<COLUMNS>, fraction: u32) -> L::Vector {
        let x = self.right.prepare(x, INNER);
        let mut inner = [0; RANK];
        for (group, rows) in inner.as_chunks_mut::<INNERS>().0.iter_mut().enumerate() {
            *rows = self.right.rows(&x, group);
        }
        self.left.prepare(Vector::of_integers(&inner, INNER), fraction)
    }

    #[inline(always)]
    fn rows(&self, x: &L::Vector, group: usize) -> [i32; TOGETHER] {
        self.left.rows(x, group)
    }
}
