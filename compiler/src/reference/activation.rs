//! Nonlinearities, exact to the precision of `f64`.

use crate::spec::Nonlinearity;

/// The activation of the gates of an LSTM or a GRU.
pub(crate) type Gate = fn(f64) -> f64;

pub(super) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

pub(super) fn relu(x: f64) -> f64 {
    // `max` would turn a NaN into zero.
    if x < 0.0 { 0.0 } else { x }
}

pub(super) fn apply(nonlinearity: Nonlinearity, x: f64) -> f64 {
    match nonlinearity {
        Nonlinearity::Tanh => x.tanh(),
        Nonlinearity::Relu => relu(x),
        Nonlinearity::Sigmoid => sigmoid(x),
        Nonlinearity::QuantTanh => x.clamp(-1.0, 1.0),
        Nonlinearity::QuantSigm => ((x + 1.0) / 2.0).clamp(0.0, 1.0),
        Nonlinearity::QuantSigm4 => ((x + 2.0) / 4.0).clamp(0.0, 1.0),
    }
}
