//! Cells and layers in integers, for processors without a floating-point unit.
//!
//! Weights are integers of 8 bits with a scale for each row, vectors and the cell state integers of 16 bits, and
//! activations come from a table. `f32` stands between layers alone, as bits that are taken apart and put together:
//! nothing here multiplies, adds or compares two of them.
//!
//! | numbers | fraction bits | range |
//! |---|---|---|
//! | vectors that a matrix multiplies | as many as their largest fits in, anew each time | 16 bits |
//! | [sums](SUM), before an activation | 12 | `-2^16..2^16` |
//! | [gates and hidden vectors](UNIT), behind it | 15 | `-512..=512` |
//! | [cell state](CELL) | 11 | `-16..16` |
//!
//! A linear layer without an activation, or with `relu`, returns its sums as `f32`: all bits below 4096, the
//! first 24 above.
//!
//! Results outside a range stay at its end; so does a NaN, by its sign. Every machine computes the same bits.

/// What a [`Cell`](crate::cell::Cell) in integers has none of: the sums of a unit are formed where they are needed.
macro_rules! in_integers {
    () => {
        type Input = Zero;

        #[inline(always)]
        fn input(&self) -> &Zero {
            &Zero
        }

        #[inline(always)]
        fn bias(&self) -> &[f32; 1] {
            &[0.0]
        }

        #[inline(always)]
        fn input_sums<S: Simd>(&self, _: S, _: &[f32; INPUT], _: &mut [f32; 1]) {}

        #[inline(always)]
        fn input_sums_each<S: Simd>(&self, _: S, _: &[[f32; INPUT]], _: &mut [[f32; 1]]) {}
    };
}

mod activation;
mod bits;
mod fastgrnn;
mod fastrnn;
mod gru;
mod linear;
mod lstm;
mod matrix;
mod rnn;
mod vector;

pub use activation::{Nonlinearity, Output};
pub use fastgrnn::FastGrnn;
pub use fastrnn::FastRnn;
pub use gru::{GruAfter, GruBefore};
pub use linear::Linear;
pub use lstm::{Lstm, LstmState};
pub use matrix::{Dense, LowRank, Matrix, Shift};
pub use rnn::Rnn;
pub use vector::Vector;

use bits::{from_f32, to_f32};

/// Fraction bits of a sum.
pub const SUM: u32 = 12;
/// Fraction bits of what an activation gives, and of a hidden vector.
pub const UNIT: u32 = 15;
/// Fraction bits of the cell state of an LSTM.
pub const CELL: u32 = 11;
/// Fraction bits of the numbers between the two factors of a matrix.
pub const INNER: u32 = 18;

/// One, as a [`UNIT`].
const ONE: i32 = 1 << UNIT;
/// Sums are kept below it, so that a few of them can be added.
const SUM_LIMIT: i32 = 1 << 28;

/// `value * factor` of a [`UNIT`] in `0..=2`, rounded to the nearest.
#[inline(always)]
const fn scale15(value: i32, factor: i32) -> i32 {
    let low = (value & 0x7fff).wrapping_mul(factor).wrapping_add(1 << 14) >> 15;
    (value >> 15).wrapping_mul(factor).wrapping_add(low)
}

/// `value` within `-limit..limit`.
#[inline(always)]
fn within(value: i32, limit: i32) -> i32 {
    value.clamp(-limit, limit - 1)
}
