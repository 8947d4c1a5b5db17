//! Matrices of integers of 8 bits that multiply vectors of 16.

use super::{INNER, RangeKind, Ranges};
use crate::model::{Dense, LowRank, Matrix, Storage};

/// Integers, and how many bits of them are behind the point.
struct Vector {
    values: Vec<i64>,
    fraction: i32,
}

/// Bits of the integers that a matrix of so many columns multiplies.
fn width(columns: usize) -> i32 {
    15 - columns.div_ceil(512).next_power_of_two().trailing_zeros().cast_signed()
}

/// The largest takes all bits.
fn of_numbers(x: &[f64], ranges: &mut Ranges) -> Vector {
    let width = width(x.len());
    // Just below 2^16.
    let most = f64::from(f32::from_bits(0x477f_ffff));
    let mut limit = |x: f64| {
        ranges.see(RangeKind::Input, x, x.is_nan() || x.abs() > most);
        if x.is_nan() { most.copysign(x) } else { x.clamp(-most, most) }
    };
    let limited: Vec<f64> = x.iter().map(|x| limit(*x)).collect();
    let largest = limited.iter().fold(2f64.powi(-16), |largest, x| largest.max(x.abs()));
    let fraction = width - 1 - largest.log2().floor() as i32;
    let integer = |x: &f64| (x * 2f64.powi(fraction)).round() as i64;
    let most = (1 << width) - 1;
    Vector { values: limited.iter().map(|x| integer(x).clamp(-most, most)).collect(), fraction }
}

fn of_integers(x: &[i64], fraction: i32) -> Vector {
    let width = width(x.len());
    let largest = x.iter().fold(0, |largest, x| largest.max(x.abs()));
    let shift = (0..).find(|shift| largest >> shift < 1 << width).unwrap_or(0);
    let most = (1 << width) - 1;
    let integer = |x: &i64| x.signum() * super::shifted(x.abs(), shift).min(most);
    Vector { values: x.iter().map(integer).collect(), fraction: fraction - shift }
}

/// The products of all rows with `x`, with `fraction` bits behind the point.
pub(super) fn multiply(matrix: &Matrix, x: &[f64], fraction: i32, ranges: &mut Ranges) -> Vec<i64> {
    multiply_vector(matrix, &of_numbers(x, ranges), fraction, ranges)
}

/// [`multiply`], where `x` has `given` bits behind the point.
pub(super) fn multiply_integers(
    matrix: &Matrix,
    x: &[i64],
    given: i32,
    fraction: i32,
    ranges: &mut Ranges,
) -> Vec<i64> {
    multiply_vector(matrix, &of_integers(x, given), fraction, ranges)
}

fn multiply_vector(matrix: &Matrix, x: &Vector, fraction: i32, ranges: &mut Ranges) -> Vec<i64> {
    match matrix {
        Matrix::Dense(dense) => rows(dense, x, fraction, ranges),
        Matrix::LowRank(LowRank { left, right }) => {
            let inner = rows(right, x, INNER, ranges);
            rows(left, &of_integers(&inner, INNER), fraction, ranges)
        }
        Matrix::Zero { rows, .. } => vec![0; *rows],
        Matrix::Kronecker(_)
        | Matrix::RankOne(_)
        | Matrix::Sparse(_)
        | Matrix::Sum(_)
        | Matrix::Stack(_)
        | Matrix::Beside(_)
        | Matrix::Gates(_) => {
            unreachable!("`int16x8` beside `compression` is refused")
        }
    }
}

fn rows(dense: &Dense, x: &Vector, fraction: i32, ranges: &mut Ranges) -> Vec<i64> {
    let Storage::Int16x8 { scales, point } = &dense.storage else {
        return Vec::new();
    };
    let kind = if fraction == INNER { RangeKind::Inner } else { RangeKind::Sum };
    let mut row = |(row, scale): (usize, &f32)| {
        let scale = f64::from(*scale);
        let weight = |weight: f32| if scale == 0.0 { 0 } else { (f64::from(weight) / scale).round() as i64 };
        let sum: i64 = dense.row(row).iter().zip(&x.values).map(|(w, x)| weight(*w) * x).sum();
        let factor = (scale * 2f64.powi(*point)) as i64;
        let (product, shift) = ((sum * factor) >> 16, point + x.fraction - fraction - 16);
        let limited = limited(product, shift);
        let exact = product as f64 * 2f64.powi(-shift - fraction);
        ranges.see(kind, exact, exact.abs() > RangeKind::limit(kind));
        limited
    };
    scales.iter().enumerate().map(&mut row).collect()
}

/// `product / 2^shift` within 28 bits.
fn limited(product: i64, shift: i32) -> i64 {
    let within = |integer: i64, limit: i64| integer.clamp(-limit, limit - 1);
    match shift {
        0.. => within(super::shifted(product, shift.min(30)), 1 << 28),
        _ => within(product, (1 << 28) >> (-shift).min(28)) << (-shift).min(28),
    }
}
