//! What is said where tensors are missing or left over.

use super::{LSTM, lstm, lstm_at};
use crate::tensors::fixtures::{Tensors, assert_says, faults, files, spec, text};
use crate::{diagnostic::Diagnostics, tensors::Store};

fn with(keys: &str) -> String {
    LSTM.replace("hidden_size: 2", &format!("hidden_size: 2, {keys}"))
}

#[test]
fn one_finding_a_layer() {
    let found = faults(LSTM, &Tensors::new().filled("other", &[1]));
    assert_eq!(found.lines().count(), 1, "{found}");
    assert_says(
        &found,
        &[
            "missing-tensor",
            "layer `lstm` needs 2 tensors",
            "expected `lstm.weight_ih_l0` [8, 3]",
            "expected `lstm.weight_hh_l0` [8, 2]",
            "the weights have `other`",
        ],
    );
    assert_says(&faults(LSTM, &Tensors::new()), &["the weights have no tensors at all"]);
}

#[test]
fn a_similar_name() {
    let tensors = lstm().without("lstm.weight_hh_l0").filled("lstm.weigth_hh_l0", &[8, 2]);
    assert_says(&faults(LSTM, &tensors), &["the weights have a similar name: `lstm.weigth_hh_l0`"]);
}

#[test]
fn another_convention() {
    let keras = Tensors::new().filled("lstm/lstm_cell/kernel:0", &[3, 8]);
    assert_says(&faults(LSTM, &keras), &["is `convention: keras` meant?"]);
    let onnx = Tensors::new().filled("lstm.W", &[1, 8, 3]).filled("lstm.R", &[1, 8, 2]);
    assert_says(&faults(LSTM, &onnx), &["is `convention: onnx` meant?"]);
    let found = faults(&format!("convention: keras\n{LSTM}"), &lstm());
    assert_says(&found, &["expected `lstm.kernel` [3, 8]", "is `convention: pytorch` meant?"]);
}

#[test]
fn another_prefix() {
    let elsewhere = lstm_at(Tensors::new(), "encoder.lstm", "_l0", 3);
    assert_says(&faults(LSTM, &elsewhere), &["is `name: encoder.lstm` meant?"]);
    let bare = Tensors::new().filled("weight_ih_l0", &[8, 3]).filled("weight_hh_l0", &[8, 2]);
    assert_says(&faults(LSTM, &bare), &["`weight_ih_l0` has no prefix in the weights: write `name: \"\"`"]);
    let keras = Tensors::new()
        .filled("rnn/lstm_cell/kernel", &[3, 8])
        .filled("rnn/lstm_cell/recurrent_kernel", &[2, 8]);
    let found = faults(&format!("convention: keras\n{LSTM}"), &keras);
    assert_says(&found, &["is `name: rnn` meant?"]);
}

#[test]
fn half_of_the_biases() {
    let found = faults(LSTM, &lstm().without("lstm.bias_hh_l0"));
    assert_says(&found, &["needs tensor `lstm.bias_hh_l0`", "`lstm.bias_ih_l0` is there"]);
}

#[test]
fn absent_levels() {
    let found = faults(&with("num_layers: 3"), &lstm_at(lstm(), "lstm", "_l1", 2));
    assert_says(&found, &["stack-level", "the weights have 2 of its levels", "`num_layers: 2` fits"]);
    assert_eq!(found.lines().count(), 1, "{found}");
}

#[test]
fn absent_directions() {
    let found = faults(&with("bidirectional: true"), &lstm());
    assert_says(
        &found,
        &["reverse-direction", "lack tensors of its reverse direction", "`bidirectional: false`"],
    );
    let onnx = Tensors::new().filled("lstm.W", &[1, 8, 3]).filled("lstm.R", &[1, 8, 2]);
    let found = faults(&format!("convention: onnx\n{}", with("bidirectional: true")), &onnx);
    assert_says(&found, &["reverse-direction", "`lstm.W` has one direction", "`bidirectional: false` fits"]);
}

#[test]
fn stored_as_factors_or_whole() {
    let yaml = "input: {features: 2}\noutput: every\nlayers:\n  - fastrnn: {name: f, hidden_size: 3}";
    let tensors = Tensors::new()
        .filled("f.W1", &[2, 2])
        .filled("f.W2", &[2, 3])
        .filled("f.U", &[3, 3])
        .filled("f.bias_update", &[3])
        .filled("f.alpha", &[1])
        .filled("f.beta", &[1]);
    assert_says(&faults(yaml, &tensors), &["`f.W1` is a factor: `input_rank: 2` fits it"]);
    let ranks = yaml.replace("hidden_size: 3", "hidden_size: 3, input_rank: 2, recurrent_rank: 1");
    assert_says(&faults(&ranks, &tensors), &["`f.U` is a whole matrix: remove `recurrent_rank`"]);
}

#[test]
fn leftovers_and_why() {
    let two = lstm_at(lstm(), "lstm", "_l1", 2);
    let found = faults(LSTM, &two);
    assert_says(&found, &["unused-tensor", "no layer uses 4 tensors", "`num_layers: 2`"]);
    let both = lstm_at(lstm(), "lstm", "_l0_reverse", 3);
    assert_says(&faults(LSTM, &both), &["`bidirectional: true`"]);
    for (name, reason) in [
        ("lstm.P", "peephole"),
        ("bn.running_mean", "batch normalisation"),
        ("optimizer.step", "`ignore: [\"optimizer.step\"]`"),
    ] {
        assert_says(&faults(LSTM, &lstm().filled(name, &[1])), &["unused-tensor", name, reason]);
    }
}

#[test]
fn long_lists_are_cut() {
    let many = (0..20).fold(lstm(), |tensors, i| tensors.filled(&format!("x{i:02}"), &[1]));
    assert_says(
        &faults(LSTM, &many),
        &["no layer uses 20 tensors", "`x07` and 12 more", "`ignore: [\"x*\"]`"],
    );
}

#[test]
fn ignored_tensors_may_stay() {
    let tensors = lstm().filled("optimizer.step", &[1]);
    assert_eq!(faults(&format!("ignore: [\"optim*.step\"]\n{LSTM}"), &tensors), "");
    let found = faults(&format!("ignore: nothing*\n{LSTM}"), &lstm());
    assert_says(&found, &["unused-tensor", "no tensor matches `nothing*`"]);
}

#[test]
fn names_in_two_files() {
    let spec = spec(&LSTM.replace("input:", "ignore: shared\ninput:"));
    let mut two = spec.clone();
    two.weights.push(crate::diagnostic::Spanned::new("v".to_owned(), spec.weights[0].span));
    let other = Tensors::new().filled("lstm.bias_ih_l0", &[8]).filled("shared", &[1]);
    let files = files(&[("w", &lstm().filled("shared", &[1])), ("v", &other)]);
    let mut diagnostics = Diagnostics::new();
    assert!(Store::read(&two, &files, &mut diagnostics).is_some());
    let found = text(&diagnostics);
    assert_says(&found, &["tensor-bound-twice", "`lstm.bias_ih_l0` is in both `w` and `v`"]);
    assert_eq!(found.lines().count(), 1, "{found}");
}
