//! Choices that the tensors do not determine.

use super::file::Trace;
use super::layers::{Found, Kind};
use super::quote::named;

/// A key of the spec whose value is open.
#[derive(Debug, Clone)]
pub(super) struct Open {
    pub(super) question: String,
    /// `activation`, of the layer with this place; the spec's own where there is none.
    pub(super) key: &'static str,
    pub(super) layer: Option<usize>,
    /// The likeliest first.
    pub(super) choices: Vec<&'static str>,
    /// The choice that a spec has without the key, where it does not have to be written.
    pub(super) default: Option<&'static str>,
    /// Trace that would tell the choices apart.
    pub(super) telling: &'static str,
}

const TANH_FIRST: &[&str] = &["tanh", "relu", "sigmoid", "quant_tanh", "quant_sigm", "quant_sigm4"];
const SIGMOID_FIRST: &[&str] = &["sigmoid", "tanh", "relu", "quant_sigm", "quant_tanh", "quant_sigm4"];

const STEPS: &str = "a trace of more steps would tell";
const SUMS: &str = "a trace whose sums there are negative and positive, and large, would tell";
const INPUTS: &str = "a trace with inputs other than zeros would tell";

/// Open choices of the layers in this order.
pub(super) fn open(layers: &[Found], trace: Option<&Trace>) -> Vec<Open> {
    let mut open: Vec<Open> =
        layers.iter().enumerate().flat_map(|(at, layer)| of_layer(layers.len(), at, layer, trace)).collect();
    let choices = outputs(layers, trace);
    if choices.len() > 1 {
        open.push(Open {
            question: "which steps give an output".into(),
            key: "output",
            layer: None,
            choices: choices.to_vec(),
            default: None,
            telling: STEPS,
        });
    }
    // Added in code by very few: nothing is read this way that can be read another.
    for (at, layer) in layers.iter().enumerate() {
        if matches!(layer.kind, Kind::Recurrent { key: "lstm", .. }) && trace.is_some() {
            open.push(Open {
                question: format!("what is added to the forget gate's bias of {}", named(&layer.name)),
                key: "forget_bias",
                layer: Some(at),
                choices: vec!["0", "1.0"],
                default: Some("0"),
                telling: STEPS,
            });
        }
    }
    open
}

fn of_layer(count: usize, at: usize, layer: &Found, trace: Option<&Trace>) -> Vec<Open> {
    let mut open = Vec::new();
    let mut ask = |question: String, key, choices: &[&'static str], default, telling| {
        open.push(Open { question, key, layer: Some(at), choices: choices.to_vec(), default, telling });
    };
    let name = named(&layer.name);
    match &layer.kind {
        Kind::Recurrent { key: "gru", reset, reset_is_named, .. }
            if reset.len() > 1 && (trace.is_some() || !reset_is_named) =>
        {
            ask(format!("where {name} applies its reset gate"), "reset", reset, None, STEPS);
        }
        Kind::Recurrent { key: "rnn", .. } => {
            ask(format!("nonlinearity of {name}"), "nonlinearity", &["tanh", "relu"], None, SUMS);
        }
        // EdgeML's cells have these as parameters; where nothing tells, they are what they are by default.
        Kind::Recurrent { key: "fastrnn", .. } if trace.is_some() => {
            ask(format!("nonlinearity of {name}"), "nonlinearity", TANH_FIRST, None, SUMS);
        }
        Kind::Recurrent { key: "fastgrnn", .. } if trace.is_some() => {
            ask(format!("gate of {name}"), "gate_nonlinearity", SIGMOID_FIRST, None, SUMS);
            ask(format!("update of {name}"), "update_nonlinearity", TANH_FIRST, None, SUMS);
        }
        _ => {}
    }
    let is_recurrent = matches!(layer.kind, Kind::Recurrent { .. });
    if is_recurrent && adds_input(layer) && trace.is_some() {
        let question = format!("whether {name} adds its input to its output");
        ask(question, "residual", &["false", "true"], Some("false"), INPUTS);
    }
    if layer.kind == Kind::Linear {
        let choices: &[&str] = match at + 1 == count {
            true if layer.output > 1 => &["softmax", "none", "sigmoid", "tanh", "relu"],
            true => &["sigmoid", "none", "tanh", "relu"],
            false => &["relu", "none", "tanh", "sigmoid"],
        };
        ask(format!("activation of {name}"), "activation", choices, None, SUMS);
    }
    open
}

/// Whether the layer could add its input to its output.
fn adds_input(layer: &Found) -> bool {
    layer.input == layer.output
}

/// Possible values of `output`, the likeliest first.
pub(super) fn outputs(layers: &[Found], trace: Option<&Trace>) -> &'static [&'static str] {
    let bidirectional =
        layers.iter().any(|layer| matches!(layer.kind, Kind::Recurrent { bidirectional: true, .. }));
    match trace.map(Trace::outputs_of) {
        // After one step both are the same, and what a stream gives is nothing but a wish.
        Some((true, true)) if bidirectional => &["last", "every"],
        Some((true, _)) => &["every"],
        Some((false, true)) => &["last"],
        _ => &["last", "every"],
    }
}
