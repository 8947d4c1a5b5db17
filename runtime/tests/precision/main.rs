//! Products of matrices in every precision against plain loops over the numbers that they store.

#[path = "../common/mod.rs"]
mod common;
mod factors;
mod halves;
mod int4;
mod int8;
mod packed;
mod sparse;

use common::on_each_level;
use common::products::{Products, check, check_rows, leak, panels, sums};
use recurve::matrix::Matrix;

/// Half a step for each number of the vector, of which 127 are its largest magnitude.
fn half_steps<const COLUMNS: usize>(weights: &[f32], x: &[f32; COLUMNS]) -> f64 {
    let largest = x.iter().fold(0.0, |largest: f32, x| largest.max(x.abs()));
    let weights: f64 = weights.iter().map(|weight| f64::from(weight.abs())).sum();
    weights * f64::from(largest) / 254.0 * 1.0001 + 1e-5
}

/// A vector of zeros, or one too small for its products, gives nothing; one that is not finite, no number.
fn check_what_cannot_be_rounded<M, const ROWS: usize, const COLUMNS: usize>(matrix: M)
where
    M: Matrix<ROWS, COLUMNS>,
{
    let mut xs = [[0.0; COLUMNS], [f32::from_bits(1); COLUMNS], [0.5; COLUMNS], [0.5; COLUMNS]];
    xs[2][7] = f32::NAN;
    xs[3][COLUMNS - 1] = f32::NEG_INFINITY;
    for (level, (products, _)) in on_each_level(|| Products { matrix, xs: &xs, start: &[1.0; ROWS] }) {
        assert_eq!(products[..2], [[1.0; ROWS]; 2], "{level:?}");
        assert!(products[2..].iter().flatten().all(|number| number.is_nan()), "{level:?}");
    }
}
