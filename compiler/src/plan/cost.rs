//! How much there is of everything.

use super::Layer as Placed;
use crate::model::{Cell, Layer, Matrix, Model};

/// What a network costs, in total and layer by layer.
#[derive(Debug, Clone)]
pub struct Cost {
    pub layers: Vec<LayerCost>,
    /// What decides which steps are executed; its multiply-accumulates are those of a decision.
    pub policy: Option<LayerCost>,
}

/// What a layer costs.
#[derive(Debug, Clone)]
pub struct LayerCost {
    /// `lstm`, or `lstm, level 1`.
    pub title: String,
    /// `LSTM 10 -> 118`.
    pub shape: String,
    /// Trained numbers.
    pub parameters: u64,
    /// Bytes of its numbers as they are stored, with scales, indices and the gaps that align them.
    pub bytes: usize,
    /// Bytes of these that a step reads: of an embedding a row, of states at rest nothing.
    pub bytes_per_step: usize,
    /// Bytes of the matrices that multiply the input of a recurrent layer: a run reads them once for many steps.
    pub input_bytes: usize,
    /// Multiply-accumulates in matrices, a step.
    pub macs: u64,
}

impl Cost {
    /// `placed` has the layout and the bytes of each layer.
    pub(super) fn new(model: &Model, placed: &[(Placed, usize)]) -> Cost {
        let layers = model.layers.iter().zip(placed);
        let layers = layers.map(|(layer, (placed, bytes))| LayerCost::new(layer, placed, *bytes));
        Cost { layers: layers.collect(), policy: None }
    }

    /// Trained numbers.
    pub fn parameters(&self) -> u64 {
        self.layers.iter().chain(&self.policy).map(|layer| layer.parameters).sum()
    }

    /// Multiply-accumulates in matrices, an executed step.
    pub fn macs(&self) -> u64 {
        self.layers.iter().map(|layer| layer.macs).sum()
    }

    /// Bytes of weights that an executed step reads, and the decision on it.
    pub fn bytes_per_step(&self) -> usize {
        self.layers.iter().chain(&self.policy).map(|layer| layer.bytes_per_step).sum()
    }

    /// Multiply-accumulates of a decision on whether a step is executed, or on a window of steps.
    pub fn macs_per_decision(&self) -> u64 {
        self.policy.as_ref().map_or(0, |policy| policy.macs)
    }
}

impl LayerCost {
    fn new(layer: &Layer, placed: &Placed, bytes: usize) -> LayerCost {
        let (title, kind, parameters) = match layer {
            Layer::Embedding(embedding) => {
                (embedding.name.clone(), "embedding", embedding.table.data.len() as u64)
            }
            Layer::Linear(linear) => {
                // A tied matrix is counted with the embedding.
                let weight = |it: &crate::model::Linear| if it.is_tied { 0 } else { it.weight.parameters() };
                let count = |it: &crate::model::Linear| weight(it) + it.bias.len() as u64;
                let little = linear.dual.as_ref().map_or(0, |dual| count(&dual.little));
                (linear.name.clone(), "linear", count(linear) + little)
            }
            Layer::Recurrent(level) => {
                let title = match level.level {
                    0 => level.name.clone(),
                    above => format!("{}, level {above}", level.name),
                };
                (
                    title,
                    level.forward.kind_name(),
                    level.cells().chain(level.dual.iter().map(|dual| &dual.little)).map(parameters).sum(),
                )
            }
        };
        let both = matches!(layer, Layer::Recurrent(level) if level.backward.is_some());
        let directions = if both { "bidirectional " } else { "" };
        let (bytes_per_step, input_bytes) = match placed {
            Placed::Embedding(embedding) => (embedding.row_bytes(), 0),
            Placed::Linear(linear) => (bytes + linear.tied_bytes, 0),
            Placed::Recurrent(level) => {
                let cells = || [&level.forward].into_iter().chain(&level.backward);
                let at_rest = cells().flat_map(|cell| cell.h0.iter().chain(&cell.c0));
                let at_rest: usize = at_rest.map(|state| state.range().len()).sum();
                (bytes - at_rest, cells().map(|cell| cell.input_bytes).sum())
            }
        };
        LayerCost {
            title,
            shape: format!("{directions}{kind} {} -> {}", layer.input_size(), layer.output_size()),
            parameters,
            bytes,
            bytes_per_step,
            input_bytes,
            macs: layer.macs(),
        }
    }
}

/// Trained numbers of a cell as it is stored: biases that are always added together count once, a state
/// at rest counts where it is not zero.
fn parameters(cell: &Cell) -> u64 {
    let matrices: u64 = cell.matrices().map(Matrix::parameters).sum();
    let others = match cell {
        Cell::Lstm(cell) => cell.bias.len(),
        Cell::Gru(cell) => match cell.reset {
            crate::spec::Reset::After => cell.bias.len() + cell.candidate_bias.len(),
            crate::spec::Reset::Before => cell.bias.len(),
        },
        Cell::Rnn(cell) => cell.bias.len(),
        Cell::FastRnn(cell) => cell.bias.len() + 2,
        Cell::FastGrnn(cell) => cell.bias_gate.len() + cell.bias_update.len() + 2,
    };
    let rest: usize = [cell.h0(), cell.c0()]
        .into_iter()
        .filter(|state| state.iter().any(|number| *number != 0.0))
        .map(<[f32]>::len)
        .sum();
    matrices + (others + rest) as u64
}
