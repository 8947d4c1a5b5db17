//! What will run: where every number lies, how much there is of everything, and whether it fits.
//!
//! A plan leaves nothing to decide: `codegen` writes it down.

mod back_and_forth;
mod blob;
mod budget;
mod cell;
mod cost;
mod dual_module;
mod fastgrnn;
mod fastrnn;
mod fixed;
mod gain;
mod gru;
mod linear;
mod lstm;
mod matrix;
mod memory;
mod names;
mod pack;
mod rnn;
mod skip;
mod stack;
mod state;

pub use blob::{Blob, Number, Place};
pub use budget::check as check_budgets;
pub use cell::{Cell, Kind, Recurrent};
pub use cost::{Cost, LayerCost};
pub use dual_module::{DualModule, Rows};
pub use fixed::unit;
pub use gain::check as check_gains;
pub use linear::{Embedding, Linear, Lookup};
pub use matrix::{Matrix, Table};
pub use memory::Memory;
pub use pack::Stored;
pub use skip::{Affine, Skip, SkipKind};
pub use stack::{USUAL as USUAL_STACK, check as check_stack};
pub use state::OutputPlace;

use crate::model::{self, Input, Model};
use crate::spec::{Activations, Output};
use names::Names;

/// A network ready to be written down.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Name of the generated type.
    pub name: String,
    pub input: Input,
    pub output: Output,
    pub output_size: usize,
    pub activations: Activations,
    /// Steps that a bidirectional model keeps in memory, where it has to.
    pub max_steps: Option<usize>,
    /// Every layer up to the last recurrent one; all but the head where none is recurrent.
    pub body: Vec<Layer>,
    /// The linear layers behind the body.
    pub head: Vec<Linear>,
    /// Which steps are executed; all, where it is not there.
    pub skip: Option<Skip>,
    pub weights: Blob,
    pub cost: Cost,
    pub memory: Memory,
}

/// A layer of the body.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "a plan holds a handful of layers")]
pub enum Layer {
    Embedding(Embedding),
    Recurrent(Recurrent),
    Linear(Linear),
}

impl Plan {
    /// Places every number of `model`.
    pub fn new(model: &Model) -> Plan {
        let mut weights = Blob::shared_by(model.threads);
        let mut names = Names::default();
        let mut placed: Vec<(Layer, usize)> = Vec::with_capacity(model.layers.len());
        let is_tied =
            model.layers.iter().any(|layer| matches!(layer, model::Layer::Linear(linear) if linear.is_tied));
        for layer in &model.layers {
            let before = weights.bytes().len();
            let layer = match layer {
                model::Layer::Embedding(layer) => {
                    Layer::Embedding(Embedding::new(layer, is_tied, &mut weights, &mut names))
                }
                model::Layer::Recurrent(level) => {
                    Layer::Recurrent(Recurrent::new(level, &mut weights, &mut names))
                }
                model::Layer::Linear(layer) => {
                    let embedding = placed.first().and_then(|(first, _)| match first {
                        Layer::Embedding(embedding) => Some(embedding),
                        Layer::Recurrent(_) | Layer::Linear(_) => None,
                    });
                    Layer::Linear(Linear::new(layer, embedding, &mut weights, &mut names))
                }
            };
            placed.push((layer, weights.bytes().len() - before));
        }
        let mut cost = Cost::new(model, &placed);
        let mut layers: Vec<Layer> = placed.into_iter().map(|(layer, _)| layer).collect();
        let body =
            layers.iter().rposition(|layer| !matches!(layer, Layer::Linear(_))).map_or(0, |last| last + 1);
        let head = layers
            .split_off(body)
            .into_iter()
            .filter_map(|layer| match layer {
                Layer::Linear(linear) => Some(linear),
                Layer::Embedding(_) | Layer::Recurrent(_) => None,
            })
            .collect();
        let before = weights.bytes().len();
        let skip = model.skip.as_ref().map(|skip| Skip::new(skip, model, &layers, &mut weights));
        cost.policy = skip.as_ref().map(|skip| LayerCost {
            title: "skip".into(),
            shape: skip.title(),
            parameters: model.skip.as_ref().map_or(0, model::Skip::parameters),
            bytes: weights.bytes().len() - before,
            bytes_per_step: weights.bytes().len() - before,
            input_bytes: 0,
            macs: skip.macs,
        });
        let mut memory = Memory::new(model, weights.bytes().len());
        memory.scratch_bytes += skip.as_ref().map_or(0, Skip::scratch_bytes);
        Plan {
            name: model.name.clone(),
            input: model.input,
            output: model.output,
            output_size: model.output_size(),
            activations: model.activations,
            max_steps: model.max_steps,
            body: layers,
            head,
            skip,
            weights,
            cost,
            memory,
        }
    }

    /// Whether a layer reads its sequence in both directions.
    pub fn is_bidirectional(&self) -> bool {
        self.body.iter().any(|layer| matches!(layer, Layer::Recurrent(level) if level.backward.is_some()))
    }

    /// Numbers that the head reads.
    pub fn body_size(&self) -> usize {
        match self.body.last() {
            Some(layer) => layer.output_size(),
            None => match self.input {
                Input::Features(size) | Input::Tokens(size) => size,
            },
        }
    }
}

impl Layer {
    /// Numbers that the layer gives a step.
    pub fn output_size(&self) -> usize {
        match self {
            Layer::Embedding(layer) => layer.dim,
            Layer::Recurrent(level) => level.output_size(),
            Layer::Linear(layer) => layer.units,
        }
    }
}
