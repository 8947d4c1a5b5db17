//! `y = f(W x + b)`.

use super::activation::{relu, sigmoid};
use super::dual_module;
use super::fixed;
use super::fixed::Ranges;
use super::matrix::multiply;
use crate::model::Linear;
use crate::spec::Activation;

pub(super) fn apply(layer: &Linear, x: &[f64], ranges: &mut Ranges) -> Vec<f64> {
    match &layer.dual {
        Some(dual) => dual_module::apply(layer, dual, x).0,
        None if layer.weight.is_fixed() => fixed::apply(layer, x, ranges),
        None => activate(layer.activation, sums(layer, x)),
    }
}

/// `W x + b`
pub(crate) fn sums(layer: &Linear, x: &[f64]) -> Vec<f64> {
    let mut y = multiply(&layer.weight, x);
    for (sum, &bias) in y.iter_mut().zip(&layer.bias) {
        *sum += f64::from(bias);
    }
    y
}

/// `f(y)`
pub(crate) fn activate(activation: Activation, y: Vec<f64>) -> Vec<f64> {
    match activation {
        Activation::None => y,
        Activation::Sigmoid => y.into_iter().map(sigmoid).collect(),
        Activation::Tanh => y.into_iter().map(f64::tanh).collect(),
        Activation::Relu => y.into_iter().map(relu).collect(),
        Activation::Softmax => softmax(&y),
    }
}

fn softmax(y: &[f64]) -> Vec<f64> {
    let largest = y.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = y.iter().map(|x| (x - largest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}
