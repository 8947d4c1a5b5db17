//! Specs and weights, and the models or findings that come of them.

mod conventions;
mod files;
mod findings;
mod layers;
mod missing;
mod prefix;
mod shapes;
mod tied;

use crate::tensors::fixtures::Tensors;

/// An LSTM of 3 features and 2 units, as PyTorch saves it.
fn lstm() -> Tensors {
    Tensors::new()
        .filled("lstm.weight_ih_l0", &[8, 3])
        .filled("lstm.weight_hh_l0", &[8, 2])
        .filled("lstm.bias_ih_l0", &[8])
        .filled("lstm.bias_hh_l0", &[8])
}

/// The same with the end of every name replaced.
fn lstm_at(tensors: Tensors, prefix: &str, end: &str, input: usize) -> Tensors {
    tensors
        .filled(&format!("{prefix}.weight_ih{end}"), &[8, input])
        .filled(&format!("{prefix}.weight_hh{end}"), &[8, 2])
        .filled(&format!("{prefix}.bias_ih{end}"), &[8])
        .filled(&format!("{prefix}.bias_hh{end}"), &[8])
}

const LSTM: &str = "input: {features: 3}\noutput: every\nlayers:\n  - lstm: {name: lstm, hidden_size: 2}";
