//! Which steps of a trace are compared, and traces that are refused or warned of.

use safetensors::Dtype;

use super::{STEPS, cell, checked, found, one_layer, trace, trace_of};
use crate::golden::Work;
use crate::tensors::fixtures::{Tensors, assert_says, noise};

const LSTM: &str = "lstm: {name: a, hidden_size: 2}";
const BOTH: &str = "lstm: {name: a, hidden_size: 2, bidirectional: true}";
/// Multiply-accumulates of a step of the LSTM.
const MACS: u64 = 40;

fn both() -> Tensors {
    cell(4)
        .filled("a.weight_ih_l0_reverse", &[8, 3])
        .filled("a.weight_hh_l0_reverse", &[8, 2])
        .filled("a.bias_ih_l0_reverse", &[8])
        .filled("a.bias_hh_l0_reverse", &[8])
}

/// A sequence that is silent for so many steps, then noise for `STEPS`.
fn silent_lead(steps: usize) -> Vec<Vec<f32>> {
    let signal =
        noise(3, STEPS * 3).chunks(3).map(|step| step.iter().map(|x| 4.0 * x).collect()).collect::<Vec<_>>();
    [vec![vec![0.0; 3]; steps], signal].concat()
}

#[test]
fn bounded_work_cuts_what_can_be_cut() {
    let plenty = u64::MAX;
    for (layer, weights, usual, expected) in [
        (LSTM, cell(4), 0, (1, 3)),
        (LSTM, cell(4), 5 * MACS, (1, 5)),
        (LSTM, cell(4), 15 * MACS, (2, 15)),
        (LSTM, cell(4), plenty, (2, 24)),
        (BOTH, both(), 60 * MACS, (2, 24)),
        (BOTH, both(), 30 * MACS, (1, 12)),
        (BOTH, both(), 0, (1, 12)),
    ] {
        let yaml = one_layer(layer, "every");
        let trace = trace(&yaml, &weights);
        let work = Work::Bounded { usual, limit: plenty };
        let checked = checked(&yaml, &weights, &trace, work).expect("agreement");
        assert_eq!((checked.sequences, checked.steps), expected, "{layer} {usual}");
        assert_eq!((checked.sequences_in_trace, checked.steps_in_trace), (2, 24));
        assert_eq!(checked.outputs % checked.steps, 0);
        assert!(!checked.left_to_verify);
    }
}

#[test]
fn last_outputs_are_compared_whole_whatever_they_cost() {
    for (layer, weights) in [(LSTM, cell(4)), (BOTH, both())] {
        let yaml = one_layer(layer, "last");
        let work = Work::Bounded { usual: 0, limit: 100 * MACS };
        let right = trace_of(&yaml, &weights, &[silent_lead(0), silent_lead(0).into_iter().rev().collect()]);
        let found = checked(&yaml, &weights, &right, work).expect("agreement");
        assert_eq!((found.sequences, found.steps), (1, STEPS));
        let wrong = weights.filled("a.bias_hh_l0", &[8]).floats("a.bias_ih_l0", &[8], &[0.5; 8]);
        assert_says(&checked(&yaml, &wrong, &right, work).expect_err("a mismatch"), &["golden-mismatch"]);
    }
}

#[test]
fn work_beyond_the_limit_fails_with_the_way_out() {
    let yaml = one_layer(LSTM, "last");
    let work = Work::Bounded { usual: MACS, limit: 5 * MACS };
    let right = trace_of(&yaml, &cell(4), &[silent_lead(0), silent_lead(0).into_iter().rev().collect()]);
    let too_long = checked(&yaml, &cell(4), &right, work).expect_err("too long");
    assert_says(
        &too_long,
        &["golden-too-long", "12 steps of 40 multiply-accumulates", "at most 5", "check: verify"],
    );
    let left = yaml.replace("input:", "golden: {file: g, check: verify}\ninput:");
    let found = checked(&left, &cell(4), &right, work).expect("left to verify");
    assert!(found.left_to_verify);
    assert_eq!((found.steps, found.outputs), (0, 0));
    let found = checked(&left, &cell(4), &right, Work::All).expect("agreement");
    assert!(!found.left_to_verify);
    assert_eq!(found.steps, 24);
}

#[test]
fn comparison_goes_on_to_where_the_network_moves() {
    let yaml = one_layer(LSTM, "every");
    let lead = 100;
    let right = trace_of(&yaml, &cell(4), &[silent_lead(lead)]);
    // The input weights do not show before the signal.
    let wrong = cell(4).filled("a.weight_hh_l0", &[8, 2]).floats("a.weight_ih_l0", &[8, 3], &[0.3; 24]);
    let work = Work::Bounded { usual: 10 * MACS, limit: 200 * MACS };
    assert_says(&checked(&yaml, &wrong, &right, work).expect_err("a mismatch"), &["golden-mismatch"]);
    let found = checked(&yaml, &cell(4), &right, work).expect("agreement");
    assert_eq!(found.steps, lead + STEPS);
    let work = Work::Bounded { usual: 10 * MACS, limit: 50 * MACS };
    assert_says(
        &checked(&yaml, &cell(4), &right, work).expect_err("too long"),
        &["golden-too-long", "at most 50", "shorter trace"],
    );
    // A sequence that moves at once costs less than the silent one before it.
    let two = trace_of(&yaml, &cell(4), &[silent_lead(STEPS), [silent_lead(0), silent_lead(0)].concat()]);
    assert_says(&checked(&yaml, &wrong, &two, work).expect_err("a mismatch"), &["of sequence 1"]);
}

#[test]
fn empty_traces_are_refused() {
    let yaml = one_layer(LSTM, "every");
    let whole = trace(&yaml, &cell(4));
    let empty = whole.raw("lengths", Dtype::U32, &[2], vec![0; 8]);
    for work in [Work::All, Work::QUICK] {
        assert_says(
            &checked(&yaml, &cell(4), &empty, work).expect_err("nothing to compare"),
            &["golden-empty", "`lengths` are all 0"],
        );
    }
}

#[test]
fn constant_outputs_are_refused_and_constant_inputs_warned_of() {
    let yaml = one_layer(LSTM, "every");
    let bare = cell(4).without("a.bias_ih_l0").without("a.bias_hh_l0");
    let silence = vec![vec![0.0; 3]; STEPS];
    let silent = trace_of(&yaml, &bare, std::slice::from_ref(&silence));
    assert_says(
        &checked(&yaml, &bare, &silent, Work::QUICK).expect_err("nothing moves"),
        &["golden-constant", "differ by at most 0.0e0 among themselves", "random"],
    );
    // Biases move the state, and the outputs with it.
    let (golden, said) = found(&yaml, &cell(4), &trace_of(&yaml, &cell(4), &[silence]), Work::QUICK);
    assert!(golden.is_some());
    assert_says(&said, &["golden-constant", "all inputs of the golden trace are the same"]);
}

#[test]
fn traces_of_single_steps_are_warned_of() {
    let yaml = one_layer(LSTM, "every");
    let single = trace_of(&yaml, &cell(4), &[silent_lead(0)[..1].to_vec()]);
    let (golden, said) = found(&yaml, &cell(4), &single, Work::QUICK);
    assert!(golden.is_some());
    assert_says(&said, &["golden-weak", "one step"]);
    let linear = "input: {features: 3}\noutput: every\nlayers: [{linear: {name: b, units: 2}}]";
    let weights = Tensors::new().filled("b.weight", &[2, 3]);
    let single = trace_of(linear, &weights, &[silent_lead(0)[..1].to_vec()]);
    assert_eq!(found(linear, &weights, &single, Work::QUICK).1, "");
}
