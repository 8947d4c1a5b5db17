//! What is said where layers do not fit together.

use super::{LSTM, lstm, lstm_at};
use crate::tensors::fixtures::{Tensors, assert_says, faults, files, model, spec, text};
use crate::{diagnostic::Diagnostics, files::Memory, model::resolve, tensors::Store};

fn with(keys: &str) -> String {
    LSTM.replace("hidden_size: 2", &format!("hidden_size: 2, {keys}"))
}

#[test]
fn inputs_and_embeddings() {
    let layers =
        |input: &str, layers: &str| format!("input: {{{input}: 4}}\noutput: every\nlayers: [{layers}]");
    let (embedding, linear) = ("{embedding: {name: e, dim: 3}}", "{linear: {name: l, units: 2}}");
    let tensors = Tensors::new().filled("e.weight", &[4, 3]).filled("l.weight", &[2, 3]);
    for (input, list, expected) in [
        ("features", embedding.to_owned(), "an embedding takes ids"),
        ("tokens", linear.to_owned(), "the first layer is no embedding"),
        ("tokens", format!("{linear}, {embedding}"), "behind other layers"),
    ] {
        assert_says(&faults(&layers(input, &list), &tensors), &["input-layer-mismatch", expected]);
    }
    assert_eq!(faults(&layers("tokens", &format!("{embedding}, {linear}")), &tensors), "");
}

#[test]
fn residuals_of_unequal_sizes() {
    let found = faults(&with("residual: true"), &lstm());
    assert_says(&found, &["residual-size", "the input of 3 numbers to the output of 2"]);
    let square = lstm().filled("lstm.weight_ih_l0", &[8, 2]);
    assert_eq!(faults(&with("residual: true").replace("features: 3", "features: 2"), &square), "");
}

#[test]
fn residuals_of_both_directions() {
    let both = lstm_at(lstm_at(Tensors::new(), "lstm", "_l0", 4), "lstm", "_l0_reverse", 4);
    let yaml = with("residual: true, bidirectional: true").replace("features: 3", "features: 4");
    assert_eq!(faults(&yaml, &both), "");
    let last = yaml.replace("every", "last");
    assert_says(&faults(&last, &both), &["residual-size", "final states of two directions"]);
}

#[test]
fn stacks_where_the_convention_has_none() {
    let yaml = format!("convention: keras\n{}", with("num_layers: 2"));
    assert_says(
        &faults(&yaml, &Tensors::new()),
        &["convention-limit", "`num_layers` is 1", "write 2 layers"],
    );
}

#[test]
fn one_tensor_for_two_layers() {
    let yaml = "convention: keras\ninput: {features: 3}\noutput: every\nlayers:\n  - linear: {name: d, units: 3}\n  - linear: {name: d.my_cell, units: 3}";
    let tensors = Tensors::new().filled("d.my_cell.kernel", &[3, 3]);
    assert_says(
        &faults(yaml, &tensors),
        &["tensor-bound-twice", "`d.my_cell.kernel` is used by layer `d` already"],
    );
}

#[test]
fn max_steps_exactly_where_a_sequence_is_kept() {
    const BOTH: &str = "{rnn: {name: a, hidden_size: 2, bidirectional: true}}";
    const ONE: &str = "{rnn: {name: b, hidden_size: 2}}";
    const LINEAR: &str = "{linear: {name: c, units: 2}}";
    const STACK: &str = "{rnn: {name: a, hidden_size: 2, bidirectional: true, num_layers: 2}}";
    for (layers, output, needed) in [
        (vec![BOTH], "last", false),
        (vec![BOTH], "every", false),
        (vec![LINEAR, BOTH], "every", false),
        (vec![BOTH, LINEAR], "last", false),
        (vec![BOTH, LINEAR], "every", true),
        (vec![ONE, BOTH], "last", true),
        (vec![BOTH, ONE], "last", true),
        (vec![STACK], "last", true),
        (vec![ONE, LINEAR], "every", false),
    ] {
        for given in [false, true] {
            let max_steps = if given { ", max_steps: 9" } else { "" };
            let yaml = format!(
                "input: {{features: 3{max_steps}}}\noutput: {output}\nlayers: [{}]",
                layers.join(", ")
            );
            let (spec, mut diagnostics) = (spec(&yaml), Diagnostics::new());
            let files = files(&[("w", &Tensors::new())]);
            let mut store = Store::read(&spec, &files, &mut diagnostics).expect("a store");
            resolve(&spec, &mut store, &mut diagnostics);
            let complains = text(&diagnostics).contains("max-steps");
            assert_eq!(complains, needed != given, "{yaml}");
        }
    }
}

#[test]
fn the_model_keeps_max_steps() {
    let mut tensors = Tensors::new().filled("out.weight", &[2, 4]);
    for end in ["_l0", "_l0_reverse"] {
        tensors = lstm_at(tensors, "lstm", end, 3);
    }
    let yaml = format!("{}\n  - linear: {{name: out, units: 2}}", with("bidirectional: true"));
    let model = model(&yaml.replace("features: 3", "features: 3, max_steps: 9"), &tensors);
    assert_eq!(model.max_steps, Some(9));
}

#[test]
fn unreadable_files() {
    let spec = spec(LSTM);
    for (files, expected) in [
        (Memory::default(), "unreadable-file"),
        (Memory([("w".to_owned(), b"PK\x03\x04".to_vec())].into()), "invalid-safetensors"),
    ] {
        let mut diagnostics = Diagnostics::new();
        assert!(Store::read(&spec, &files, &mut diagnostics).is_none());
        assert_says(&text(&diagnostics), &[expected, "`w`"]);
    }
}
