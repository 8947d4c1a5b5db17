//! The layout of the layers without a state.

use super::{Blob, Matrix, Place, Table, names::Names};
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
        Linear {
            title: format!("`{}`", layer.name),
            name: names.unique(&layer.name),
            input_size: layer.weight.columns(),
            units: layer.units(),
            weight: Matrix::new(&layer.weight, weights),
            bias: weights.f32s(layer.bias.iter().copied()),
            activation: layer.activation,
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
