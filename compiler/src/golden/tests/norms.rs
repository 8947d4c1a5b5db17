//! Norms and scales that the spec leaves out.

use super::mistakes::{each, has_features, networks};
use super::network::{Network, Outputs, WIDTH, alone, changed};
use crate::diagnostic::quoted;
use crate::sequences::Steps;
use crate::tensors::fixtures::{assert_says, filling};

const NORM: [&str; 4] = ["running_mean", "running_var", "weight", "bias"];

/// PyTorch's tensors of a batch norm `n`, which the spec ignores.
fn with_norm(mut network: Network, names: &[&str]) -> Network {
    for name in names {
        let name = format!("n.{name}");
        let numbers: Vec<f32> = filling(&name, WIDTH).iter().map(|x| x + 0.8).collect();
        network.weights = network.weights.floats(&name, &[WIDTH], &numbers);
    }
    network.top = format!("ignore: \"n.*\"\n{}", network.top);
    network
}

fn numbers(name: &str) -> Vec<f64> {
    filling(&format!("n.{name}"), WIDTH).iter().map(|x| f64::from(x + 0.8)).collect()
}

fn batch_norm(epsilon: f64) -> impl Fn(&[f64]) -> Vec<f64> {
    let [mean, variance, weight, bias] = NORM.map(numbers);
    move |x: &[f64]| {
        let one = |at: usize| (x[at] - mean[at]) / (variance[at] + epsilon).sqrt() * weight[at] + bias[at];
        (0..x.len()).map(one).collect()
    }
}

fn each_vector(outputs: &mut [Outputs], change: &dyn Fn(&[f64]) -> Vec<f64>) {
    outputs.iter_mut().flatten().for_each(|output| *output = change(output));
}

#[test]
fn a_batch_norm_in_front_or_behind() {
    let in_front = |epsilon: f64| {
        move |network: &Network| {
            let inputs = network.inputs();
            let normed: Vec<Steps> = inputs.iter().map(|steps| changed(steps, batch_norm(epsilon))).collect();
            let outputs = network.outputs(&normed);
            (inputs, outputs)
        }
    };
    let behind = |epsilon: f64| {
        move |network: &Network| {
            let inputs = network.inputs();
            let mut outputs = network.outputs(&inputs);
            each_vector(&mut outputs, &batch_norm(epsilon));
            (inputs, outputs)
        }
    };
    let networks = || networks().into_iter().map(|network| with_norm(network, &NORM)).collect::<Vec<_>>();
    let of_features = || networks().into_iter().filter(has_features).collect::<Vec<_>>();
    let names = "`n.running_mean`, `n.running_var`, `n.weight` and `n.bias`";
    each(of_features(), in_front(1e-5), &["the batch norm `n` before layer", "(epsilon 1e-5)", names]);
    each(networks(), behind(1e-5), &["the batch norm `n` after layer", "(epsilon 1e-5)", names]);
    // Where the network makes little of the difference, another epsilon is within the tolerance.
    each(of_features(), in_front(1e-3), &["the batch norm `n` before layer"]);
    let lstm = || vec![with_norm(Network::lstm(), &NORM)];
    each(lstm(), in_front(1e-3), &["(epsilon 1e-3)"]);
}

#[test]
fn a_norm_between_two_layers() {
    let network = Network::lstm().behind_linear().with_head("tanh");
    let of = |layer: &str, name: &str, from: &Outputs| alone(layer, &network.weights.of_layer(name), from);
    let [first, second, third] = [0, 1, 2].map(|at| network.layers[at].as_str());
    let norm = batch_norm(1e-5);
    let normed = |steps: &Outputs| -> Outputs { steps.iter().map(|step| norm(step)).collect() };
    let step_norm = |x: &[f64]| -> Vec<f64> {
        let (weight, bias) = (numbers("weight"), numbers("bias"));
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / x.len() as f64;
        (0..x.len()).map(|at| (x[at] - mean) / (variance + 1e-5).sqrt() * weight[at] + bias[at]).collect()
    };
    let inputs = network.inputs();
    let outputs = |of_sequence: &dyn Fn(&Outputs) -> Outputs| -> Vec<Outputs> {
        let wide = |steps: &Steps| match steps {
            Steps::Features(steps) => {
                steps.iter().map(|step| step.iter().map(|&x| x.into()).collect()).collect()
            }
            Steps::Tokens(_) => Outputs::new(),
        };
        inputs.iter().map(|steps| of_sequence(&wide(steps))).collect()
    };
    let bare = first.replace("tanh", "none");
    let tanh = |steps: Outputs| -> Outputs {
        steps.iter().map(|step| step.iter().map(|x| x.tanh()).collect()).collect()
    };
    for (names, outputs, expected) in [
        (
            &NORM[..],
            outputs(&|x| of(third, "b", &of(second, "a", &normed(&of(first, "f", x))))),
            "the batch norm `n` before layer `a`",
        ),
        (
            &NORM,
            outputs(&|x| of(third, "b", &of(second, "a", &tanh(normed(&of(&bare, "f", x)))))),
            "the batch norm `n` before the activation of layer `f`",
        ),
        (
            &NORM,
            outputs(&|x| of(third, "b", &normed(&of(second, "a", &of(first, "f", x))))),
            "the batch norm `n` before layer `b`",
        ),
        (
            &NORM[2..],
            outputs(&|x| {
                let h = of(second, "a", &of(first, "f", x));
                of(third, "b", &h.iter().map(|h| step_norm(h)).collect())
            }),
            "the layer norm `n` before layer `b` (epsilon 1e-5)",
        ),
    ] {
        let network = with_norm(network.clone(), names);
        for output in ["every", "last"] {
            assert_says(&network.told(output, &inputs, &outputs), &[expected]);
        }
    }
}

#[test]
fn keras_and_scikit_learn_have_other_names_for_the_same() {
    let names = [
        (["n/moving_mean:0", "n/moving_variance:0"], "the batch norm `n` before layer `a` (epsilon 1e-3)"),
        (["scaler_mean", "scaler_std"], "the standardisation `scaler` before layer `a`"),
        (["mean_", "scale_"], "the standardisation before layer `a`"),
    ];
    for ([mean, spread], expected) in names {
        let mut network = Network::lstm();
        network.weights = network.weights.floats(mean, &[WIDTH], &[0.1, 0.2, 0.3]).floats(
            spread,
            &[WIDTH],
            &[0.5, 0.7, 0.9],
        );
        network.top = format!("ignore: [{mean:?}, {spread:?}]\n{}", network.top);
        let is_variance = spread.contains("variance");
        let inputs = network.inputs();
        let normed = |x: &[f64]| {
            let deviation = |spread: f64| if is_variance { (spread + 1e-3).sqrt() } else { spread };
            x.iter()
                .zip([0.1, 0.2, 0.3])
                .zip([0.5, 0.7, 0.9])
                .map(|((x, mean), spread)| (x - mean) / deviation(spread))
                .collect()
        };
        let outputs = network.outputs(&inputs.iter().map(|steps| changed(steps, normed)).collect::<Vec<_>>());
        assert_says(&network.told("every", &inputs, &outputs), &[expected, &quoted(mean)]);
    }
}

#[test]
fn inputs_scaled_or_standardised_in_code() {
    let networks = || networks().into_iter().filter(has_features).collect::<Vec<_>>();
    for (divisor, less, expected) in [
        (255.0, 0.0, "the inputs divided by 255"),
        (127.5, 1.0, "the inputs divided by 127.5, less 1"),
        (32768.0, 0.0, "the inputs divided by 32768"),
    ] {
        let scaled = |network: &Network| {
            let whole = |x: &[f64]| x.iter().map(|x| (x * divisor / 2.0).round()).collect();
            let inputs: Vec<Steps> = network.inputs().iter().map(|steps| changed(steps, whole)).collect();
            let part = |x: &[f64]| x.iter().map(|x| x / divisor - less).collect();
            let outputs =
                network.outputs(&inputs.iter().map(|steps| changed(steps, part)).collect::<Vec<_>>());
            (inputs, outputs)
        };
        each(networks(), scaled, &[expected]);
    }
    let standardised = |network: &Network| {
        let inputs = network.inputs();
        let of_sequence = |steps: &Steps| {
            let Steps::Features(features) = steps else {
                panic!("no features");
            };
            let count = features.len() as f64;
            let moment = |power: i32, less: &[f64]| -> Vec<f64> {
                let of = |at: usize| {
                    features.iter().map(|step| (f64::from(step[at]) - less[at]).powi(power)).sum::<f64>()
                        / count
                };
                (0..WIDTH).map(of).collect()
            };
            let mean = moment(1, &[0.0; WIDTH]);
            let variance = moment(2, &mean);
            changed(steps, |x| (0..WIDTH).map(|at| (x[at] - mean[at]) / variance[at].sqrt()).collect())
        };
        let outputs = network.outputs(&inputs.iter().map(of_sequence).collect::<Vec<_>>());
        (inputs, outputs)
    };
    each(networks(), standardised, &["each feature standardised over the steps of its sequence"]);
}
