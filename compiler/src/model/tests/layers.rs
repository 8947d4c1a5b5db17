//! Stacks, embeddings, low ranks: what a model is made of.

use super::{lstm, lstm_at};
use crate::model::{Cell, Input, Layer, Matrix};
use crate::spec::{Activation, Activations, Nonlinearity, Output};
use crate::tensors::fixtures::{Tensors, model};

#[test]
fn absent_keys_have_their_defaults() {
    let model = model(super::LSTM, &lstm());
    assert_eq!(model.input, Input::Features(3));
    assert_eq!(model.output, Output::Every);
    assert_eq!(model.activations, Activations::Fast);
    assert_eq!(model.max_steps, None);
    assert_eq!((model.input_size(), model.output_size(), model.macs()), (3, 2, 40));
}

#[test]
fn tokens_go_through_an_embedding_and_a_stack() {
    let tensors = lstm_at(lstm_at(Tensors::new(), "lstm", "_l0", 4), "lstm", "_l1", 2)
        .filled("embedding.weight", &[7, 4])
        .filled("out.weight", &[5, 2])
        .filled("out.bias", &[5]);
    let model = model(
        "input: {tokens: 7}\noutput: last\nlayers:\n  - embedding: {name: embedding, dim: 4}\n  - lstm: {name: lstm, hidden_size: 2, num_layers: 2}\n  - linear: {name: out, units: 5, activation: softmax}",
        &tensors,
    );
    let sizes: Vec<(usize, usize)> =
        model.layers.iter().map(|layer| (layer.input_size(), layer.output_size())).collect();
    assert_eq!(sizes, [(1, 4), (4, 2), (2, 2), (2, 5)]);
    assert_eq!(model.input, Input::Tokens(7));
    let Layer::Linear(out) = &model.layers[3] else { panic!() };
    assert_eq!(out.activation, Activation::Softmax);
    let Layer::Recurrent(second) = &model.layers[2] else { panic!() };
    assert_eq!((second.name.as_str(), second.level), ("lstm", 1));
}

#[test]
fn keras_linear_layers_are_turned() {
    let tensors = Tensors::new().floats("d.kernel", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let yaml =
        "convention: keras\ninput: {features: 2}\noutput: every\nlayers:\n  - linear: {name: d, units: 3}";
    let Layer::Linear(dense) = &model(yaml, &tensors).layers[0] else { panic!() };
    assert_eq!(dense.weight.to_dense().data, [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    assert_eq!(dense.bias, [0.0; 3]);
}

fn fastgrnn() -> Tensors {
    Tensors::new()
        .floats("f.W1", &[2, 1], &[2.0, 3.0])
        .floats("f.W2", &[1, 3], &[1.0, 10.0, 100.0])
        .filled("f.U", &[3, 3])
        .filled("f.bias_gate", &[1, 3])
        .filled("f.bias_update", &[3])
        .floats("f.zeta", &[1, 1], &[0.0])
        .floats("f.nu", &[], &[-4.0])
}

#[test]
fn low_rank_factors_multiply_out() {
    let yaml = "input: {features: 2}\noutput: every\nlayers:\n  - fastgrnn: {name: f, hidden_size: 3, input_rank: 1}";
    let model = model(yaml, &fastgrnn());
    let Layer::Recurrent(level) = &model.layers[0] else { panic!() };
    let Cell::FastGrnn(cell) = &level.forward else { panic!() };
    assert!(matches!(cell.input, Matrix::LowRank(_)));
    assert_eq!((cell.input.rows(), cell.input.columns(), cell.input.macs()), (3, 2, 5));
    assert_eq!(cell.input.to_dense().data, [2.0, 3.0, 20.0, 30.0, 200.0, 300.0]);
    assert_eq!(cell.zeta, 0.5);
    assert!((cell.nu - 0.017_986_21).abs() < 1e-7);
    assert_eq!(cell.gate_nonlinearity, Nonlinearity::Sigmoid);
    assert_eq!(cell.update_nonlinearity, Nonlinearity::Tanh);
}

#[test]
fn a_bidirectional_fastrnn_has_its_directions_in_the_names() {
    let mut tensors = Tensors::new();
    for direction in ["forward", "backward"] {
        tensors = tensors
            .filled(&format!("f.{direction}.W"), &[2, 3])
            .filled(&format!("f.{direction}.U"), &[3, 3])
            .filled(&format!("f.{direction}.bias_update"), &[1, 3])
            .floats(&format!("f.{direction}.alpha"), &[1, 1], &[-3.0])
            .floats(&format!("f.{direction}.beta"), &[1], &[3.0]);
    }
    let yaml = "input: {features: 2}\noutput: last\nlayers:\n  - fastrnn: {name: f, hidden_size: 3, bidirectional: true, nonlinearity: relu}";
    let model = model(yaml, &tensors);
    let Layer::Recurrent(level) = &model.layers[0] else { panic!() };
    assert_eq!(level.cells().count(), 2);
    assert_eq!(level.output_size(), 6);
    let Cell::FastRnn(cell) = &level.forward else { panic!() };
    assert!((cell.alpha - 0.047_425_87).abs() < 1e-7);
    assert!((cell.beta - 0.952_574_13).abs() < 1e-7);
}
