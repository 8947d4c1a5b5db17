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
    /// Where the layer is tied, that of the embedding.
    pub weight: Matrix,
    /// Bytes of the embedding's table that a step reads.
    pub tied_bytes: usize,
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
    pub tokens: usize,
    pub lookup: Lookup,
    /// Bytes of the table.
    pub bytes: usize,
}

/// How rows of an embedding are found.
#[derive(Debug, Clone)]
pub enum Lookup {
    /// In a table of rows.
    Rows(Table),
    /// In a matrix that a linear layer multiplies with, too.
    Tied(Matrix),
}

impl Linear {
    /// `embedding` is the first layer, if it is one.
    pub(super) fn new(
        layer: &model::Linear,
        embedding: Option<&Embedding>,
        weights: &mut Blob,
        names: &mut Names,
    ) -> Linear {
        let before = weights.bytes().len();
        let little = layer.dual.as_ref().map_or(layer, |module| &module.little);
        let is_fixed = layer.weight.is_fixed();
        let table = embedding.filter(|_| layer.is_tied).and_then(|embedding| match &embedding.lookup {
            Lookup::Tied(matrix) => Some((matrix.clone(), embedding.bytes)),
            Lookup::Rows(_) => None,
        });
        let tied_bytes = table.as_ref().map_or(0, |(_, bytes)| *bytes);
        let (weight, bias) = match table {
            Some((matrix, _)) => (matrix, weights.f32s(layer.bias.iter().copied())),
            None if is_fixed => super::fixed::linear(layer, weights),
            None => (Matrix::new(&little.weight, weights), weights.f32s(little.bias.iter().copied())),
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
            tied_bytes,
            bias,
            activation: layer.activation,
            dual,
            is_fixed,
        }
    }
}

impl Embedding {
    /// `is_tied` where a linear layer has the same table, which is then in the order that products need.
    pub(super) fn new(
        layer: &model::Embedding,
        is_tied: bool,
        weights: &mut Blob,
        names: &mut Names,
    ) -> Embedding {
        let before = weights.bytes().len();
        let lookup = match is_tied {
            true => Lookup::Tied(Matrix::new(&model::Matrix::Dense(layer.table.clone()), weights)),
            false => Lookup::Rows(Table::new(&layer.table, weights)),
        };
        Embedding {
            title: format!("`{}`", layer.name),
            name: names.unique(&layer.name),
            dim: layer.dim(),
            tokens: layer.tokens(),
            lookup,
            bytes: weights.bytes().len() - before,
        }
    }

    /// Bytes of a row, with its scales.
    pub(super) fn row_bytes(&self) -> usize {
        match &self.lookup {
            Lookup::Rows(table) => table.row_bytes(),
            Lookup::Tied(_) => self.bytes / self.tokens.max(1),
        }
    }
}
