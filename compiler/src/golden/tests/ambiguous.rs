//! Traces that agree with more than one reading.

use super::{cell, found, one_layer, trace_of};
use crate::golden::Work;
use crate::tensors::fixtures::{Tensors, assert_says, noise};

fn inputs(steps: usize) -> Vec<Vec<f32>> {
    noise(3, steps * 3).chunks(3).map(|step| step.iter().map(|x| 4.0 * x).collect()).collect()
}

#[test]
fn a_trace_that_cannot_tell_two_grus_apart_is_warned_of() {
    let yaml = one_layer("gru: {name: a, hidden_size: 2, reset: before}", "every");
    // With a bias inside, the reset gate shows in the first step already.
    let weights = cell(3).without("a.bias_hh_l0").floats("a.bias_hh_l0", &[6], &[0.0; 6]);
    let said = |steps| found(&yaml, &weights, &trace_of(&yaml, &weights, &[inputs(steps)]), Work::All).1;
    assert_says(&said(1), &["golden-weak", "the golden trace agrees with `reset: after` too"]);
    assert_eq!(said(12), "");
}

#[test]
fn an_activation_that_changes_nothing_is_warned_of() {
    let yaml = |activation: &str| {
        format!(
            "input: {{features: 3}}\noutput: every\nlayers: [{{linear: {{name: b, units: 2, activation: {activation}}}}}]"
        )
    };
    let weights = Tensors::new().filled("b.weight", &[2, 3]).floats("b.bias", &[2], &[9.0, 9.0]);
    let trace = trace_of(&yaml("none"), &weights, &[inputs(12)]);
    let said = found(&yaml("none"), &weights, &trace, Work::All).1;
    assert_says(&said, &["the golden trace agrees with `activation: relu` in layer `b` too"]);
    assert_eq!(said.matches("golden-weak").count(), 1, "{said}");
    let mixed = Tensors::new().filled("b.weight", &[2, 3]).floats("b.bias", &[2], &[0.0, 0.0]);
    let trace = trace_of(&yaml("none"), &mixed, &[inputs(12)]);
    assert_eq!(found(&yaml("none"), &mixed, &trace, Work::All).1, "");
}
