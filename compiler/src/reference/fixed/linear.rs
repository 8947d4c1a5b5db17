//! `y = f(W x + b)`.

use super::activation::{exp, sigmoid, tanh};
use super::matrix::multiply;
use super::{ONE, SUM, UNIT, number, sum};
use crate::model::Linear;
use crate::spec::Activation;

/// What a linear layer gives whose matrix is fixed.
pub(in super::super) fn apply(layer: &Linear, x: &[f64]) -> Vec<f64> {
    let products = multiply(&layer.weight, x, SUM);
    let sums: Vec<i64> = products.iter().zip(&layer.bias).map(|(wx, bias)| wx + sum(*bias)).collect();
    let each = |f: fn(i64) -> i64, fraction| sums.iter().map(|sum| number(f(*sum), fraction)).collect();
    match layer.activation {
        Activation::None => each(|sum| sum, SUM),
        Activation::Relu => each(|sum| sum.max(0), SUM),
        Activation::Sigmoid => each(sigmoid, UNIT),
        Activation::Tanh => each(tanh, UNIT),
        Activation::Softmax => {
            let largest = sums.iter().copied().max().unwrap_or(0);
            let powers: Vec<i64> = sums.iter().map(|sum| exp(largest - sum)).collect();
            let total: i64 = powers.iter().sum();
            powers.iter().map(|power| number((power * ONE + total / 2) / total, UNIT)).collect()
        }
    }
}
