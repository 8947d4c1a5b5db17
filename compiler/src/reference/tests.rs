//! Every equation against numbers computed by hand.

use super::{Inputs, run};
use crate::model::Model;
use crate::tensors::fixtures::{Tensors, model};

fn close(found: &[Vec<f64>], expected: &[&[f64]]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(*expected) {
            assert!((found - expected).abs() < 1e-7, "{found} is not {expected}");
        }
    }
}

fn net(input: &str, layers: &str, output: &str, tensors: &Tensors) -> Model {
    model(&format!("input: {{{input}}}\noutput: {output}\nlayers: [{layers}]"), tensors)
}

fn features(steps: &[f32]) -> Vec<Vec<f32>> {
    steps.iter().map(|&x| vec![x]).collect()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[test]
fn lstm() {
    let tensors = Tensors::new()
        .floats("l.weight_ih_l0", &[4, 1], &[1.0, 2.0, 3.0, 4.0])
        .floats("l.weight_hh_l0", &[4, 1], &[0.5, -0.5, 0.25, -0.25])
        .floats("l.bias_ih_l0", &[4], &[0.125; 4])
        .floats("l.bias_hh_l0", &[4], &[0.125; 4])
        .floats("l.h0", &[1], &[0.5])
        .floats("l.c0", &[1], &[-1.0]);
    let net = net("features: 1", "{lstm: {name: l, hidden_size: 1}}", "every", &tensors);
    // i: -0.5 + 0.25 + 0.25; f: -1 - 0.25 + 0.25; g: -1.5 + 0.125 + 0.25; o: -2 - 0.125 + 0.25
    let c = -sigmoid(-1.0) + sigmoid(0.0) * f64::tanh(-1.125);
    let h = sigmoid(-1.875) * c.tanh();
    close(&run(&net, &Inputs::Features(&features(&[-0.5]))), &[&[h]]);
}

fn gru(reset: &str) -> Model {
    let tensors = Tensors::new()
        .floats("g.weight_ih_l0", &[3, 1], &[1.0, 2.0, 3.0])
        .floats("g.weight_hh_l0", &[3, 1], &[0.5, -1.0, 2.0])
        .floats("g.bias_ih_l0", &[3], &[0.5, 0.0, 0.25])
        .floats("g.bias_hh_l0", &[3], &[0.25, 0.5, 0.75])
        .floats("g.h0", &[1, 1, 1], &[0.5]);
    net("features: 1", &format!("{{gru: {{name: g, hidden_size: 1, reset: {reset}}}}}"), "every", &tensors)
}

#[test]
fn gru_reset_after_and_before() {
    // r: 1 + 0.25 + 0.75 = 2; z: 2 - 0.5 + 0.5 = 2; the candidate's input: 3 + 0.25
    let (r, z) = (sigmoid(2.0), sigmoid(2.0));
    let after = (3.25 + r * (1.0 + 0.75)).tanh();
    let before = (3.25 + 0.75 + 2.0 * (r * 0.5)).tanh();
    let h = |n: f64| (1.0 - z) * n + z * 0.5;
    let x = features(&[1.0]);
    close(&run(&gru("after"), &Inputs::Features(&x)), &[&[h(after)]]);
    close(&run(&gru("before"), &Inputs::Features(&x)), &[&[h(before)]]);
}

fn rnn(keys: &str, output: &str) -> Model {
    let mut tensors = Tensors::new();
    for (end, scale) in [("_l0", 1.0), ("_l0_reverse", -1.0)] {
        if end == "_l0" || keys.contains("bidirectional") {
            tensors = tensors.floats(&format!("r.weight_ih{end}"), &[1, 1], &[scale]).floats(
                &format!("r.weight_hh{end}"),
                &[1, 1],
                &[0.5],
            );
        }
    }
    net(
        "features: 1",
        &format!("{{rnn: {{name: r, hidden_size: 1, nonlinearity: relu, {keys}}}}}"),
        output,
        &tensors,
    )
}

#[test]
fn rnn_with_a_residual() {
    let x = features(&[1.0, -3.0, 2.0]);
    close(&run(&rnn("residual: false", "last"), &Inputs::Features(&x)), &[&[1.0], &[0.0], &[2.0]]);
    close(&run(&rnn("residual: true", "last"), &Inputs::Features(&x)), &[&[2.0], &[-3.0], &[4.0]]);
}

#[test]
fn both_directions() {
    let x = features(&[1.0, -3.0, 2.0]);
    let every = rnn("bidirectional: true", "every");
    close(&run(&every, &Inputs::Features(&x)), &[&[1.0, 0.5], &[0.0, 3.0], &[2.0, 0.0]]);
    let last = rnn("bidirectional: true", "last");
    close(&run(&last, &Inputs::Features(&x)), &[&[2.0, 0.5]]);
    close(&run(&last, &Inputs::Features(&[])), &[&[0.0, 0.0]]);
    close(&run(&every, &Inputs::Features(&[])), &[]);
}

#[test]
fn fastrnn() {
    let tensors = Tensors::new()
        .floats("f.W", &[1, 1], &[2.0])
        .floats("f.U", &[1, 1], &[3.0])
        .floats("f.bias_update", &[1, 1], &[0.5])
        .floats("f.alpha", &[1, 1], &[0.0])
        .floats("f.beta", &[1, 1], &[1.0])
        .floats("f.h0", &[1], &[0.25]);
    let net = net("features: 1", "{fastrnn: {name: f, hidden_size: 1}}", "every", &tensors);
    let h = 0.5 * f64::tanh(2.0 + 0.75 + 0.5) + sigmoid(1.0) * 0.25;
    close(&run(&net, &Inputs::Features(&features(&[1.0]))), &[&[h]]);
}

#[test]
fn fastgrnn_with_piecewise_linear_gates() {
    let tensors = Tensors::new()
        .floats("f.W", &[1, 1], &[2.0])
        .floats("f.U1", &[1, 1], &[3.0])
        .floats("f.U2", &[1, 1], &[0.5])
        .floats("f.bias_gate", &[1, 1], &[-2.0])
        .floats("f.bias_update", &[1, 1], &[-1.75])
        .floats("f.zeta", &[1, 1], &[0.0])
        .floats("f.nu", &[1, 1], &[1.0])
        .floats("f.h0", &[1], &[0.5]);
    let layer = "{fastgrnn: {name: f, hidden_size: 1, recurrent_rank: 1, gate_nonlinearity: quant_sigm4, update_nonlinearity: quant_tanh}}";
    let net = net("features: 1", layer, "every", &tensors);
    // p: 2 + 0.75; z: (0.75 + 2) / 4; the update: clamp(1)
    let z = 2.75 / 4.0;
    let h = (0.5 * (1.0 - z) + sigmoid(1.0)) * 1.0 + z * 0.5;
    close(&run(&net, &Inputs::Features(&features(&[1.0]))), &[&[h]]);
}

#[test]
fn softmax_over_units() {
    let tensors =
        Tensors::new().floats("l.weight", &[2, 1], &[1.0, 2.0]).floats("l.bias", &[2], &[1000.0, 1000.0]);
    let net = net("features: 1", "{linear: {name: l, units: 2, activation: softmax}}", "every", &tensors);
    close(&run(&net, &Inputs::Features(&features(&[1.0]))), &[&[sigmoid(-1.0), sigmoid(1.0)]]);
}

#[test]
fn unknown_ids_read_as_zeros() {
    let tensors = Tensors::new().floats("e.weight", &[2, 1], &[3.0, 4.0]);
    let net = net("tokens: 2", "{embedding: {name: e, dim: 1}}", "every", &tensors);
    close(&run(&net, &Inputs::Tokens(&[1, 0, 2, u32::MAX])), &[&[4.0], &[3.0], &[0.0], &[0.0]]);
}
