//! A spec for the tensors of a file.

use super::tensors::{Convention, Found, Kind, Tensors, chain, layers};
use super::{GOLDEN, WEIGHTS};

/// What the tensors do not tell.
#[derive(Debug, Clone)]
pub(super) struct Open {
    pub(super) question: String,
    /// `activation`, of the layer with this place; the spec's own where there is none.
    key: &'static str,
    layer: Option<usize>,
    pub(super) choices: Vec<&'static str>,
    pub(super) chosen: usize,
    /// Why this was chosen.
    pub(super) why: &'static str,
}

/// A spec, but for what is open.
#[derive(Debug)]
pub(super) struct Proposal {
    name: String,
    convention: Convention,
    layers: Vec<Found>,
    pub(super) open: Vec<Open>,
    ignore: Vec<String>,
    golden: bool,
    /// Of the longest sequence of the trace, or what is common.
    steps: usize,
}

/// Steps of a sequence, where there is no trace.
const STEPS: usize = 256;

const TANH_FIRST: &[&str] = &["tanh", "relu", "sigmoid", "quant_tanh", "quant_sigm", "quant_sigm4"];
const SIGMOID_FIRST: &[&str] = &["sigmoid", "tanh", "relu", "quant_sigm", "quant_tanh", "quant_sigm4"];
const GUESS: &str = "a guess: the tensors do not tell";

impl Proposal {
    /// `trace` are the tensors of a golden trace.
    pub(super) fn new(
        name: &str,
        convention: Convention,
        tensors: &Tensors,
        trace: Option<&Tensors>,
    ) -> Result<Proposal, String> {
        let (found, ignore) = layers(tensors, convention);
        let is_recurrent = |layer: &Found| matches!(layer.kind, Kind::Recurrent { .. });
        if !found.iter().any(is_recurrent) {
            let names: Vec<&str> = tensors.iter().map(|(name, _)| name.as_str()).take(8).collect();
            return Err(format!(
                "no recurrent layer is among the tensors `{}`{}\n  help: names are understood as PyTorch \
                 (`lstm.weight_ih_l0`), Keras (`lstm/kernel`), ONNX (`lstm.W`) and EdgeML (`fastgrnn.W`) have them, with the name \
                 of the layer in front; `docs/spec.md` has all",
                names.join("`, `"),
                if tensors.len() > 8 { ", .." } else { "" }
            ));
        }
        let Some(layers) = chain(&found) else {
            let sizes: Vec<String> = found
                .iter()
                .map(|layer| format!("`{}` {} -> {}", layer.name, layer.input, layer.output))
                .collect();
            return Err(format!(
                "no order of the layers fits: each has to read as many numbers as the one before gives, and they are {}",
                sizes.join(", ")
            ));
        };
        let open = open(&layers, trace);
        let tokens = matches!(layers.first(), Some(Found { kind: Kind::Embedding, .. }));
        let inputs = trace.and_then(|trace| trace.iter().find(|(name, _)| name == "inputs"));
        let steps = inputs.and_then(|(_, shape)| shape.iter().rev().nth(usize::from(!tokens)).copied());
        let (name, golden, steps) = (name.to_owned(), trace.is_some(), steps.unwrap_or(STEPS).max(1));
        Ok(Proposal { name, convention, layers, open, ignore, golden, steps })
    }

    /// What is open stays as it is, for this reason.
    pub(super) fn settle(&mut self, why: &'static str) {
        for open in &mut self.open {
            open.why = why;
        }
    }

    pub(super) fn spec(&self) -> String {
        let mut spec = format!("recurve: 1\nname: {}\nweights: {WEIGHTS}\n", self.name);
        if self.golden {
            spec += &format!(
                "golden: {GOLDEN}   # the network compiles only if it computes what was recorded here\n"
            );
        } else {
            spec += "# golden: golden.safetensors   # `inputs` and `outputs` of the trained network would prove that this is it\n";
        }
        spec += &format!("convention: {}\n", self.convention.name());
        if !self.ignore.is_empty() {
            spec += "ignore:   # tensors of which it is not known what they are for\n";
            spec.extend(self.ignore.iter().map(|name| format!("  - {name:?}\n")));
        }
        let size = self.layers.first().map_or(0, |layer| layer.input);
        let kind = match self.layers.first() {
            Some(Found { kind: Kind::Embedding, .. }) => "tokens",
            _ => "features",
        };
        spec += &format!("\ninput:\n  {kind}: {size}\n");
        if self.keeps_sequences() {
            spec += &format!(
                "  max_steps: {}   # a guess: the longest sequence, which stays in memory\n",
                self.steps
            );
        }
        spec += "\nlayers:\n";
        for (at, layer) in self.layers.iter().enumerate() {
            spec += &self.layer(at, layer);
        }
        let output = self.open.iter().find(|open| open.layer.is_none());
        spec += &match output {
            Some(open) => format!("\noutput: {}   # {}\n", open.choices[open.chosen], open.reason()),
            None => "\noutput: last\n".to_owned(),
        };
        spec
    }

    fn layer(&self, at: usize, layer: &Found) -> String {
        let open = || self.open.iter().filter(move |open| open.layer == Some(at));
        let (key, mut keys) = match &layer.kind {
            Kind::Embedding => ("embedding", vec![format!("dim: {}", layer.output)]),
            Kind::Linear => ("linear", vec![format!("units: {}", layer.output)]),
            Kind::Recurrent { key, hidden, levels, bidirectional, more, reset } => {
                let mut keys = vec![format!("hidden_size: {hidden}")];
                keys.extend((*levels > 1).then(|| format!("num_layers: {levels}")));
                keys.extend(bidirectional.then(|| "bidirectional: true".to_owned()));
                keys.extend(reset.map(|reset| format!("reset: {reset}")));
                keys.extend(more.iter().cloned());
                (*key, keys)
            }
        };
        keys.extend(open().map(|open| format!("{}: {}", open.key, open.choices[open.chosen])));
        let line = format!("  - {key}: {{name: {:?}, {}}}", layer.name, keys.join(", "));
        let why: Vec<String> = open().map(|open| format!("{}: {}", open.key, open.reason())).collect();
        if why.is_empty() { line + "\n" } else { format!("{line}   # {}\n", why.join("; ")) }
    }

    /// Whether a layer reads both ways beside other recurrent ones, so that whole sequences stay in memory.
    fn keeps_sequences(&self) -> bool {
        let levels = |layer: &Found| match layer.kind {
            Kind::Recurrent { levels, .. } => levels,
            _ => 0,
        };
        let both =
            self.layers.iter().any(|layer| matches!(layer.kind, Kind::Recurrent { bidirectional: true, .. }));
        both && self.layers.iter().map(levels).sum::<usize>() > 1
    }

    pub(super) fn summary(&self) -> String {
        let shape = |layer: &Found| format!("{} {} -> {}", layer.name, layer.input, layer.output);
        let layers: Vec<String> = self.layers.iter().map(shape).collect();
        let mut summary =
            format!("{}, as {} names it: {}", self.name, self.convention.name(), layers.join(", "));
        for open in &self.open {
            summary += &format!("\n  {}: {} ({})", open.question, open.choices[open.chosen], open.reason());
        }
        for tensor in &self.ignore {
            summary += &format!("\n  `{tensor}` is not understood and stays unused");
        }
        summary
    }
}

impl Open {
    fn reason(&self) -> String {
        if self.why != GUESS {
            return self.why.to_owned();
        }
        let others = self.choices.iter().enumerate().filter(|(at, _)| *at != self.chosen);
        let others: Vec<&str> = others.map(|(_, choice)| *choice).collect();
        format!("{GUESS}; or {}", others.join(", "))
    }
}

fn open(layers: &[Found], trace: Option<&Tensors>) -> Vec<Open> {
    let mut open = Vec::new();
    let mut ask = |question: String, key, layer, choices: &[&'static str]| {
        open.push(Open { question, key, layer, choices: choices.to_vec(), chosen: 0, why: GUESS });
    };
    for (at, layer) in layers.iter().enumerate() {
        match &layer.kind {
            Kind::Recurrent { key: "gru", reset: None, .. } => {
                let question = format!("where `{}` applies its reset gate", layer.name);
                ask(question, "reset", Some(at), &["after", "before"]);
            }
            Kind::Recurrent { key: "rnn", .. } => {
                ask(format!("nonlinearity of `{}`", layer.name), "nonlinearity", Some(at), &["tanh", "relu"]);
            }
            // EdgeML's cells have these as parameters; where nothing tells, they are what they are by default.
            Kind::Recurrent { key: "fastrnn", .. } if trace.is_some() => {
                ask(format!("nonlinearity of `{}`", layer.name), "nonlinearity", Some(at), TANH_FIRST);
            }
            Kind::Recurrent { key: "fastgrnn", .. } if trace.is_some() => {
                ask(format!("gate of `{}`", layer.name), "gate_nonlinearity", Some(at), SIGMOID_FIRST);
                ask(format!("update of `{}`", layer.name), "update_nonlinearity", Some(at), TANH_FIRST);
            }
            _ => {}
        }
        if matches!(layer.kind, Kind::Recurrent { .. }) && layer.input == layer.output && trace.is_some() {
            let question = format!("whether `{}` adds its input to its output", layer.name);
            ask(question, "residual", Some(at), &["false", "true"]);
        }
        if layer.kind == Kind::Linear {
            let is_last = at + 1 == layers.len();
            let choices: &[&str] = match is_last {
                true if layer.output > 1 => &["softmax", "none", "sigmoid", "tanh", "relu"],
                true => &["sigmoid", "none", "tanh", "relu"],
                false => &["relu", "none", "tanh", "sigmoid"],
            };
            ask(format!("activation of `{}`", layer.name), "activation", Some(at), choices);
        }
    }
    let bidirectional =
        layers.iter().any(|layer| matches!(layer.kind, Kind::Recurrent { bidirectional: true, .. }));
    let of_trace = |name: &str| trace?.iter().find(|(found, _)| found == name).map(|(_, shape)| shape.len());
    let tokens = matches!(layers.first(), Some(Found { kind: Kind::Embedding, .. }));
    match (of_trace("inputs"), of_trace("outputs")) {
        // As many dimensions with a vector a step, one fewer with one vector.
        (Some(inputs), Some(outputs)) if outputs == inputs + usize::from(tokens) => {
            ask("which steps give an output".into(), "output", None, &["every", "last"]);
        }
        _ if bidirectional || trace.is_none() => {
            ask("which steps give an output".into(), "output", None, &["last", "every"]);
        }
        _ => ask("which steps give an output".into(), "output", None, &["last"]),
    }
    open
}
