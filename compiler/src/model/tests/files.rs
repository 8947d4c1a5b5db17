//! Weights as files have them: types, weight normalization, cuDNN's biases, layers that were convolutions.

use safetensors::Dtype;

use super::conventions::{HIDDEN, INPUT, assert_same, blocks, cell, pytorch, turned, weights};
use super::{LSTM, lstm};
use crate::model::{Cell, Layer, Model};
use crate::tensors::fixtures::{Tensors, assert_says, faults, filling, model, noise, resolve, text};

fn doubles(numbers: &[f64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

#[test]
fn bf16_weights_are_widened() {
    let bits: Vec<u8> = (0..24_u16).flat_map(|i| (0x3f80 + i).to_le_bytes()).collect();
    let model = model(LSTM, &lstm().raw("lstm.weight_ih_l0", Dtype::BF16, &[8, 3], bits));
    assert_eq!(cell(&model).input().to_dense().at(7, 2), 1.0 + 23.0 / 128.0);
}

#[test]
fn f64_weights_are_rounded_and_that_is_said_once() {
    let numbers: Vec<f64> = (0..24).map(|n| 0.1 + f64::from(n)).collect();
    let tensors = lstm().raw("lstm.weight_ih_l0", Dtype::F64, &[8, 3], doubles(&numbers)).raw(
        "lstm.bias_ih_l0",
        Dtype::F64,
        &[8],
        doubles(&numbers[..8]),
    );
    let (model, found) = resolve(LSTM, &tensors);
    let model = model.expect("a model");
    assert_eq!(cell(&model).input().to_dense().data[23], 23.1);
    let found = text(&found);
    assert_eq!(found.lines().count(), 1, "{found}");
    assert_says(&found, &["tensor-rounded", "2 tensors of the weights are float64 and are rounded"]);
    // What is ignored is of no interest.
    let yaml = format!("ignore: \"other\"\n{LSTM}");
    assert_eq!(faults(&yaml, &lstm().raw("other", Dtype::F64, &[1], doubles(&[1.0]))), "");
}

#[test]
fn f64_weights_beyond_f32_are_refused() {
    let mut numbers = [0.0; 8];
    numbers[5] = -1e39;
    let tensors = lstm().raw("lstm.bias_hh_l0", Dtype::F64, &[8], doubles(&numbers));
    let found = faults(LSTM, &tensors);
    assert_says(&found, &["out-of-range", "`lstm.bias_hh_l0` has the element -1e39", "element 5"]);
    numbers[5] = f64::NAN;
    let tensors = lstm().raw("lstm.bias_hh_l0", Dtype::F64, &[8], doubles(&numbers));
    assert_says(&faults(LSTM, &tensors), &["not-finite", "has 1 of 8 elements"]);
}

#[test]
fn biases_are_added_exactly_and_rounded_once() {
    // In f32 the ends are lost before they are added.
    let half = f64::from(f32::EPSILON) / 2.0;
    let tensors = lstm().raw("lstm.bias_ih_l0", Dtype::F64, &[8], doubles(&[1.0 + half * 0.5; 8])).raw(
        "lstm.bias_hh_l0",
        Dtype::F64,
        &[8],
        doubles(&[half * 0.75; 8]),
    );
    let Cell::Lstm(lstm) = cell(&resolve(LSTM, &tensors).0.expect("a model")).clone() else { panic!() };
    assert_eq!(lstm.bias, [1.0 + f32::EPSILON; 8]);
    let rnn = LSTM.replace("lstm: {", "rnn: {").replace("name: lstm", "name: r");
    let tensors = Tensors::new()
        .filled("r.weight_ih_l0", &[2, 3])
        .filled("r.weight_hh_l0", &[2, 2])
        .raw("r.bias_ih_l0", Dtype::F64, &[2], doubles(&[1.0 + half * 0.5; 2]))
        .raw("r.bias_hh_l0", Dtype::F64, &[2], doubles(&[half * 0.75; 2]));
    let Cell::Rnn(rnn) = cell(&resolve(&rnn, &tensors).0.expect("a model")).clone() else { panic!() };
    assert_eq!(rnn.bias, [1.0 + f32::EPSILON; 2]);
}

#[test]
fn sums_of_biases_beyond_f32_are_refused() {
    let tensors =
        lstm().floats("lstm.bias_ih_l0", &[8], &[3e38; 8]).floats("lstm.bias_hh_l0", &[8], &[3e38; 8]);
    assert_says(&faults(LSTM, &tensors), &["out-of-range", "the sums of the biases of `lstm`"]);
    let yaml = LSTM.replace("hidden_size: 2", "hidden_size: 2, forget_bias: 3e38");
    let tensors = lstm().floats("lstm.bias_ih_l0", &[8], &[3e38; 8]);
    assert_says(&faults(&yaml, &tensors), &["out-of-range", "beyond float32"]);
}

/// The tensor `name` under weight normalization, with these names.
fn normalized(tensors: Tensors, name: &str, shape: [usize; 2], g: &str, v: &str) -> Tensors {
    let data = filling(name, shape[0] * shape[1]);
    let norm = |row: &[f32]| row.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
    let norms: Vec<f64> = data.chunks(shape[1]).map(norm).collect();
    let doubled: Vec<f32> = data.iter().map(|x| 2.0 * x).collect();
    tensors.without(name).raw(g, Dtype::F64, &[shape[0], 1], doubles(&norms)).floats(v, &shape, &doubled)
}

#[test]
fn weight_norm_is_folded_in_both_spellings() {
    let yaml = format!("{LSTM}\n  - linear: {{name: out, units: 5}}");
    let plain = lstm().filled("out.weight", &[5, 2]).filled("out.bias", &[5]);
    let expected = model(&yaml, &plain);
    for (own, of_out) in [
        (["lstm.weight_hh_l0_g", "lstm.weight_hh_l0_v"], ["out.weight_g", "out.weight_v"]),
        (
            ["lstm.parametrizations.weight_hh_l0.original0", "lstm.parametrizations.weight_hh_l0.original1"],
            ["out.parametrizations.weight.original0", "out.parametrizations.weight.original1"],
        ),
    ] {
        let tensors = normalized(plain.clone(), "lstm.weight_hh_l0", [8, 2], own[0], own[1]);
        let tensors = normalized(tensors, "out.weight", [5, 2], of_out[0], of_out[1]);
        let (found, said) = resolve(&yaml, &tensors);
        assert!(!said.has_errors(), "{}", text(&said));
        let found = found.expect("a model");
        // The magnitude in f64 gives the trained matrix back to the last bit.
        assert_same(&found, &expected);
    }
}

#[test]
fn weight_norm_without_one_half_or_with_a_broken_one() {
    let tensors = lstm().without("lstm.weight_hh_l0").filled("lstm.weight_hh_l0_v", &[8, 2]);
    let found = faults(LSTM, &tensors);
    assert_says(&found, &["missing-tensor", "needs tensor `lstm.weight_hh_l0_g`", "[8, 1]", "weight_norm"]);
    let tensors =
        lstm().without("lstm.weight_hh_l0").filled("lstm.parametrizations.weight_hh_l0.original0", &[8, 1]);
    let found = faults(LSTM, &tensors);
    assert_says(&found, &["`lstm.parametrizations.weight_hh_l0.original1`", "[8, 2]"]);
    let both = lstm().without("lstm.weight_hh_l0").filled("lstm.weight_hh_l0_v", &[8, 2]);
    let found = faults(LSTM, &both.clone().filled("lstm.weight_hh_l0_g", &[8]));
    assert_says(&found, &["tensor-shape", "`lstm.weight_hh_l0_g` has the shape [8], and [8, 1]"]);
    let mut v = noise(1, 16);
    v[6..8].fill(0.0);
    let zero = both.filled("lstm.weight_hh_l0_g", &[8, 1]).floats("lstm.weight_hh_l0_v", &[8, 2], &v);
    assert_says(&faults(LSTM, &zero), &["not-finite", "`lstm.weight_hh_l0_v` has the norm 0 in row 3"]);
    // Of spectral normalization there is nothing that could be the other half.
    let spectral = lstm()
        .without("lstm.weight_hh_l0")
        .filled("lstm.weight_hh_l0_orig", &[8, 2])
        .filled("lstm.weight_hh_l0_v", &[2]);
    assert_says(&faults(LSTM, &spectral), &["needs tensor `lstm.weight_hh_l0`"]);
}

#[test]
fn a_matrix_beside_its_two_halves_is_used_and_they_are_not() {
    let tensors = lstm().filled("lstm.weight_hh_l0_g", &[8, 1]).filled("lstm.weight_hh_l0_v", &[8, 2]);
    assert_says(&faults(LSTM, &tensors), &["unused-tensor", "`lstm.weight_hh_l0_g`, `lstm.weight_hh_l0_v`"]);
}

/// A matrix of `rows x columns` as `CuDNNLSTM` and `CuDNNGRU` save it.
fn cudnn(data: &[f32], gates: usize, columns: usize) -> Vec<f32> {
    let length = data.len() / gates;
    let units = length / columns;
    let row = |row: usize| {
        (0..gates).flat_map(move |gate| data[gate * length + row * units..][..units].iter().copied())
    };
    (0..columns).flat_map(row).collect()
}

#[test]
fn layers_of_cudnn_have_two_biases_in_a_row() {
    for (yaml, name, gates, order) in [
        (LSTM, "lstm", 4, &[0, 1, 2, 3][..]),
        (&LSTM.replace("lstm: {name: lstm", "gru: {reset: after, name: gru"), "gru", 3, &[1, 0, 2]),
    ] {
        let expected = model(yaml, &pytorch(name, gates));
        let (weights, rows) = (weights(gates), gates * HIDDEN);
        let both = [blocks(&weights.input_bias, order), blocks(&weights.recurrent_bias, order)].concat();
        let keras = Tensors::new()
            .floats(
                &format!("{name}.kernel"),
                &[INPUT, rows],
                &cudnn(&blocks(&weights.input, order), gates, INPUT),
            )
            .floats(
                &format!("{name}.recurrent_kernel"),
                &[HIDDEN, rows],
                &cudnn(&blocks(&weights.recurrent, order), gates, HIDDEN),
            )
            .floats(&format!("{name}.bias"), &[2 * rows], &both);
        assert_same(&model(&format!("convention: keras\n{yaml}"), &keras), &expected);

        let both = [weights.input_bias.clone(), weights.recurrent_bias.clone()].concat();
        let tensors = pytorch(name, gates).without(&format!("{name}.bias_hh_l0")).floats(
            &format!("{name}.bias_ih_l0"),
            &[2 * rows],
            &both,
        );
        assert_same(&model(yaml, &tensors), &expected);
    }
    let before = format!("convention: keras\n{}", LSTM.replace("lstm: {", "gru: {reset: before, "));
    let tensors = Tensors::new()
        .filled("lstm.kernel", &[3, 6])
        .filled("lstm.recurrent_kernel", &[2, 6])
        .filled("lstm.bias", &[12]);
    assert_says(&faults(&before, &tensors), &["gru-variant", "write `reset: after`"]);
}

#[test]
fn biases_may_be_rows() {
    let row = |name: &str| (name.to_owned(), filling(name, 8));
    let mut tensors = lstm();
    for (name, data) in ["lstm.bias_ih_l0", "lstm.bias_hh_l0"].map(row) {
        tensors = tensors.floats(&name, &[1, 8], &data);
    }
    assert_same(&model(LSTM, &tensors), &model(LSTM, &lstm()));
    let keras = Tensors::new().filled("lstm.kernel", &[3, 8]).filled("lstm.recurrent_kernel", &[2, 8]);
    let yaml = format!("convention: keras\n{LSTM}");
    let flat = model(&yaml, &keras.clone().filled("lstm.bias", &[8]));
    assert_same(&model(&yaml, &keras.filled("lstm.bias", &[1, 8])), &flat);
}

#[test]
fn a_bias_of_another_length_says_nothing_of_the_size() {
    let keras = Tensors::new()
        .filled("lstm.kernel", &[3, 2])
        .filled("lstm.recurrent_kernel", &[2, 2])
        .filled("lstm.bias", &[4]);
    let yaml = format!("convention: keras\n{}", LSTM.replace("lstm: {", "rnn: {"));
    let found = faults(&yaml, &keras);
    assert_says(&found, &["[4], and [2]", "two biases", "`hidden_size: 2` fits other tensors"]);
    assert!(!found.contains("hidden_size: 4"), "{found}");
}

#[test]
fn a_convolution_of_one_step_is_a_linear_layer() {
    let yaml = "input: {features: 3}\noutput: every\nlayers:\n  - linear: {name: d, units: 2}";
    let data = noise(1, 6);
    let layer = |tensors: &Tensors, convention: &str| -> Model {
        model(&format!("convention: {convention}\n{yaml}"), tensors)
    };
    let bias = noise(2, 2);
    let plain = Tensors::new().floats("d.weight", &[2, 3], &data).floats("d.bias", &[2], &bias);
    let expected = layer(&plain, "pytorch");
    for shape in [&[2, 3, 1][..], &[2, 3, 1, 1]] {
        let tensors = Tensors::new().floats("d.weight", shape, &data).floats("d.bias", &[1, 2], &bias);
        assert_same(&layer(&tensors, "pytorch"), &expected);
    }
    for shape in [&[3, 2][..], &[1, 3, 2], &[1, 1, 3, 2]] {
        let tensors =
            Tensors::new().floats("d.kernel", shape, &turned(&data, 2, 3)).floats("d.bias", &[2], &bias);
        assert_same(&layer(&tensors, "keras"), &expected);
    }
    let one = yaml.replace("units: 2", "units: 1");
    let Layer::Linear(linear) =
        &model(&one, &Tensors::new().floats("d.weight", &[1, 3, 1], &data[..3])).layers[0]
    else {
        panic!()
    };
    assert_eq!(linear.weight.to_dense().data, data[..3]);
    let two_steps = Tensors::new().filled("d.weight", &[2, 3, 2]);
    assert_says(&faults(yaml, &two_steps), &["[2, 3, 2], and [2, 3]"]);
}

#[test]
fn pruned_matrices_have_the_names_of_every_convention() {
    let mut weights = weights(4);
    let sparse =
        |data: &mut Vec<f32>| data.iter_mut().enumerate().for_each(|(n, x)| *x *= f32::from(n % 5 == 0));
    sparse(&mut weights.input);
    sparse(&mut weights.recurrent);
    let order = [0, 3, 1, 2];
    let pytorch = Tensors::new().floats("lstm.weight_ih_l0", &[8, 3], &weights.input).floats(
        "lstm.weight_hh_l0",
        &[8, 2],
        &weights.recurrent,
    );
    let keras = Tensors::new().floats("lstm.kernel", &[3, 8], &turned(&weights.input, 8, 3)).floats(
        "lstm.recurrent_kernel",
        &[2, 8],
        &turned(&weights.recurrent, 8, 2),
    );
    let onnx = Tensors::new().floats("lstm.W", &[1, 8, 3], &blocks(&weights.input, &order)).floats(
        "lstm.R",
        &[1, 8, 2],
        &blocks(&weights.recurrent, &order),
    );
    for on in ["joint", "input", "recurrent", "both"] {
        let form = format!("hidden_size: 2, compression: {{pruned: {{on: {on}, sparsity: 0.6}}}}");
        let yaml = LSTM.replace("hidden_size: 2", &form);
        let expected = model(&yaml, &pytorch);
        assert_same(&model(&format!("convention: keras\n{yaml}"), &keras), &expected);
        assert_same(&model(&format!("convention: onnx\n{yaml}"), &onnx), &expected);
    }
    let both = "input: {features: 3}\noutput: last\nlayers:\n  - lstm: {name: lstm, hidden_size: 2, \
                bidirectional: true, compression: {pruned: {}}}";
    let twice = |data: &[f32]| [blocks(data, &order), data.to_vec()].concat();
    let onnx = Tensors::new().floats("lstm.W", &[2, 8, 3], &twice(&weights.input)).floats(
        "lstm.R",
        &[2, 8, 2],
        &twice(&weights.recurrent),
    );
    let model = model(&format!("convention: onnx\n{both}"), &onnx);
    let Layer::Recurrent(level) = &model.layers[0] else { panic!() };
    let backward = level.backward.as_ref().expect("a second direction").recurrent().to_dense();
    // The gates `i o f c` of the file in the order `i f c o`.
    assert_eq!(backward.row(2)[..3], weights.input[12..15]);
    assert_eq!(level.forward.recurrent().to_dense().row(2)[..3], weights.input[6..9]);
}

#[test]
fn one_matrix_of_a_fastgrnn_may_be_factors_and_the_other_compressed() {
    let tensors = Tensors::new()
        .filled("f.W1", &[4, 1])
        .filled("f.W2", &[1, 6])
        .filled("f.U.u", &[1, 6, 2])
        .filled("f.U.v", &[1, 2, 6])
        .filled("f.bias_gate", &[6])
        .filled("f.bias_update", &[6])
        .filled("f.zeta", &[1])
        .filled("f.nu", &[1]);
    let yaml = |keys: &str, on: &str| {
        format!(
            "input: {{features: 4}}\noutput: every\nlayers:\n  - fastgrnn: {{name: f, hidden_size: 6, {keys}, \
             compression: {{low_rank: {{rank: 2, on: {on}}}}}}}"
        )
    };
    let model = model(&yaml("input_rank: 1", "recurrent"), &tensors);
    assert_eq!(cell(&model).macs(), 4 + 6 + 12 + 12);
    let found = faults(&yaml("input_rank: 1", "both"), &tensors);
    assert_says(&found, &["conflicting-keys", "`input_rank`", "compress the other matrix: `on: recurrent`"]);
    let found = faults(&yaml("recurrent_rank: 1", "recurrent"), &tensors);
    assert_says(&found, &["`compression` and `recurrent_rank`", "`on: input`"]);
}

#[test]
fn a_layer_in_a_group_of_its_own_name_is_found() {
    let keras = |name: &str, prefix: &str| {
        Tensors::new()
            .filled(&format!("{prefix}/kernel:0"), &[3, 8])
            .filled(&format!("{prefix}/recurrent_kernel:0"), &[2, 8])
            .filled(&format!("{prefix}/bias:0"), &[8])
            .without(name)
    };
    let yaml = format!("convention: keras\n{LSTM}");
    for prefix in ["lstm/lstm", "lstm/lstm/lstm_cell"] {
        assert_eq!(faults(&yaml, &keras("", prefix)), "");
    }
    let mut tensors = keras("", "encoder_b/x");
    for prefix in ["a", "b", "c", "d/lstm", "e/big_lstm_2"] {
        for (part, shape) in [("kernel", [3, 8]), ("recurrent_kernel", [2, 8])] {
            tensors = tensors.filled(&format!("{prefix}/{part}:0"), &shape);
        }
    }
    let found = faults(&yaml, &tensors);
    assert_says(&found, &["is `name: d.lstm` or `name: e.big_lstm_2` or `name: a` meant?"]);
}
