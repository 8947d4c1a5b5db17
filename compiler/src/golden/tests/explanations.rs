//! What would have matched.

use super::network::{self, Network};
use super::{cell, checked, one_layer, trace};
use crate::golden::Work;
use crate::tensors::fixtures::{Tensors, assert_says, filling};

/// The trace of `right` held against `wrong`.
fn told(right: (&str, &Tensors), wrong: (&str, &Tensors)) -> String {
    checked(wrong.0, wrong.1, &trace(right.0, right.1), Work::All).expect_err("a mismatch")
}

/// The tensors with the gates of each in another order.
fn reordered(order: &[usize]) -> Tensors {
    let gates = order.len();
    let block = |name: &str, columns: usize| {
        let whole = filling(name, 2 * gates * columns);
        order.iter().flat_map(|&gate| whole[gate * 2 * columns..][..2 * columns].to_vec()).collect::<Vec<_>>()
    };
    Tensors::new()
        .floats("a.weight_ih_l0", &[2 * gates, 3], &block("a.weight_ih_l0", 3))
        .floats("a.weight_hh_l0", &[2 * gates, 2], &block("a.weight_hh_l0", 2))
        .floats("a.bias_ih_l0", &[2 * gates], &block("a.bias_ih_l0", 1))
        .floats("a.bias_hh_l0", &[2 * gates], &block("a.bias_hh_l0", 1))
}

#[test]
fn the_mismatch_has_numbers() {
    let yaml = one_layer("rnn: {name: a, hidden_size: 2}", "every");
    let other = cell(1).filled("a.weight_hh_l0", &[2, 2]).floats("a.bias_hh_l0", &[2], &[9.0, 9.0]);
    let found = told((&yaml, &cell(1)), (&yaml, &other));
    assert_says(
        &found,
        &[
            "golden-mismatch",
            "output 0 at step 0 is",
            "and the golden trace says",
            "of 48 compared outputs differ",
        ],
    );
    assert_says(&found, &["none of", "other readings matches"]);
}

#[test]
fn gates_in_another_order() {
    let lstm = one_layer("lstm: {name: a, hidden_size: 2}", "every");
    for (order, expected) in [
        ([0, 3, 1, 2], "the LSTM gates in the order `i o f g`, as in ONNX"),
        ([0, 2, 1, 3], "the LSTM gates in the order `i g f o`, as in TensorFlow 1"),
        ([3, 2, 1, 0], "the LSTM gates in the order `o g f i`"),
    ] {
        assert_says(&told((&lstm, &cell(4)), (&lstm, &reordered(&order))), &[expected, "reorder the gates"]);
    }
    let gru = one_layer("gru: {name: a, hidden_size: 2, reset: after}", "every");
    for (order, expected) in [
        ([1, 0, 2], "the GRU gates in the order `z r n`, as in Keras and ONNX"),
        ([2, 0, 1], "the GRU gates in the order `n r z`"),
    ] {
        assert_says(&told((&gru, &cell(3)), (&gru, &reordered(&order))), &[expected]);
    }
}

#[test]
fn keys_that_would_match() {
    let weights = cell(4);
    let linear = cell(1).filled("b.weight", &[2, 2]);
    let with_linear = |activation: &str| {
        one_layer(
            &format!(
                "rnn: {{name: a, hidden_size: 2}}}}, {{linear: {{name: b, units: 2, activation: {activation}}}"
            ),
            "every",
        )
    };
    for (right, wrong, weights, expected) in [
        (
            "gru: {name: a, hidden_size: 2, reset: before}",
            "gru: {name: a, hidden_size: 2, reset: after}",
            &cell(3),
            "it matches with `reset: before`",
        ),
        (
            "gru: {name: a, hidden_size: 2, reset: after}",
            "gru: {name: a, hidden_size: 2, reset: before}",
            &cell(3),
            "it matches with `reset: after`",
        ),
        (
            "lstm: {name: a, hidden_size: 2, forget_bias: 1.0}",
            "lstm: {name: a, hidden_size: 2}",
            &weights,
            "it matches with `forget_bias: 1.0`",
        ),
        (
            "rnn: {name: a, hidden_size: 2, nonlinearity: relu}",
            "rnn: {name: a, hidden_size: 2}",
            &cell(1),
            "it matches with `nonlinearity: relu`",
        ),
    ] {
        let (right, wrong) = (one_layer(right, "every"), one_layer(wrong, "every"));
        assert_says(&told((&right, weights), (&wrong, weights)), &[expected]);
    }
    let found = told((&with_linear("softmax"), &linear), (&with_linear("none"), &linear));
    assert_says(&found, &["`activation: softmax` in layer `b`"]);
}

#[test]
fn a_key_of_one_layer_of_several() {
    let network = |keys: [&str; 3]| {
        let [first, second, activation] = keys;
        let mut network = Network::lstm().with_head("none");
        network.layers = vec![
            format!("linear: {{name: f, units: 3, activation: {activation}}}"),
            format!("lstm: {{name: a, hidden_size: 3{first}}}"),
            format!("lstm: {{name: c, hidden_size: 3{second}}}"),
            "linear: {name: b, units: 3}".to_owned(),
        ];
        network.weights = network::cell(network::linear(network.weights, "f"), "c", 4, "l0", network::WIDTH);
        network
    };
    let plain = network(["", "", "none"]);
    for (right, expected) in [
        (network([", forget_bias: 1.0", "", "none"]), "`forget_bias: 1.0` in layer `a`"),
        (network(["", ", forget_bias: 1.0", "none"]), "`forget_bias: 1.0` in layer `c`"),
        (
            network([", forget_bias: 1.0", ", forget_bias: 1.0", "none"]),
            "it matches with `forget_bias: 1.0`\n",
        ),
        (network(["", "", "relu"]), "`activation: relu` in layer `f`"),
    ] {
        let inputs = plain.inputs();
        for output in ["every", "last"] {
            assert_says(&plain.told(output, &inputs, &right.outputs(&inputs)), &[expected]);
        }
    }
}

#[test]
fn tensorflow_1_has_both_another_order_and_a_forget_bias() {
    let right = one_layer("lstm: {name: a, hidden_size: 2, forget_bias: 1.0}", "every");
    let wrong = one_layer("lstm: {name: a, hidden_size: 2}", "every");
    let found = told((&right, &cell(4)), (&wrong, &reordered(&[0, 2, 1, 3])));
    assert_says(&found, &["as in TensorFlow 1 and `forget_bias: 1.0`"]);
}

#[test]
fn residuals() {
    let with = |residual: bool| {
        let layer = format!("rnn: {{name: a, hidden_size: 2, residual: {residual}}}");
        one_layer(&layer, "every").replace("features: 3", "features: 2")
    };
    let square = cell(1).filled("a.weight_ih_l0", &[2, 2]);
    let found = told((&with(true), &square), (&with(false), &square));
    assert_says(&found, &["it matches with `residual: true` in layer `a`"]);
}

#[test]
fn directions_biases_and_states() {
    let yaml = one_layer("rnn: {name: a, hidden_size: 2, bidirectional: true}", "every");
    let both = |one: &str, other: &str| {
        Tensors::new()
            .floats(&format!("a.weight_ih_l0{one}"), &[2, 3], &filling("ih", 6))
            .floats(&format!("a.weight_hh_l0{one}"), &[2, 2], &filling("hh", 4))
            .floats(&format!("a.weight_ih_l0{other}"), &[2, 3], &filling("ih of the other", 6))
            .floats(&format!("a.weight_hh_l0{other}"), &[2, 2], &filling("hh of the other", 4))
    };
    let found = told((&yaml, &both("", "_reverse")), (&yaml, &both("_reverse", "")));
    assert_says(&found, &["the two directions exchanged"]);

    let yaml = one_layer("rnn: {name: a, hidden_size: 2}", "every");
    let bare = cell(1).without("a.bias_ih_l0").without("a.bias_hh_l0");
    assert_says(&told((&yaml, &bare), (&yaml, &cell(1))), &["all biases of the cells at zero"]);
    let learned = cell(1).filled("a.h0", &[1, 2]);
    assert_says(&told((&yaml, &cell(1)), (&yaml, &learned)), &["the initial states at zero"]);
}

#[test]
fn rounding_is_told_from_mistakes() {
    let yaml = one_layer("rnn: {name: a, hidden_size: 2}", "every");
    let near = cell(1).floats("a.bias_hh_l0", &[2], &{
        let bias = filling("a.bias_hh_l0", 2);
        [bias[0] + 4e-4, bias[1]]
    });
    let found = told((&yaml, &cell(1)), (&yaml, &near));
    assert_says(&found, &["a `tolerance` beside the golden file"]);
}
