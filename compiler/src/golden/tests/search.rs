//! What was tried, and what was not.

use super::network::{Network, Outputs, STEPS, large};
use super::{Work, checked};
use crate::sequences::Steps;
use crate::tensors::fixtures::{Tensors, assert_says, noise};

/// An LSTM in both directions and a linear layer, so large that a run takes a good part of the search.
fn large_network(activation: &str) -> (String, Tensors) {
    let (units, features) = (48, 256);
    let mut weights = Tensors::new();
    for level in ["l0", "l0_reverse"] {
        for (part, shape) in [
            ("weight_ih", vec![4 * units, features]),
            ("weight_hh", vec![4 * units, units]),
            ("bias_ih", vec![4 * units]),
        ] {
            let name = format!("a.{part}_{level}");
            let numbers: Vec<f32> =
                noise(name.len() as u32, shape.iter().product()).iter().map(|x| 0.2 * x).collect();
            weights = weights.floats(&name, &shape, &numbers);
        }
        weights = weights.floats(&format!("a.bias_hh_{level}"), &[4 * units], &vec![0.0; 4 * units]);
    }
    weights = large(weights, "b.weight", &[3, 2 * units]);
    let yaml = format!(
        "input: {{features: {features}}}\noutput: last\nlayers: [{{lstm: {{name: a, hidden_size: {units}, bidirectional: \
         true}}}}, {{linear: {{name: b, units: 3, activation: {activation}}}}}]"
    );
    (yaml, weights)
}

/// A trace of two long sequences with zeros at the end, which are no padding.
fn long(yaml: &str, weights: &Tensors, sequences: usize) -> Tensors {
    let steps = 200;
    let model = crate::tensors::fixtures::model(yaml, weights);
    let inputs = noise(3, sequences * steps * 256);
    let outputs: Vec<f32> = inputs
        .chunks(steps * 256)
        .flat_map(|sequence| {
            let sequence: Vec<Vec<f32>> = sequence.chunks(256).map(<[f32]>::to_vec).collect();
            crate::reference::run(&model, &crate::reference::Inputs::Features(&sequence)).remove(0)
        })
        .map(|x| x as f32)
        .collect();
    Tensors::new().floats("inputs", &[sequences, steps, 256], &inputs).floats(
        "outputs",
        &[sequences, 3],
        &outputs,
    )
}

#[test]
fn the_activation_is_tried_before_the_search_ends() {
    let (right, weights) = large_network("none");
    let trace = long(&right, &weights, 1);
    let told = checked(&large_network("softmax").0, &weights, &trace, Work::All).expect_err("a mismatch");
    assert_says(&told, &["it matches with `activation: none` in layer `b`"]);
}

#[test]
fn a_search_that_is_cut_says_what_was_not_tried() {
    let (yaml, weights) = large_network("none");
    let trace = long(&yaml, &weights, 1).floats("outputs", &[1, 3], &[7.0, 8.0, 9.0]);
    let told = checked(&yaml, &weights, &trace, Work::All).expect_err("a mismatch");
    assert_says(
        &told,
        &["other readings matches, of activations, forget biases", "not all of the", "gate orders"],
    );
    let tried = told.split("not all").next().expect("what was tried");
    assert!(!tried.contains("gate orders"), "{told}");
}

#[test]
fn a_search_that_is_not_cut_says_all_that_was_tried() {
    let network = Network::lstm().with_head("none");
    let inputs = network.inputs();
    let outputs: Vec<Outputs> = vec![vec![vec![7.0, 8.0, 9.0]; STEPS]; 2];
    let told = network.told("last", &inputs, &outputs);
    assert_says(
        &told,
        &[
            "none of",
            "of activations, forget biases, residuals, biases, skip connections, reversed time, `hard_sigmoid` gates, \
             gate orders, memory orders and scaled inputs: are trace",
        ],
    );
    assert!(!told.contains("not all"), "{told}");
}

#[test]
fn a_reading_has_to_match_other_sequences_too() {
    // The second sequence goes on from the first, and the third does not.
    let network = Network::gru("after");
    let inputs = network.inputs();
    let both = match (&inputs[0], &inputs[1]) {
        (Steps::Features(one), Steps::Features(two)) => Steps::Features([one.as_slice(), two].concat()),
        _ => panic!("no features"),
    };
    let second = network.outputs(&[both]).remove(0).split_off(STEPS);
    let mut plain = network.outputs(&inputs);
    let third = plain[1].clone();
    plain[1] = second;
    plain.push(third);
    let [one, two] = <[Steps; 2]>::try_from(inputs).expect("two sequences");
    let again = super::network::part(&two, 0..STEPS);
    let told = network.told("every", &[one, two, again], &plain);
    assert_says(&told, &["none of"]);
}

#[test]
fn the_shortest_sequence_that_disagrees_is_searched() {
    let (right, weights) = large_network("none");
    let turned = {
        let numbers = |level: &str| format!("a.bias_ih_{level}");
        let forget = |weights: Tensors, level: &str| {
            let mut bias: Vec<f32> =
                noise(numbers(level).len() as u32, 4 * 48).iter().map(|x| 0.2 * x).collect();
            bias.rotate_left(48);
            weights.floats(&numbers(level), &[4 * 48], &bias)
        };
        forget(forget(weights.clone(), "l0"), "l0_reverse")
    };
    let bytes = [200_u32, 5].iter().flat_map(|n| n.to_le_bytes()).collect();
    let with_lengths = long(&right, &weights, 2).raw("lengths", safetensors::Dtype::U32, &[2], bytes);
    let told = checked(&right, &turned, &with_lengths, Work::All).expect_err("a mismatch");
    assert!(!told.contains("not all"), "{told}");
}
