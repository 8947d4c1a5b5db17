//! Ways to run a network that people mistake for the one that the spec says.
//!
//! They leave the numbers of the model as they are: something is done between two layers, or to the steps.

mod activation;
mod backwards;
mod carried;
mod final_step;
mod hard_gates;
mod joined;
mod normalised;
mod norms;
mod padding;
mod scaled;
mod trial;

pub(super) use activation::OtherActivation;
pub(super) use trial::{Outcome, Trial};

use super::alternatives::{Alternative, Change, Group};
use super::compare::Excerpt;
use super::trace::Trace;
use crate::diagnostic::quoted;
use crate::model::{Input, Layer, Model};
use crate::tensors::Spare;

/// Another way to run a network.
pub(super) trait Way {
    /// Whether the outputs of the first steps are the same without the rest of the sequence.
    fn is_causal(&self) -> bool {
        true
    }

    /// The first layer that runs anew.
    fn from(&self) -> usize {
        0
    }

    /// Number of steps that run for an excerpt.
    fn steps(&self, _trace: &Trace, excerpt: Excerpt) -> usize {
        excerpt.steps
    }

    /// What comes out.
    fn outcome(&self, trial: &Trial<'_>) -> Outcome;
}

/// All ways for this network. `sequence` is one that disagrees, `spare` are the vectors that no layer uses.
pub(super) fn ways(model: &Model, trace: &Trace, sequence: usize, spare: Vec<Spare>) -> Vec<Alternative> {
    let mut list = Vec::new();
    if model.skip.is_some() {
        // A policy's decisions depend on what flows between the layers.
        return list;
    }
    norms::push(model, spare, &mut list);
    padding::push(trace, sequence, &mut list);
    carried::push(model, sequence, &mut list);
    final_step::push(model, &mut list);
    joined::push(model, &mut list);
    backwards::push(model, &mut list);
    hard_gates::push(model, &mut list);
    scaled::push(model, &mut list);
    list
}

fn alternative(group: Group, what: String, mend: String, way: impl Way + 'static) -> Alternative {
    Alternative { what, mend: Some(mend), group, change: Change::Way(Box::new(way)) }
}

/// The first layer that reads vectors.
fn first_layer(model: &Model) -> usize {
    usize::from(matches!(model.input, Input::Tokens(_)))
}

/// Numbers that the layer at `place` reads; behind the last layer those of the output.
fn width(model: &Model, place: usize) -> usize {
    match (place.checked_sub(1).and_then(|before| model.layers.get(before)), model.input) {
        (Some(before), _) => before.output_size(),
        (None, Input::Features(size)) => size,
        (None, Input::Tokens(_)) => 0,
    }
}

/// The layer in words, with its level where its stack has several.
fn layer(model: &Model, place: usize) -> String {
    match model.layers.get(place) {
        Some(Layer::Recurrent(level)) if levels(model, &level.name) > 1 => {
            format!("level {} of layer {}", level.level, quoted(&level.name))
        }
        Some(layer) => format!("layer {}", quoted(layer.name())),
        None => "the output".to_owned(),
    }
}

/// The layer in words where its input is meant: the first level reads that of the whole.
fn entry(model: &Model, place: usize) -> String {
    match model.layers.get(place) {
        Some(Layer::Recurrent(level)) if level.level == 0 => format!("layer {}", quoted(&level.name)),
        _ => layer(model, place),
    }
}

/// The layer in words where its output is meant: the last level gives that of the whole.
fn exit(model: &Model, place: usize) -> String {
    match model.layers.get(place) {
        Some(Layer::Recurrent(level)) if level.level + 1 == levels(model, &level.name) => {
            format!("layer {}", quoted(&level.name))
        }
        _ => layer(model, place),
    }
}

fn levels(model: &Model, name: &str) -> usize {
    model.layers.iter().filter(|layer| layer.name() == name).count()
}
