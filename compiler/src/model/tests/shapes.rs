//! What is said where tensors have other shapes, types or values than a layer needs.

use safetensors::Dtype;

use super::{LSTM, lstm};
use crate::tensors::fixtures::{Tensors, assert_says, faults};

#[test]
fn another_hidden_size() {
    let found = faults(&LSTM.replace("hidden_size: 2", "hidden_size: 5"), &lstm());
    assert_says(
        &found,
        &[
            "tensor-shape",
            "`lstm.weight_ih_l0` has the shape [8, 3], and [20, 3]",
            "`hidden_size: 2`",
            "the same holds for",
        ],
    );
    assert_eq!(found.lines().count(), 1, "{found}");
}

#[test]
fn another_input_size() {
    let found = faults(&LSTM.replace("features: 3", "features: 4"), &lstm());
    assert_says(&found, &["the tensor fits `features: 3`"]);
    let yaml = format!("{LSTM}\n  - linear: {{name: out, units: 5}}");
    let found = faults(&yaml, &lstm().filled("out.weight", &[5, 7]));
    assert_says(&found, &["[5, 7], and [5, 2]", "`lstm` comes before this layer"]);
    let found = faults(&yaml, &lstm().filled("out.weight", &[6, 2]).filled("out.bias", &[6]));
    assert_says(&found, &["the tensor fits `units: 6`"]);
}

#[test]
fn transposed_or_of_another_cell() {
    let turned = lstm().filled("lstm.weight_ih_l0", &[3, 8]);
    assert_says(&faults(LSTM, &turned), &["[3, 8], and [8, 3]", "it is transposed"]);
    let gru = LSTM.replace("lstm: {", "gru: {reset: after, ");
    assert_says(&faults(&gru, &lstm()), &["four gates, as an `lstm` has"]);
}

#[test]
fn types_and_values() {
    let integers = lstm().raw("lstm.weight_ih_l0", Dtype::I16, &[8, 3], vec![0; 48]);
    assert_says(&faults(LSTM, &integers), &["tensor-dtype", "is int16", "tensor.float()"]);
    let mut bias = [0.0; 8];
    bias[5] = f32::NAN;
    bias[6] = f32::INFINITY;
    let broken = lstm().floats("lstm.bias_hh_l0", &[8], &bias);
    let found = faults(LSTM, &broken);
    assert_says(&found, &["not-finite", "`lstm.bias_hh_l0` has 2 of 8 elements", "the first is element 5"]);
}

#[test]
fn gru_variants_by_the_shape_of_the_bias() {
    let gru = |reset: &str| {
        format!(
            "convention: keras\ninput: {{features: 3}}\noutput: every\nlayers:\n  - gru: {{name: gru, hidden_size: 2, reset: {reset}}}"
        )
    };
    let tensors = Tensors::new().filled("gru.kernel", &[3, 6]).filled("gru.recurrent_kernel", &[2, 6]);
    assert_eq!(faults(&gru("after"), &tensors), "");
    let found = faults(&gru("before"), &tensors.clone().filled("gru.bias", &[2, 6]));
    assert_says(&found, &["gru-variant", "[2, 6]", "write `reset: after`"]);
    let found = faults(&gru("after"), &tensors.clone().filled("gru.bias", &[6]));
    assert_says(&found, &["gru-variant", "[6]", "write `reset: before`"]);
    let found = faults(&gru("after"), &tensors.filled("gru.bias", &[2, 9]));
    assert_says(&found, &["tensor-shape", "[2, 9], and [2, 6]"]);
}

#[test]
fn a_broken_layer_hides_no_other() {
    let yaml = "input: {features: 3}\noutput: every\nlayers:\n  - lstm: {name: a, hidden_size: 4}\n  - linear: {name: b, units: 5}\n  - linear: {name: c, units: 6}";
    let tensors = Tensors::new().filled("b.weight", &[5, 9]).filled("c.weight", &[6, 4]);
    let found = faults(yaml, &tensors);
    assert_says(&found, &["layer `a` needs 2 tensors", "[6, 4], and [6, 5]"]);
    assert_eq!(found.lines().count(), 2, "{found}");
}

#[test]
fn sizes_beyond_memory() {
    let size = 1 << 20;
    let yaml = LSTM.replace("hidden_size: 2", &format!("hidden_size: {size}"));
    assert_says(&faults(&yaml, &lstm()), &["tensor-shape", "`hidden_size: 2`"]);
}
