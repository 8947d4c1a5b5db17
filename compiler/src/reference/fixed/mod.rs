//! Cells and layers in integers, number by number as the runtime's `fixed` describes them, in `i64`.

mod activation;
mod fastgrnn;
mod fastrnn;
mod gru;
mod linear;
mod lstm;
mod matrix;
mod ranges;
mod rnn;

pub(super) use linear::apply;
pub use ranges::{RangeCount, RangeKind, Ranges};

use super::State;
use crate::model::Cell;
use crate::model::fixed::{CELL, SUM, UNIT};

/// Fraction bits of the numbers between the two factors of a matrix.
const INNER: i32 = 18;
/// One, with [`UNIT`] bits behind the point.
const ONE: i64 = 1 << UNIT;
/// Integers up to it are given as `f32`.
const LARGEST: i64 = (1 << 24) - 1;

/// The state after `state`, of a cell whose matrices are fixed; counts its numbers in `ranges`.
pub(super) fn step(cell: &Cell, state: &State, x: &[f64], ranges: &mut Ranges) -> State {
    match cell {
        Cell::Lstm(cell) => lstm::step(cell, state, x, ranges),
        Cell::Gru(cell) => gru::step(cell, state, x, ranges),
        Cell::Rnn(cell) => rnn::step(cell, state, x, ranges),
        Cell::FastRnn(cell) => fastrnn::step(cell, state, x, ranges),
        Cell::FastGrnn(cell) => fastgrnn::step(cell, state, x, ranges),
    }
}

/// `x` with `fraction` bits behind the point; halves go away from zero.
fn integer(x: f64, fraction: i32) -> i64 {
    let most = LARGEST as f64;
    // A NaN is read by its sign.
    let scaled = if x.is_nan() { most.copysign(x) } else { x * f64::from(1 << fraction) };
    scaled.round().clamp(-most, most) as i64
}

/// What an integer with `fraction` bits behind the point stands for.
fn number(integer: i64, fraction: i32) -> f64 {
    integer.clamp(-LARGEST, LARGEST) as f64 / f64::from(1 << fraction)
}

/// The hidden value of `integer`.
fn hidden(integer: i64, ranges: &mut Ranges) -> f64 {
    let exact = integer as f64 / f64::from(1 << UNIT);
    ranges.see(RangeKind::Hidden, exact, integer.abs() > LARGEST);
    number(integer, UNIT)
}

/// `integer / 2^shift`, to the nearest; halves go up.
fn shifted(integer: i64, shift: i32) -> i64 {
    (integer + ((1 << shift) >> 1)) >> shift
}

/// The product with a factor that has [`UNIT`] bits behind the point.
fn scale(integer: i64, factor: i64) -> i64 {
    shifted(integer * factor, UNIT)
}

/// A bias as a sum.
fn sum(bias: f32) -> i64 {
    (f64::from(bias) * f64::from(1 << SUM)).round() as i64
}
