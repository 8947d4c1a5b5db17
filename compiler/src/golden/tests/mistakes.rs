//! Each mistake in each network gets its name.

use super::network::{Network, Outputs, STEPS, WIDTH, alone, cell, features, large, padded, part, reversed};
use crate::reference::run;
use crate::sequences::Steps;
use crate::tensors::fixtures::{Tensors, assert_says};

/// Networks of one, two and three layers that read forward, and the layer that is recurrent.
pub(super) fn networks() -> Vec<Network> {
    vec![
        Network::lstm(),
        Network::gru("after"),
        Network::gru("before"),
        Network::stack(),
        Network::lstm().with_head("none"),
        Network::gru("after").with_head("softmax"),
        Network::lstm().behind_linear().with_head("sigmoid"),
        Network::gru("before").of_tokens(),
        Network::stack().of_tokens().with_head("none"),
    ]
}

pub(super) fn has_features(network: &Network) -> bool {
    network.top.contains("features")
}

/// What is said of each network whose trace is otherwise, with outputs of every step and of the last one.
#[track_caller]
pub(super) fn each(
    networks: Vec<Network>,
    mistake: impl Fn(&Network) -> (Vec<Steps>, Vec<Outputs>),
    expected: &[&str],
) {
    for network in networks {
        let (inputs, outputs) = mistake(&network);
        for output in ["every", "last"] {
            let told = network.told(output, &inputs, &outputs);
            for part in expected {
                assert!(told.contains(part), "no {part:?} in\n{told}{}", network.yaml(output));
            }
        }
    }
}

#[test]
fn steps_read_from_the_last_to_the_first() {
    let read = |network: &Network| {
        let inputs = network.inputs();
        let turned: Vec<Steps> = inputs.iter().map(reversed).collect();
        let outputs = network.outputs(&turned);
        (inputs, outputs)
    };
    each(networks(), read, &["layer `a` reading backwards, from the last step to the first, which"]);
    let read_and_turned_back = |network: &Network| {
        let (inputs, mut outputs) = read(network);
        outputs.iter_mut().for_each(|outputs| outputs.reverse());
        (inputs, outputs)
    };
    each(networks(), read_and_turned_back, &["reading backwards", "its outputs turned back"]);
}

#[test]
fn one_level_of_a_stack_that_reads_backwards() {
    let network = Network::stack();
    let first = Network::new(&["lstm: {name: a, hidden_size: 3}"], network.weights.of_level("_l0"));
    let second = Network::new(&["lstm: {name: a, hidden_size: 3}"], network.weights.of_level("_l1"));
    let inputs = network.inputs();
    let between: Vec<Steps> = first.outputs(&inputs).iter().map(features).collect();
    let turned: Vec<Steps> = between.iter().map(reversed).collect();
    let told = network.told("every", &inputs, &second.outputs(&turned));
    assert_says(&told, &["level 1 of layer `a` reading backwards", "train it to read forward"]);
}

#[test]
fn padding_in_front() {
    let padded_in_front = |network: &Network| {
        let mut inputs = network.inputs();
        inputs[1] = padded(&inputs[1], 0..2);
        let mut outputs = network.outputs(&inputs);
        let real = network.outputs(&[part(&inputs[1], 2..STEPS)]).remove(0);
        outputs[1] = vec![vec![0.0; WIDTH]; 2].into_iter().chain(real).collect();
        (inputs, outputs)
    };
    each(networks(), padded_in_front, &["in front of the sequences left out", "`lengths`", "[6, 4]"]);
    let network = Network::both_ways().with_head("none");
    let (inputs, outputs) = padded_in_front(&network);
    assert_says(&network.told("every", &inputs, &outputs), &["in front of the sequences left out"]);
}

#[test]
fn padding_behind() {
    let padded_behind = |network: &Network| {
        let mut inputs = network.inputs();
        inputs[1] = padded(&inputs[1], 4..STEPS);
        let mut outputs = network.outputs(&inputs);
        outputs[1] = network.outputs(&[part(&inputs[1], 0..4)]).remove(0);
        let last = outputs[1][3].clone();
        outputs[1].extend([last.clone(), last]);
        (inputs, outputs)
    };
    each(networks(), padded_behind, &["behind the sequences left out", "add `lengths`", "[6, 4]"]);
    let network = Network::both_ways().with_head("none");
    let (inputs, outputs) = padded_behind(&network);
    assert_says(&network.told("every", &inputs, &outputs), &["behind the sequences left out"]);
}

#[test]
fn final_states_of_padded_sequences() {
    let network = Network::both_ways().with_head("none");
    let model = network.model("last");
    let of = |steps: &Steps| run(&model, &steps.as_inputs());
    for (padding, real, expected) in
        [(4..STEPS, 0..4, "of zeros behind"), (0..2, 2..STEPS, "of zeros in front")]
    {
        let mut inputs = network.inputs();
        inputs[0] = padded(&inputs[0], padding);
        let outputs = [of(&part(&inputs[0], real)), of(&inputs[1])];
        assert_says(&network.told("last", &inputs, &outputs), &[expected, "[4, 6]"]);
    }
}

#[test]
fn padding_with_another_id() {
    let network = Network::lstm().of_tokens();
    let mut inputs = network.inputs();
    let Steps::Tokens(ids) = &mut inputs[1] else {
        panic!("no ids");
    };
    ids[3..].fill(7);
    let mut outputs = network.outputs(&inputs);
    outputs[1] = network.outputs(&[part(&inputs[1], 0..3)]).remove(0);
    let last = outputs[1][2].clone();
    outputs[1].resize(STEPS, last);
    assert_says(&network.told("last", &inputs, &outputs), &["padding of the id 7 behind", "[6, 3]"]);
}

#[test]
fn a_state_that_outlives_its_sequence() {
    let carried = |network: &Network| {
        let inputs = network.inputs();
        let both = match (&inputs[0], &inputs[1]) {
            (Steps::Features(one), Steps::Features(two)) => Steps::Features([one.as_slice(), two].concat()),
            (Steps::Tokens(one), Steps::Tokens(two)) => Steps::Tokens([one.as_slice(), two].concat()),
            _ => panic!("two kinds"),
        };
        let mut outputs = network.outputs(&[both]).remove(0);
        let second = outputs.split_off(STEPS);
        (inputs, vec![outputs, second])
    };
    each(networks(), carried, &["a state that is carried on from each sequence into the next"]);
}

#[test]
fn the_input_added_or_multiplied() {
    let networks = || networks().into_iter().filter(has_features);
    let joined = |join: fn(f64, f64) -> f64| {
        move |network: &Network| {
            let inputs = network.inputs();
            let mut outputs = network.outputs(&inputs);
            for (outputs, inputs) in outputs.iter_mut().zip(&inputs) {
                let Steps::Features(inputs) = inputs else {
                    panic!("no features");
                };
                for (y, x) in outputs.iter_mut().flatten().zip(inputs.iter().flatten()) {
                    *y = join(*y, f64::from(*x));
                }
            }
            (inputs, outputs)
        }
    };
    // A layer of one level has a key for it.
    let (several, single): (Vec<_>, Vec<_>) =
        networks().partition(|network| network.layers.len() > 1 || network.layers[0].contains("num_layers"));
    each(single, joined(|y, x| y + x), &["`residual: true` in layer `a`"]);
    each(several, joined(|y, x| y + x), &["the input added to the output", "in your code"]);
    each(networks().collect(), joined(|y, x| y * x), &["the input multiplied with the output"]);
}

#[test]
fn an_input_that_goes_around_a_part() {
    let network = Network::lstm().behind_linear().with_head("tanh");
    let inputs = network.inputs();
    let of = |layer: usize, from: &Outputs| {
        alone(&network.layers[layer], &network.weights.of_layer(["f", "a", "b"][layer]), from)
    };
    let add = |to: &Outputs, from: &Outputs| -> Outputs {
        to.iter().zip(from).map(|(to, from)| to.iter().zip(from).map(|(y, x)| y + x).collect()).collect()
    };
    let wide = |steps: &Steps| match steps {
        Steps::Features(steps) => steps.iter().map(|step| step.iter().map(|&x| x.into()).collect()).collect(),
        Steps::Tokens(_) => Vec::new(),
    };
    let around = |of_sequence: &dyn Fn(&Outputs) -> Outputs| -> Vec<Outputs> {
        inputs.iter().map(|steps| of_sequence(&wide(steps))).collect()
    };
    for (outputs, expected) in [
        (
            around(&|x| {
                let f = add(&of(0, x), x);
                of(2, &of(1, &f))
            }),
            "the input of layer `f` added to the output of layer `f`",
        ),
        (
            around(&|x| of(2, &add(&of(1, &of(0, x)), x))),
            "the input of layer `f` added to the output of layer `a`",
        ),
        (
            around(&|x| {
                let f = of(0, x);
                add(&of(2, &of(1, &f)), &f)
            }),
            "the input of layer `a` added to the output of layer `b`",
        ),
    ] {
        for output in ["every", "last"] {
            assert_says(&network.told(output, &inputs, &outputs), &[expected, "`residual: true`"]);
        }
    }
    // The sums of the last layer are what it gives without an activation.
    let bare = network.layers[2].replace("tanh", "none");
    let outputs = around(&|x| {
        let h = of(1, &of(0, x));
        let sums = add(&alone(&bare, &network.weights.of_layer("b"), &h), x);
        sums.iter().map(|sums| sums.iter().map(|x| x.tanh()).collect()).collect()
    });
    assert_says(
        &network.told("every", &inputs, &outputs),
        &["added to the sums of layer `b` before their activation"],
    );
}

#[test]
fn the_last_step_of_two_directions() {
    let two = {
        let weights = cell(
            cell(Network::both_ways().weights, "a", 4, "l1", 2 * WIDTH),
            "a",
            4,
            "l1_reverse",
            2 * WIDTH,
        );
        Network::new(&["lstm: {name: a, hidden_size: 3, num_layers: 2, bidirectional: true}"], weights)
    };
    let gru = cell(cell(Tensors::new(), "a", 3, "l0", WIDTH), "a", 3, "l0_reverse", WIDTH);
    let gru = Network::new(&["gru: {name: a, hidden_size: 3, reset: after, bidirectional: true}"], gru);
    let mut head = gru.clone();
    head.layers.push("linear: {name: b, units: 2}".to_owned());
    head.weights = large(head.weights, "b.weight", &[2, 2 * WIDTH]);
    for network in [Network::both_ways(), two, gru, head] {
        let inputs = network.inputs();
        let told = network.told("last", &inputs, &network.outputs(&inputs));
        assert_says(&told, &["of layer `a`, as `out[:, -1]` takes it", "write `output: every`"]);
    }
}
