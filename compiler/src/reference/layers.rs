//! A network layer by layer, for those who do something of their own between two layers.

use super::activation::sigmoid;
use super::sequence::{Manner, embed, final_level, through};
use super::{Gate, Inputs, wide};
use crate::model::{Layer, Model};

/// The first layer that reads vectors, and the vectors that it reads.
pub(crate) fn entering(model: &Model, inputs: &Inputs<'_>) -> (usize, Vec<Vec<f64>>) {
    match (inputs, model.layers.first()) {
        (Inputs::Features(steps), _) => (0, steps.iter().map(|step| wide(step)).collect()),
        (Inputs::Tokens(ids), Some(Layer::Embedding(embedding))) => (1, embed(embedding, ids)),
        (Inputs::Tokens(_), _) => (1, Vec::new()),
    }
}

/// How the layers of a network are run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<'m> {
    model: &'m Model,
    final_level: Option<usize>,
}

impl<'m> Run<'m> {
    pub(crate) fn new(model: &'m Model) -> Self {
        Run { model, final_level: final_level(model) }
    }

    /// The layer that gives the final states of both directions, where the output is that.
    pub(crate) fn final_level(&self) -> Option<usize> {
        self.final_level
    }

    /// With every step of each layer, also where the model gives final states only.
    pub(crate) fn of_every_step(self) -> Self {
        Run { final_level: None, ..self }
    }

    /// The outputs of the layer at `place`.
    pub(crate) fn layer(&self, place: usize, steps: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
        self.layer_with(place, steps, sigmoid)
    }

    /// The outputs of the layer at `place`, whose gates have this activation.
    pub(crate) fn layer_with(&self, place: usize, steps: Vec<Vec<f64>>, gate: Gate) -> Vec<Vec<f64>> {
        let how = Manner { place, only_final: self.final_level == Some(place), gate };
        match self.model.layers.get(place) {
            Some(layer) => through(layer, how, steps, &mut |_| ()),
            None => steps,
        }
    }
}
