//! The same network in every convention is the same model.

use super::{LSTM, lstm};
use crate::model::{Cell, Layer, Model};
use crate::tensors::fixtures::{Tensors, model, noise};

/// `[rows, columns]` turned around.
pub(super) fn turned(data: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    (0..columns).flat_map(|column| (0..rows).map(move |row| data[row * columns + column])).collect()
}

/// Blocks of equal length, in this order.
pub(super) fn blocks(data: &[f32], order: &[usize]) -> Vec<f32> {
    let length = data.len() / order.len();
    order.iter().flat_map(|&block| data[block * length..][..length].to_vec()).collect()
}

pub(super) fn cell(model: &Model) -> &Cell {
    match &model.layers[0] {
        Layer::Recurrent(level) => &level.forward,
        layer => panic!("{layer:?}"),
    }
}

#[track_caller]
pub(super) fn assert_same(one: &Model, other: &Model) {
    assert_eq!(format!("{:?}", one.layers), format!("{:?}", other.layers));
}

pub(super) const HIDDEN: usize = 2;
pub(super) const INPUT: usize = 3;

pub(super) struct Weights {
    pub(super) input: Vec<f32>,
    pub(super) recurrent: Vec<f32>,
    pub(super) input_bias: Vec<f32>,
    pub(super) recurrent_bias: Vec<f32>,
}

pub(super) fn weights(gates: usize) -> Weights {
    let rows = gates * HIDDEN;
    Weights {
        input: noise(1, rows * INPUT),
        recurrent: noise(2, rows * HIDDEN),
        input_bias: noise(3, rows),
        recurrent_bias: noise(4, rows),
    }
}

pub(super) fn pytorch(name: &str, gates: usize) -> Tensors {
    let (rows, weights) = (gates * HIDDEN, weights(gates));
    Tensors::new()
        .floats(&format!("{name}.weight_ih_l0"), &[rows, INPUT], &weights.input)
        .floats(&format!("{name}.weight_hh_l0"), &[rows, HIDDEN], &weights.recurrent)
        .floats(&format!("{name}.bias_ih_l0"), &[rows], &weights.input_bias)
        .floats(&format!("{name}.bias_hh_l0"), &[rows], &weights.recurrent_bias)
}

fn onnx(name: &str, order: &[usize]) -> Tensors {
    let (rows, weights) = (order.len() * HIDDEN, weights(order.len()));
    let mut bias = blocks(&weights.input_bias, order);
    bias.extend(blocks(&weights.recurrent_bias, order));
    Tensors::new()
        .floats(&format!("{name}.W"), &[1, rows, INPUT], &blocks(&weights.input, order))
        .floats(&format!("{name}.R"), &[1, rows, HIDDEN], &blocks(&weights.recurrent, order))
        .floats(&format!("{name}.B"), &[1, 2 * rows], &bias)
}

fn keras(kernel: &str, recurrent: &str, order: &[usize]) -> Tensors {
    let (rows, weights) = (order.len() * HIDDEN, weights(order.len()));
    let input = turned(&blocks(&weights.input, order), rows, INPUT);
    let state = turned(&blocks(&weights.recurrent, order), rows, HIDDEN);
    Tensors::new().floats(kernel, &[INPUT, rows], &input).floats(recurrent, &[HIDDEN, rows], &state)
}

#[test]
fn lstm_in_onnx_order() {
    let onnx = onnx("lstm", &[0, 3, 1, 2]);
    let as_onnx = model(&format!("convention: onnx\n{LSTM}"), &onnx);
    assert_same(&as_onnx, &model(LSTM, &pytorch("lstm", 4)));
}

#[test]
fn lstm_in_keras_layout_with_paths() {
    let sum: Vec<f32> = {
        let weights = weights(4);
        weights
            .input_bias
            .iter()
            .zip(&weights.recurrent_bias)
            .map(|(a, b)| (f64::from(*a) + f64::from(*b)) as f32)
            .collect()
    };
    let expected = model(LSTM, &pytorch("lstm", 4));
    for [kernel, recurrent, bias] in [
        ["lstm.kernel", "lstm.recurrent_kernel", "lstm.bias"],
        ["lstm/lstm_cell/kernel:0", "lstm/lstm_cell/recurrent_kernel:0", "lstm/lstm_cell/bias:0"],
        ["lstm/kernel", "lstm.cell.recurrent_kernel", "lstm.lstm_cell_1.bias"],
    ] {
        let keras = keras(kernel, recurrent, &[0, 1, 2, 3]).floats(bias, &[8], &sum);
        assert_same(&model(&format!("convention: keras\n{LSTM}"), &keras), &expected);
    }
}

const GRU: &str =
    "input: {features: 3}\noutput: every\nlayers:\n  - gru: {name: gru, hidden_size: 2, reset: after}";

#[test]
fn gru_in_every_order() {
    let expected = model(GRU, &pytorch("gru", 3));
    let order = [1, 0, 2];
    assert_same(&model(&format!("convention: onnx\n{GRU}"), &onnx("gru", &order)), &expected);

    let weights = weights(3);
    let mut bias = blocks(&weights.input_bias, &order);
    bias.extend(blocks(&weights.recurrent_bias, &order));
    let keras = keras("gru.kernel", "gru.recurrent_kernel", &order).floats("gru.bias", &[2, 6], &bias);
    assert_same(&model(&format!("convention: keras\n{GRU}"), &keras), &expected);
}

#[test]
fn gru_biases_by_variant() {
    let tensors = pytorch("gru", 3);
    let weights = weights(3);
    let sum: Vec<f32> = weights.input_bias.iter().zip(&weights.recurrent_bias).map(|(a, b)| a + b).collect();
    let Cell::Gru(after) = cell(&model(GRU, &tensors)).clone() else { panic!() };
    assert_eq!(after.bias[..4], sum[..4]);
    assert_eq!(after.bias[4..], weights.input_bias[4..]);
    assert_eq!(after.candidate_bias, weights.recurrent_bias[4..]);
    let Cell::Gru(before) = cell(&model(&GRU.replace("after", "before"), &tensors)).clone() else { panic!() };
    assert_eq!(before.bias, sum);
    assert_eq!(before.candidate_bias, [0.0, 0.0]);
}

#[test]
fn a_cell_without_level_and_without_biases() {
    let (rows, weights) = (8, weights(4));
    let tensors = Tensors::new().floats("lstm.weight_ih", &[rows, INPUT], &weights.input).floats(
        "lstm.weight_hh",
        &[rows, HIDDEN],
        &weights.recurrent,
    );
    let Cell::Lstm(cell) = cell(&model(LSTM, &tensors)).clone() else { panic!() };
    assert_eq!(cell.bias, [0.0; 8]);
    assert_eq!(cell.input.to_dense().data, weights.input);
}

#[test]
fn halves_are_widened() {
    let halves: Vec<u8> = (0..24u16).flat_map(|i| (0x3c00 + i).to_le_bytes()).collect();
    let tensors = lstm().raw("lstm.weight_ih_l0", safetensors::Dtype::F16, &[8, 3], halves);
    let model = model(LSTM, &tensors);
    assert_eq!(cell(&model).input().to_dense().at(7, 2), 1.0 + 23.0 / 1024.0);
}

#[test]
fn initial_states_go_to_their_cells() {
    let states = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
    let mut tensors =
        Tensors::new().floats("lstm.h0", &[4, 1, 2], &states).floats("lstm.c0", &[4, 2], &states);
    for (end, input) in [("_l0", 3), ("_l0_reverse", 3), ("_l1", 4), ("_l1_reverse", 4)] {
        tensors = super::lstm_at(tensors, "lstm", end, input);
    }
    let yaml = "input: {features: 3, max_steps: 9}\noutput: every\nlayers:\n  - lstm: {name: lstm, hidden_size: 2, num_layers: 2, bidirectional: true}";
    let model = model(yaml, &tensors);
    let rests: Vec<(&[f32], &[f32])> = model
        .layers
        .iter()
        .flat_map(|layer| match layer {
            Layer::Recurrent(level) => level.cells().map(|cell| (cell.h0(), cell.c0())).collect::<Vec<_>>(),
            layer => panic!("{layer:?}"),
        })
        .collect();
    let expected: Vec<(&[f32], &[f32])> = states.chunks(2).map(|state| (state, state)).collect();
    assert_eq!(rests, expected);
    assert_eq!(model.output_size(), 4);
    assert!(model.is_bidirectional());
}

#[test]
fn forget_bias_goes_to_the_forget_gate() {
    let Cell::Lstm(without) = cell(&model(LSTM, &lstm())).clone() else { panic!() };
    let yaml = LSTM.replace("hidden_size: 2", "hidden_size: 2, forget_bias: 1.0");
    let Cell::Lstm(with) = cell(&model(&yaml, &lstm())).clone() else { panic!() };
    let added: Vec<f32> = with.bias.iter().zip(&without.bias).map(|(a, b)| (a - b).round()).collect();
    assert_eq!(added, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
}
