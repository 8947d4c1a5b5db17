//! Sizes and counts that follow from a model's shapes.

use super::{Cell, Embedding, Input, Layer, Linear, Matrix, Model, Recurrent};

impl Model {
    /// Numbers of one output.
    pub fn output_size(&self) -> usize {
        self.layers.last().map_or(0, Layer::output_size)
    }

    /// Numbers of one step's features, or how many ids there are.
    pub fn input_size(&self) -> usize {
        match self.input {
            Input::Features(size) | Input::Tokens(size) => size,
        }
    }

    /// Whether a sequence has to be complete before there is an output.
    pub fn is_bidirectional(&self) -> bool {
        self.layers.iter().any(|layer| matches!(layer, Layer::Recurrent(level) if level.backward.is_some()))
    }

    /// How many dual modules there are: one for each direction of each level, and for each linear layer that has
    /// one.
    pub fn dual_modules(&self) -> usize {
        let of_layer = |layer: &Layer| match layer {
            Layer::Embedding(_) => 0,
            Layer::Recurrent(level) => level.dual.len(),
            Layer::Linear(linear) => usize::from(linear.dual.is_some()),
        };
        self.layers.iter().map(of_layer).sum()
    }

    /// The matrices that a step multiplies with where all its rows are read, in the order of the layers.
    pub fn matrices(&self) -> impl Iterator<Item = &Matrix> {
        self.layers.iter().flat_map(|layer| match layer {
            Layer::Embedding(_) => Vec::new(),
            Layer::Recurrent(level) => level.cells().flat_map(Cell::matrices).collect(),
            Layer::Linear(linear) => vec![&linear.weight],
        })
    }

    /// Multiply-accumulates of the matrix products of one step.
    pub fn macs(&self) -> u64 {
        self.layers.iter().map(Layer::macs).fold(0, u64::saturating_add)
    }
}

impl Layer {
    /// Numbers a step takes; an embedding takes one id.
    pub fn input_size(&self) -> usize {
        match self {
            Layer::Embedding(_) => 1,
            Layer::Recurrent(level) => level.input_size(),
            Layer::Linear(linear) => linear.weight.columns(),
        }
    }

    /// Numbers a step gives.
    pub fn output_size(&self) -> usize {
        match self {
            Layer::Embedding(embedding) => embedding.dim(),
            Layer::Recurrent(level) => level.output_size(),
            Layer::Linear(linear) => linear.units(),
        }
    }

    /// Multiply-accumulates of the matrix products of one step.
    pub fn macs(&self) -> u64 {
        match self {
            Layer::Embedding(_) => 0,
            Layer::Recurrent(level) => {
                let little = level.dual.iter().map(|dual| &dual.little);
                level.cells().chain(little).map(Cell::macs).fold(0, u64::saturating_add)
            }
            Layer::Linear(linear) => {
                let little = linear.dual.as_ref().map_or(0, |dual| dual.little.weight.macs());
                linear.weight.macs().saturating_add(little)
            }
        }
    }

    /// The layer's name in the spec.
    pub fn name(&self) -> &str {
        match self {
            Layer::Embedding(embedding) => &embedding.name,
            Layer::Recurrent(level) => &level.name,
            Layer::Linear(linear) => &linear.name,
        }
    }
}

impl Embedding {
    /// How many ids have a row.
    pub fn tokens(&self) -> usize {
        self.table.rows
    }

    /// Numbers of a row.
    pub fn dim(&self) -> usize {
        self.table.columns
    }
}

impl Linear {
    /// Numbers it gives.
    pub fn units(&self) -> usize {
        self.weight.rows()
    }
}

impl Recurrent {
    /// The forward cell, then the backward cell if there is one.
    pub fn cells(&self) -> impl Iterator<Item = &Cell> {
        std::iter::once(&self.forward).chain(&self.backward)
    }

    /// Numbers a step takes.
    pub fn input_size(&self) -> usize {
        self.forward.input_size()
    }

    /// Numbers a step gives: `hidden` of each direction.
    pub fn output_size(&self) -> usize {
        self.cells().map(Cell::hidden_size).fold(0, usize::saturating_add)
    }
}

impl Cell {
    /// The cell's key in a spec.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Cell::Lstm(_) => "lstm",
            Cell::Gru(_) => "gru",
            Cell::Rnn(_) => "rnn",
            Cell::FastRnn(_) => "fastrnn",
            Cell::FastGrnn(_) => "fastgrnn",
        }
    }

    /// The matrix that multiplies the step's input.
    pub fn input(&self) -> &Matrix {
        match self {
            Cell::Lstm(cell) => &cell.input,
            Cell::Gru(cell) => &cell.input,
            Cell::Rnn(cell) => &cell.input,
            Cell::FastRnn(cell) => &cell.input,
            Cell::FastGrnn(cell) => &cell.input,
        }
    }

    /// The matrix that multiplies the state.
    pub fn recurrent(&self) -> &Matrix {
        match self {
            Cell::Lstm(cell) => &cell.recurrent,
            Cell::Gru(cell) => &cell.recurrent,
            Cell::Rnn(cell) => &cell.recurrent,
            Cell::FastRnn(cell) => &cell.recurrent,
            Cell::FastGrnn(cell) => &cell.recurrent,
        }
    }

    /// The matrix that makes the hidden vector of what the units give, if there is one.
    pub fn projection(&self) -> Option<&Matrix> {
        match self {
            Cell::Lstm(cell) => cell.projection.as_ref(),
            Cell::Gru(_) | Cell::Rnn(_) | Cell::FastRnn(_) | Cell::FastGrnn(_) => None,
        }
    }

    /// All matrices.
    pub fn matrices(&self) -> impl Iterator<Item = &Matrix> {
        [self.input(), self.recurrent()].into_iter().chain(self.projection())
    }

    /// All matrices.
    pub(crate) fn matrices_mut(&mut self) -> impl Iterator<Item = &mut Matrix> {
        let (both, projection) = match self {
            Cell::Lstm(cell) => ([&mut cell.input, &mut cell.recurrent], cell.projection.as_mut()),
            Cell::Gru(cell) => ([&mut cell.input, &mut cell.recurrent], None),
            Cell::Rnn(cell) => ([&mut cell.input, &mut cell.recurrent], None),
            Cell::FastRnn(cell) => ([&mut cell.input, &mut cell.recurrent], None),
            Cell::FastGrnn(cell) => ([&mut cell.input, &mut cell.recurrent], None),
        };
        both.into_iter().chain(projection)
    }

    /// All numbers that are biases.
    pub(crate) fn biases(&self) -> Vec<f32> {
        match self {
            Cell::Lstm(cell) => cell.bias.clone(),
            Cell::Gru(cell) => [cell.bias.as_slice(), &cell.candidate_bias].concat(),
            Cell::Rnn(cell) => cell.bias.clone(),
            Cell::FastRnn(cell) => cell.bias.clone(),
            Cell::FastGrnn(cell) => [cell.bias_gate.as_slice(), &cell.bias_update].concat(),
        }
    }

    /// Whether the recurrent matrix multiplies input and state together.
    pub fn is_joint(&self) -> bool {
        matches!(self.input(), Matrix::Zero { .. })
    }

    /// Whether the cell is computed in integers.
    pub fn is_fixed(&self) -> bool {
        self.recurrent().is_fixed()
    }

    /// State at rest, `[hidden]`.
    pub fn h0(&self) -> &[f32] {
        match self {
            Cell::Lstm(cell) => &cell.h0,
            Cell::Gru(cell) => &cell.h0,
            Cell::Rnn(cell) => &cell.h0,
            Cell::FastRnn(cell) => &cell.h0,
            Cell::FastGrnn(cell) => &cell.h0,
        }
    }

    /// Cell state at rest, `[units]`; empty where there is none.
    pub fn c0(&self) -> &[f32] {
        match self {
            Cell::Lstm(cell) => &cell.c0,
            Cell::Gru(_) | Cell::Rnn(_) | Cell::FastRnn(_) | Cell::FastGrnn(_) => &[],
        }
    }

    /// Numbers a step takes.
    pub fn input_size(&self) -> usize {
        self.input().columns()
    }

    /// Numbers of the hidden vector, which the cell gives.
    pub fn hidden_size(&self) -> usize {
        self.h0().len()
    }

    /// Rows of each gate: as many as the hidden vector has, unless that is a projection.
    pub fn units(&self) -> usize {
        self.projection().map_or(self.hidden_size(), Matrix::columns)
    }

    /// Multiply-accumulates of the matrix products of one step.
    pub fn macs(&self) -> u64 {
        self.matrices().map(Matrix::macs).fold(0, u64::saturating_add)
    }
}
