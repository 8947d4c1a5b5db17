//! The layout of the layers without a state.

use super::dual_module::Knobs;
use super::{Blob, DualModule, Matrix, Place, Rows, Table, names::Names};
use crate::model;
use crate::spec::Activation;

/// A linear layer.
#[derive(Debug, Clone)]
pub struct Linear {
    /// What the user calls it, for documentation.
    pub title: String,
    /// Identifier; of the constant in upper case.
    pub name: String,
    pub input_size: usize,
    pub units: usize,
    pub weight: Matrix,
    pub bias: Place,
    pub activation: Activation,
    /// The big module, where weight and bias are those of the little one beside it.
    pub dual: Option<DualModule>,
    /// Whether it is computed in integers.
    pub is_fixed: bool,
}

/// A table of vectors.
#[derive(Debug, Clone)]
pub struct Embedding {
    /// What the user calls it, for documentation.
    pub title: String,
    /// Identifier; of the constant in upper case.
    pub name: String,
    pub dim: usize,
    pub table: Table,
}

impl Linear {
    pub(super) fn new(layer: &model::Linear, weights: &mut Blob, names: &mut Names) -> Linear {
        let before = weights.bytes().len();
        let little = layer.dual.as_ref().map_or(layer, |module| &module.little);
        let is_fixed = layer.weight.is_fixed();
        let (weight, bias) = if is_fixed {
            super::fixed::linear(layer, weights)
        } else {
            (Matrix::new(&little.weight, weights), weights.f32s(little.bias.iter().copied()))
        };
        let dual = layer.dual.as_ref().map(|module| {
            let little_bytes = weights.bytes().len() - before;
            let is_unbounded = matches!(layer.activation, Activation::Relu | Activation::Softmax);
            let knobs =
                Knobs { layer: &layer.name, title: layer.name.clone(), module, little_bytes, is_unbounded };
            let rows = Rows::new(&[&layer.weight], weights);
            knobs.with(rows, weights.f32s(layer.bias.iter().copied()), None)
        });
        Linear {
            title: format!("`{}`", layer.name),
            name: names.unique(&layer.name),
            input_size: layer.weight.columns(),
            units: layer.units(),
            weight,
            bias,
            activation: layer.activation,
            dual,
            is_fixed,
        }
    }
}

impl Embedding {
    pub(super) fn new(layer: &model::Embedding, weights: &mut Blob, names: &mut Names) -> Embedding {
        Embedding {
            title: format!("`{}`", layer.name),
            name: names.unique(&layer.name),
            dim: layer.dim(),
            table: Table::new(&layer.table, weights),
        }
    }
}
