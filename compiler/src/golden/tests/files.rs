//! How traces are stored, and how much of them is checked.

use super::{STEPS, cell, checked, one_layer, trace};
use crate::golden::Work;
use crate::tensors::fixtures::{Tensors, assert_says};
use safetensors::Dtype;

const LSTM: &str = "lstm: {name: a, hidden_size: 2}";
const BOTH: &str = "lstm: {name: a, hidden_size: 2, bidirectional: true}";

fn both() -> Tensors {
    cell(4)
        .filled("a.weight_ih_l0_reverse", &[8, 3])
        .filled("a.weight_hh_l0_reverse", &[8, 2])
        .filled("a.bias_ih_l0_reverse", &[8])
        .filled("a.bias_hh_l0_reverse", &[8])
}

#[test]
fn a_trace_of_itself_agrees() {
    for (layer, weights) in [(LSTM, cell(4)), (BOTH, both())] {
        for output in ["last", "every"] {
            let yaml = one_layer(layer, output);
            let checked = checked(&yaml, &weights, &trace(&yaml, &weights), Work::All).expect("agreement");
            assert_eq!((checked.sequences, checked.steps, checked.steps_in_trace), (2, 24, 24));
            assert!(checked.worst < 1e-7);
        }
    }
}

#[test]
fn tokens() {
    let yaml = "input: {tokens: 5}\noutput: every\nlayers: [{embedding: {name: e, dim: 2}}]";
    let weights = Tensors::new().filled("e.weight", &[5, 2]);
    let trace = trace(yaml, &weights);
    assert!(checked(yaml, &weights, &trace, Work::All).is_ok());
    let negative = trace.raw("inputs", Dtype::I32, &[2, STEPS], [0xff; 4 * 2 * STEPS].to_vec());
    assert_says(&checked(yaml, &weights, &negative, Work::All).expect_err("a fault"), &["the id -1"]);
}

#[test]
fn lengths_end_sequences() {
    let yaml = one_layer(LSTM, "every");
    let whole = trace(&yaml, &cell(4));
    let lengths = |numbers: [u32; 2]| numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
    let cut = whole.clone().raw("lengths", Dtype::U32, &[2], lengths([3, 0]));
    let found = checked(&yaml, &cell(4), &cut, Work::All).expect("agreement");
    assert_eq!((found.sequences, found.steps), (1, 3));
    let too_long = whole.raw("lengths", Dtype::U32, &[2], lengths([3, 13]));
    assert_says(
        &checked(&yaml, &cell(4), &too_long, Work::All).expect_err("a fault"),
        &["golden-shape", "`lengths`"],
    );
}

#[test]
fn one_sequence_without_a_batch() {
    let yaml = one_layer(LSTM, "every");
    let x = Tensors::new().floats("inputs", &[1, 3], &[0.0; 3]);
    for shape in [&[2][..], &[1, 2]] {
        let trace = x.clone().floats("outputs", shape, &[9.0, 9.0]);
        assert_says(
            &checked(&yaml, &cell(4), &trace, Work::All).expect_err("a fault"),
            &["golden-mismatch", "says 9"],
        );
    }
}

#[test]
fn traces_of_other_floats_are_read() {
    let yaml = one_layer(LSTM, "every");
    // Numbers that bfloat16 has too.
    let numbers: Vec<f32> = (0..2 * STEPS * 3).map(|n| n as f32 / 64.0 - 0.25).collect();
    let wide = numbers.iter().flat_map(|x| f64::from(*x).to_le_bytes()).collect();
    let half = numbers.iter().flat_map(|x| ((x.to_bits() >> 16) as u16).to_le_bytes()).collect();
    let shape = [2, STEPS, 3];
    let steps: Vec<Vec<f32>> = numbers.chunks(3).map(<[f32]>::to_vec).collect();
    let model = crate::tensors::fixtures::model(&yaml, &cell(4));
    let outputs: Vec<f64> = steps
        .chunks(STEPS)
        .flat_map(|steps| crate::reference::run(&model, &crate::reference::Inputs::Features(steps)).concat())
        .collect();
    let outputs: Vec<u8> = outputs.into_iter().flat_map(f64::to_le_bytes).collect();
    let with_outputs = Tensors::new().raw("outputs", Dtype::F64, &[2, STEPS, 2], outputs);
    for (dtype, inputs) in [(Dtype::F64, wide), (Dtype::BF16, half)] {
        let trace = with_outputs.clone().raw("inputs", dtype, &shape, inputs);
        checked(&yaml, &cell(4), &trace, Work::All).unwrap_or_else(|found| panic!("{found}"));
    }
    let beyond =
        with_outputs.raw("inputs", Dtype::F64, &[1, 3], [1e39_f64; 3].map(f64::to_le_bytes).concat());
    let beyond = beyond.floats("outputs", &[1, 2], &[0.0; 2]);
    assert_says(
        &checked(&yaml, &cell(4), &beyond, Work::All).expect_err("a fault"),
        &["not-finite", "beyond the range of float32"],
    );
}

#[test]
fn wrong_shapes_types_and_values() {
    let yaml = one_layer(LSTM, "every");
    let good = trace(&yaml, &cell(4));
    for (trace, expected) in [
        (good.clone().raw("inputs", Dtype::F32, &[1 << 40, 0, 3], vec![]), "at least one step is expected"),
        (good.clone().without("outputs"), "no tensor `outputs`"),
        (good.clone().raw("inputs", Dtype::F32, &[1 << 40, 0, 3], vec![]), "at least one step is expected"),
        (good.clone().filled("inputs", &[24, 4]), "[steps, 3] or [sequences, steps, 3]"),
        (good.clone().filled("outputs", &[2, STEPS, 3]), "[2, 12, 2] or [2, 2]"),
        (good.clone().raw("inputs", Dtype::I64, &[2, STEPS, 3], vec![0; 576]), "are int64"),
        (good.clone().floats("outputs", &[2, 2], &[f32::NAN; 4]), "infinite or not a number"),
    ] {
        assert_says(&checked(&yaml, &cell(4), &trace, Work::All).expect_err("a fault"), &[expected]);
    }
    let last = one_layer(BOTH, "last");
    let every = trace(&one_layer(BOTH, "every"), &both());
    assert_says(
        &checked(&last, &both(), &every, Work::All).expect_err("a fault"),
        &["the final states of both directions"],
    );
}
