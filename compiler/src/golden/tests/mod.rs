//! Traces that agree, traces that do not, and what is said about them.

mod ambiguous;
mod cells;
mod deployed;
mod excerpts;
mod explanations;
mod files;
mod mistakes;
mod network;
mod norms;
mod search;

use safetensors::Dtype;

use super::{Checked, Work, check};
use crate::diagnostic::Diagnostics;
use crate::model::{Input, resolve};
use crate::reference::{Inputs, run};
use crate::spec::Output;
use crate::tensors::Store;
use crate::tensors::fixtures::{self, Tensors, model, noise, text};

const STEPS: usize = 12;

/// Two sequences of the right inputs for the spec.
fn inputs(yaml: &str, weights: &Tensors) -> (Vec<Vec<f32>>, Vec<u32>) {
    let size = match model(yaml, weights).input {
        Input::Features(size) => size,
        Input::Tokens(_) => 1,
    };
    let features =
        noise(5, 2 * STEPS * size).chunks(size).map(|step| step.iter().map(|x| 4.0 * x).collect()).collect();
    (features, (0..2 * STEPS as u32).map(|i| i * 7 % 5).collect())
}

/// What the network of this spec and these weights computes, as a framework would save it.
fn trace(yaml: &str, weights: &Tensors) -> Tensors {
    let model = model(yaml, weights);
    let (features, ids) = inputs(yaml, weights);
    let outputs: Vec<Vec<f64>> = (0..2)
        .flat_map(|sequence| {
            let steps = sequence * STEPS..(sequence + 1) * STEPS;
            match model.input {
                Input::Features(_) => run(&model, &Inputs::Features(&features[steps])),
                Input::Tokens(_) => run(&model, &Inputs::Tokens(&ids[steps])),
            }
        })
        .collect();
    let size = model.output_size();
    let numbers: Vec<f32> = outputs.iter().flatten().map(|&x| x as f32).collect();
    let shape = if outputs.len() == 2 { vec![2, size] } else { vec![2, STEPS, size] };
    let trace = Tensors::new().floats("outputs", &shape, &numbers);
    match model.input {
        Input::Features(size) => trace.floats("inputs", &[2, STEPS, size], &features.concat()),
        Input::Tokens(_) => {
            let bytes = ids.iter().flat_map(|&id| i64::from(id).to_le_bytes()).collect();
            trace.raw("inputs", Dtype::I64, &[2, STEPS], bytes)
        }
    }
}

/// What the network of this spec and these weights computes of sequences of equally many steps, for the steps that the spec says.
fn trace_of(yaml: &str, weights: &Tensors, sequences: &[Vec<Vec<f32>>]) -> Tensors {
    let model = model(yaml, weights);
    let outputs = sequences.iter().flat_map(|sequence| {
        let mut outputs = run(&model, &Inputs::Features(sequence));
        if model.output == Output::Last {
            outputs.drain(..outputs.len() - 1);
        }
        outputs.into_iter().flatten().map(|x| x as f32)
    });
    let outputs: Vec<f32> = outputs.collect();
    let (count, steps) = (sequences.len(), sequences.first().map_or(0, Vec::len));
    let features = sequences.concat();
    let size = features.first().map_or(0, Vec::len);
    let shape = match model.output {
        Output::Last => vec![count, model.output_size()],
        Output::Every => vec![count, steps, model.output_size()],
    };
    Tensors::new()
        .floats("inputs", &[count, steps, size], &features.concat())
        .floats("outputs", &shape, &outputs)
}

/// Checks the spec and the weights against a trace.
fn checked(yaml: &str, weights: &Tensors, trace: &Tensors, work: Work) -> Result<Checked, String> {
    let (checked, said) = found(yaml, weights, trace, work);
    checked.ok_or(said)
}

/// As [`checked`], with what is said of a trace that agrees.
fn found(yaml: &str, weights: &Tensors, trace: &Tensors, work: Work) -> (Option<Checked>, String) {
    let golden = if yaml.contains("golden:") { "" } else { "golden: g\n" };
    let spec = fixtures::spec(&format!("{golden}{yaml}"));
    let files = fixtures::files(&[("w", weights), ("g", trace)]);
    let mut diagnostics = Diagnostics::new();
    let mut store = Store::read(&spec, &files, &mut diagnostics).expect("a store");
    let model = resolve(&spec, &mut store, &mut diagnostics).expect("a model");
    let checked = check(&spec, &model, &files, work, &mut diagnostics);
    (checked, text(&diagnostics))
}

fn one_layer(layer: &str, output: &str) -> String {
    format!("input: {{features: 3}}\noutput: {output}\nlayers: [{{{layer}}}]")
}

/// PyTorch's tensors of a cell with so many gates, 3 features and 2 units.
fn cell(gates: usize) -> Tensors {
    Tensors::new()
        .filled("a.weight_ih_l0", &[2 * gates, 3])
        .filled("a.weight_hh_l0", &[2 * gates, 2])
        .filled("a.bias_ih_l0", &[2 * gates])
        .filled("a.bias_hh_l0", &[2 * gates])
}
