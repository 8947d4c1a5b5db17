//! `y = f(W x + b)`.

use super::activation::{exp, sigmoid, tanh};
use super::matrix::multiply;
use super::{ONE, Ranges, SUM, UNIT, number, sum};
use crate::model::Linear;
use crate::spec::Activation;

/// The output of a linear layer whose matrix is fixed; counts its numbers in `ranges`.
pub(in super::super) fn apply(layer: &Linear, x: &[f64], ranges: &mut Ranges) -> Vec<f64> {
    let products = multiply(&layer.weight, x, SUM, ranges);
    let sums: Vec<i64> = products.iter().zip(&layer.bias).map(|(wx, bias)| wx + sum(*bias)).collect();
    let each = |f: fn(i64) -> i64| sums.iter().map(|sum| number(f(*sum), UNIT)).collect();
    match layer.activation {
        Activation::None => sums.iter().map(|sum| cut(*sum)).collect(),
        Activation::Relu => sums.iter().map(|sum| cut((*sum).max(0))).collect(),
        Activation::Sigmoid => each(sigmoid),
        Activation::Tanh => each(tanh),
        Activation::Softmax => {
            let largest = sums.iter().copied().max().unwrap_or(0);
            let powers: Vec<i64> = sums.iter().map(|sum| exp(largest - sum)).collect();
            let total: i64 = powers.iter().sum();
            powers.iter().map(|power| number((power * ONE + total / 2) / total, UNIT)).collect()
        }
    }
}

/// The number of a sum: its first 24 bits.
fn cut(sum: i64) -> f64 {
    let more = (i64::BITS - 24).saturating_sub(sum.unsigned_abs().leading_zeros());
    let kept = (sum.abs() >> more) << more;
    (sum.signum() * kept) as f64 / f64::from(1 << SUM)
}
