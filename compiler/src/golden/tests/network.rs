//! Small networks for tables of mistakes, and traces that are written by hand.

use super::{Work, checked};
use crate::model::{Input, Model};
use crate::reference::{Inputs, run};
use crate::sequences::Steps;
use crate::tensors::fixtures::{Tensors, filling, model, noise};
use safetensors::Dtype;

/// Numbers that each layer reads and gives, so that any input can be added to any output.
pub(super) const WIDTH: usize = 3;
pub(super) const STEPS: usize = 6;

/// Outputs of each step.
pub(super) type Outputs = Vec<Vec<f64>>;

/// A network whose output is that of every step, with its weights.
#[derive(Debug, Clone)]
pub(super) struct Network {
    /// The top of the spec, up to its layers.
    pub(super) top: String,
    pub(super) layers: Vec<String>,
    pub(super) weights: Tensors,
}

/// PyTorch's tensors of a level, larger than those of other tests so that every mistake shows.
pub(super) fn cell(weights: Tensors, name: &str, gates: usize, level: &str, input: usize) -> Tensors {
    let rows = gates * WIDTH;
    [
        ("weight_ih", vec![rows, input]),
        ("weight_hh", vec![rows, WIDTH]),
        ("bias_ih", vec![rows]),
        ("bias_hh", vec![rows]),
    ]
    .into_iter()
    .fold(weights, |weights, (part, shape)| large(weights, &format!("{name}.{part}_{level}"), &shape))
}

pub(super) fn large(weights: Tensors, name: &str, shape: &[usize]) -> Tensors {
    let numbers: Vec<f32> = filling(name, shape.iter().product()).iter().map(|x| 2.5 * x).collect();
    weights.floats(name, shape, &numbers)
}

pub(super) fn linear(weights: Tensors, name: &str) -> Tensors {
    large(large(weights, &format!("{name}.weight"), &[WIDTH, WIDTH]), &format!("{name}.bias"), &[WIDTH])
}

impl Network {
    pub(super) fn new(layers: &[&str], weights: Tensors) -> Self {
        let layers = layers.iter().map(|layer| (*layer).to_owned()).collect();
        Network { top: format!("input: {{features: {WIDTH}}}"), layers, weights }
    }

    pub(super) fn lstm() -> Self {
        Network::new(&["lstm: {name: a, hidden_size: 3}"], cell(Tensors::new(), "a", 4, "l0", WIDTH))
    }

    pub(super) fn gru(reset: &str) -> Self {
        let layer = format!("gru: {{name: a, hidden_size: 3, reset: {reset}}}");
        Network::new(&[&layer], cell(Tensors::new(), "a", 3, "l0", WIDTH))
    }

    pub(super) fn stack() -> Self {
        let weights = cell(cell(Tensors::new(), "a", 4, "l0", WIDTH), "a", 4, "l1", WIDTH);
        Network::new(&["lstm: {name: a, hidden_size: 3, num_layers: 2}"], weights)
    }

    pub(super) fn both_ways() -> Self {
        let weights = cell(cell(Tensors::new(), "a", 4, "l0", WIDTH), "a", 4, "l0_reverse", WIDTH);
        Network::new(&["lstm: {name: a, hidden_size: 3, bidirectional: true}"], weights)
    }

    /// The network with ids as its input.
    pub(super) fn of_tokens(mut self) -> Self {
        self.top = "input: {tokens: 8}".to_owned();
        self.layers.insert(0, format!("embedding: {{name: e, dim: {WIDTH}}}"));
        self.weights = large(self.weights, "e.weight", &[8, WIDTH]);
        self
    }

    /// The network with another layer in front.
    pub(super) fn behind_linear(mut self) -> Self {
        self.layers.insert(0, format!("linear: {{name: f, units: {WIDTH}, activation: tanh}}"));
        self.weights = linear(self.weights, "f");
        self
    }

    pub(super) fn with_head(mut self, activation: &str) -> Self {
        self.layers.push(format!("linear: {{name: b, units: {WIDTH}, activation: {activation}}}"));
        self.weights = linear(self.weights, "b");
        if self.is_bidirectional() {
            self.weights = large(self.weights, "b.weight", &[WIDTH, 2 * WIDTH]);
        }
        self
    }

    fn is_bidirectional(&self) -> bool {
        self.layers.iter().any(|layer| layer.contains("bidirectional"))
    }

    /// The spec's lines.
    pub(super) fn yaml(&self, output: &str) -> String {
        let layers: Vec<String> = self.layers.iter().map(|layer| format!("{{{layer}}}")).collect();
        let is_kept = self.is_bidirectional()
            && (self.layers[0].contains("num_layers") || output == "every" && self.layers.len() > 1);
        let top = match is_kept {
            true => self.top.replace('}', &format!(", max_steps: {STEPS}}}")),
            false => self.top.clone(),
        };
        format!("{top}\noutput: {output}\nlayers: [{}]", layers.join(", "))
    }

    pub(super) fn model(&self, output: &str) -> Model {
        model(&self.yaml(output), &self.weights)
    }

    /// The inputs of two sequences.
    pub(super) fn inputs(&self) -> Vec<Steps> {
        match self.model("every").input {
            Input::Features(size) => noise(11, 2 * STEPS * size)
                .chunks(STEPS * size)
                .map(|sequence| {
                    let step = |step: &[f32]| step.iter().map(|x| 4.0 * x).collect();
                    Steps::Features(sequence.chunks(size).map(step).collect())
                })
                .collect(),
            Input::Tokens(_) => (0..2)
                .map(|at| Steps::Tokens((0..STEPS as u32).map(|i| 1 + (i * 3 + at) % 7).collect()))
                .collect(),
        }
    }

    /// What it computes for each sequence.
    pub(super) fn outputs(&self, inputs: &[Steps]) -> Vec<Outputs> {
        let model = self.model("every");
        inputs.iter().map(|inputs| run(&model, &inputs.as_inputs())).collect()
    }

    /// What is said of the network where the trace has these inputs and outputs.
    pub(super) fn told(&self, output: &str, inputs: &[Steps], outputs: &[Outputs]) -> String {
        let trace = trace(inputs, outputs, output == "last");
        checked(&self.yaml(output), &self.weights, &trace, Work::All).expect_err("a mismatch")
    }
}

/// A trace of the outputs of every step, or of the last one.
pub(super) fn trace(inputs: &[Steps], outputs: &[Outputs], last: bool) -> Tensors {
    let size = outputs[0][0].len();
    let kept =
        outputs.iter().flat_map(|outputs| if last { &outputs[outputs.len() - 1..] } else { &outputs[..] });
    let numbers: Vec<f32> = kept.flatten().map(|&x| x as f32).collect();
    let shape = if last { vec![inputs.len(), size] } else { vec![inputs.len(), STEPS, size] };
    let trace = Tensors::new().floats("outputs", &shape, &numbers);
    let mut numbers: Vec<f32> = Vec::new();
    let mut ids: Vec<u8> = Vec::new();
    for sequence in inputs {
        match sequence {
            Steps::Features(steps) => numbers.extend(steps.iter().flatten()),
            Steps::Tokens(tokens) => ids.extend(tokens.iter().flat_map(|id| i64::from(*id).to_le_bytes())),
        }
    }
    if ids.is_empty() {
        let size = numbers.len() / inputs.len() / STEPS;
        trace.floats("inputs", &[inputs.len(), STEPS, size], &numbers)
    } else {
        trace.raw("inputs", Dtype::I64, &[inputs.len(), STEPS], ids)
    }
}

/// The steps from the last to the first.
pub(super) fn reversed(steps: &Steps) -> Steps {
    match steps {
        Steps::Features(steps) => Steps::Features(steps.iter().rev().cloned().collect()),
        Steps::Tokens(ids) => Steps::Tokens(ids.iter().rev().copied().collect()),
    }
}

/// Some of the steps.
pub(super) fn part(steps: &Steps, range: std::ops::Range<usize>) -> Steps {
    match steps {
        Steps::Features(steps) => Steps::Features(steps[range].to_vec()),
        Steps::Tokens(ids) => Steps::Tokens(ids[range].to_vec()),
    }
}

/// The steps with some of them zeros, or the id 0.
pub(super) fn padded(steps: &Steps, range: std::ops::Range<usize>) -> Steps {
    match steps {
        Steps::Features(steps) => {
            let mut steps = steps.clone();
            steps[range].iter_mut().for_each(|step| step.fill(0.0));
            Steps::Features(steps)
        }
        Steps::Tokens(ids) => {
            let mut ids = ids.clone();
            ids[range].fill(0);
            Steps::Tokens(ids)
        }
    }
}

/// One step after the other changed.
pub(super) fn changed(steps: &Steps, change: impl Fn(&[f64]) -> Vec<f64>) -> Steps {
    let Steps::Features(steps) = steps else {
        panic!("no features");
    };
    let step = |step: &Vec<f32>| {
        change(&step.iter().map(|&x| f64::from(x)).collect::<Vec<_>>())
            .into_iter()
            .map(|x| x as f32)
            .collect()
    };
    Steps::Features(steps.iter().map(step).collect())
}

pub(super) fn features(steps: &Outputs) -> Steps {
    Steps::Features(steps.iter().map(|step| step.iter().map(|&x| x as f32).collect()).collect())
}

/// The outputs of a layer alone, for inputs that another one gave.
pub(super) fn alone(layer: &str, weights: &Tensors, inputs: &Outputs) -> Outputs {
    let network = Network::new(&[layer], weights.clone());
    let model = network.model("every");
    match features(inputs) {
        Steps::Features(steps) => run(&model, &Inputs::Features(&steps)),
        Steps::Tokens(_) => Vec::new(),
    }
}
