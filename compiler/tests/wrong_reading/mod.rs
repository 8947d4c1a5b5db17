//! Small random networks, what they compute of random inputs, and readings of them that are wrong in one thing.

use recurve_compiler::compile;
use recurve_compiler::files::Memory;
use recurve_compiler::golden::{TOLERANCE, Work};
use recurve_compiler::reference::{Inputs, run};
use recurve_compiler::spec::Output;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// Names and contents of tensors.
type Tensors = Vec<(String, Vec<usize>, Vec<f32>)>;

/// A spec with its files that is wrong, or right where `wrong` is empty.
pub(crate) struct Reading {
    /// The mistake, for messages.
    pub(crate) wrong: &'static str,
    /// The spec, which names `weights.safetensors` and `golden.safetensors`.
    pub(crate) spec: String,
    pub(crate) files: Memory,
    /// The largest difference from the trace, `|a - b| / max(1, |b|)`.
    pub(crate) difference: f64,
}

impl Reading {
    /// Whether it is another network, as far as the trace tells.
    pub(crate) fn is_other(&self) -> bool {
        self.difference > TOLERANCE
    }
}

/// A network: its layers as a spec lists them, and its tensors.
#[derive(Clone)]
struct Network {
    cell: &'static str,
    features: usize,
    hidden: usize,
    keys: Vec<(&'static str, &'static str)>,
    activation: &'static str,
    output: &'static str,
    tensors: Tensors,
}

/// The right reading of a random network and all wrong ones.
pub(crate) fn readings(seed: u64) -> Vec<Reading> {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let network = Network::random(&mut random);
    let (steps, sequences) = (random.between(2, 9), random.between(1, 4));
    let inputs: Vec<Vec<Vec<f32>>> =
        (0..sequences).map(|_| (0..steps).map(|_| random.numbers(network.features, 2.0)).collect()).collect();
    let outputs = network.outputs(&inputs);
    let mut list = vec![("", network.clone(), outputs.clone())];
    list.push(("gate order", network.with_reordered_gates(&mut random), outputs.clone()));
    list.push(("wrong tensor", network.with_another_tensor(&mut random), outputs.clone()));
    list.extend(network.with_other_keys().into_iter().map(|other| ("key", other, outputs.clone())));
    if network.output == "every" {
        // The trained network adds its input to its output.
        let added = outputs
            .iter()
            .zip(inputs.iter().flatten())
            .map(|(y, x)| y.iter().enumerate().map(|(at, y)| y + x[at % x.len()]).collect());
        list.push(("missing skip", network.clone(), added.collect()));
    }
    list.into_iter().map(|(wrong, network, outputs)| network.reading(wrong, &inputs, &outputs)).collect()
}

impl Network {
    fn random(random: &mut Random) -> Self {
        let cell = *random.one(&["lstm", "gru", "rnn"]);
        let features = random.between(1, 5);
        let hidden = if random.chance() { features } else { random.between(2, 6) };
        let mut keys = Vec::new();
        match cell {
            "gru" => keys.push(("reset", *random.one(&["after", "before"]))),
            "rnn" => keys.push(("nonlinearity", *random.one(&["tanh", "relu"]))),
            _ if random.chance() => keys.push(("forget_bias", "1.0")),
            _ => {}
        }
        let bidirectional = random.chance() && random.chance();
        if bidirectional {
            keys.push(("bidirectional", "true"));
        } else if hidden == features && random.chance() {
            keys.push(("residual", "true"));
        }
        let gates = match cell {
            "lstm" => 4,
            "gru" => 3,
            _ => 1,
        };
        let mut tensors = Tensors::new();
        for way in if bidirectional { &["", "_reverse"][..] } else { &[""] } {
            for (part, shape) in [
                ("weight_ih", vec![gates * hidden, features]),
                ("weight_hh", vec![gates * hidden, hidden]),
                ("bias_ih", vec![gates * hidden]),
                ("bias_hh", vec![gates * hidden]),
            ] {
                let count = shape.iter().product();
                tensors.push((format!("a.{part}_l0{way}"), shape, random.numbers(count, 1.5)));
            }
        }
        let units = random.between(1, 4);
        let width = if bidirectional { 2 * hidden } else { hidden };
        tensors.push(("b.weight".into(), vec![units, width], random.numbers(units * width, 1.0)));
        tensors.push(("b.bias".into(), vec![units], random.numbers(units, 1.0)));
        let activation = *random.one(&["none", "sigmoid", "tanh", "relu", "softmax"]);
        let output = *random.one(&["every", "last"]);
        Network { cell, features, hidden, keys, activation, output, tensors }
    }

    fn with_reordered_gates(&self, random: &mut Random) -> Self {
        let mut other = self.clone();
        let turn = random.between(1, 4);
        for (name, shape, numbers) in &mut other.tensors {
            if name.starts_with("a.") && shape[0] > self.hidden {
                let block = numbers.len() * self.hidden / shape[0];
                let places = numbers.len() / block;
                numbers.rotate_left(turn % places * block);
            }
        }
        other
    }

    fn with_another_tensor(&self, random: &mut Random) -> Self {
        let mut other = self.clone();
        let at = random.between(0, other.tensors.len());
        let (_, _, numbers) = &mut other.tensors[at];
        *numbers = random.numbers(numbers.len(), 1.5);
        other
    }

    /// Each key with another value, and the other activations.
    fn with_other_keys(&self) -> Vec<Self> {
        let mut list = Vec::new();
        for at in 0..self.keys.len() {
            let other = match self.keys[at] {
                ("reset", "after") => Some("before"),
                ("reset", _) => Some("after"),
                ("nonlinearity", "tanh") => Some("relu"),
                ("nonlinearity", _) => Some("tanh"),
                ("forget_bias", _) => Some("0.0"),
                ("residual", _) => Some("false"),
                _ => None,
            };
            list.extend(other.map(|value| {
                let mut changed = self.clone();
                changed.keys[at].1 = value;
                changed
            }));
        }
        for activation in ["none", "sigmoid", "tanh", "relu", "softmax"] {
            if activation != self.activation {
                list.push(Network { activation, ..self.clone() });
            }
        }
        list
    }

    fn spec(&self, golden: &str) -> String {
        let keys: String = self.keys.iter().map(|(key, value)| format!(", {key}: {value}")).collect();
        let both = self.keys.contains(&("bidirectional", "true"));
        let max_steps = if both && self.output == "every" { ", max_steps: 16" } else { "" };
        let units = self.tensors.last().map_or(0, |(_, shape, _)| shape[0]);
        format!(
            "recurve: 1\nname: Net\nweights: weights.safetensors\n{golden}input: {{features: {}{max_steps}}}\noutput: {}\nlayers:\n  \
             - {}: {{name: a, hidden_size: {}{keys}}}\n  - linear: {{name: b, units: {units}, activation: {}}}\n",
            self.features, self.output, self.cell, self.hidden, self.activation
        )
    }

    /// Outputs of the network, after each step of each sequence or after the last of each.
    fn outputs(&self, inputs: &[Vec<Vec<f32>>]) -> Vec<Vec<f32>> {
        let files = memory([("weights.safetensors", &self.tensors)]);
        let compiled = compile(&self.spec(""), &files, Work::None).expect("a network");
        let each = inputs.iter().flat_map(|steps| {
            let mut outputs = run(&compiled.model, &Inputs::Features(steps));
            if compiled.model.output == Output::Last {
                outputs.drain(..outputs.len() - 1);
            }
            outputs
        });
        each.map(|output| output.into_iter().map(|y| y as f32).collect()).collect()
    }

    /// This network beside a trace.
    fn reading(&self, wrong: &'static str, inputs: &[Vec<Vec<f32>>], outputs: &[Vec<f32>]) -> Reading {
        let (count, steps, size) = (inputs.len(), inputs[0].len(), outputs[0].len());
        let shape = if self.output == "last" { vec![count, size] } else { vec![count, steps, size] };
        let trace = vec![
            ("inputs".to_owned(), vec![count, steps, self.features], inputs.concat().concat()),
            ("outputs".to_owned(), shape, outputs.concat()),
        ];
        let found = self.outputs(inputs);
        let apart = |(a, b): (&f32, &f32)| f64::from((a - b).abs()) / f64::from(b.abs()).max(1.0);
        let difference = found.iter().flatten().zip(outputs.iter().flatten()).map(apart).fold(0.0, f64::max);
        Reading {
            wrong,
            spec: self.spec("golden: golden.safetensors\n"),
            files: memory([("weights.safetensors", &self.tensors), ("golden.safetensors", &trace)]),
            difference,
        }
    }
}

fn memory<const N: usize>(files: [(&str, &Tensors); N]) -> Memory {
    let bytes = |tensors: &Tensors| {
        let data: Vec<Vec<u8>> = tensors
            .iter()
            .map(|(_, _, numbers)| numbers.iter().flat_map(|x| x.to_le_bytes()).collect())
            .collect();
        let views = tensors.iter().zip(&data).map(|((name, shape, _), data)| {
            (name, TensorView::new(Dtype::F32, shape.clone(), data).expect("a tensor"))
        });
        safetensors::serialize(views, None).expect("a file")
    };
    Memory(files.map(|(path, tensors)| (path.to_owned(), bytes(tensors))).into_iter().collect())
}

/// Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn between(&mut self, least: usize, end: usize) -> usize {
        least + (self.next() >> 20) as usize % (end - least)
    }

    fn chance(&mut self) -> bool {
        self.between(0, 2) == 1
    }

    fn one<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.between(0, list.len())]
    }

    /// Numbers within `scale` of 0.
    fn numbers(&mut self, count: usize, scale: f32) -> Vec<f32> {
        (0..count).map(|_| ((self.next() >> 40) as f32 / (1 << 23) as f32 - 1.0) * scale).collect()
    }
}
