//! Working memory on the stack, and how many steps a run takes at once.

use crate::model::{Cell, Input, Layer, Model};
use crate::spec::Reset;

/// A run's working memory stays below a quarter of the weights, within these bytes.
const RUN_BYTES: (usize, usize) = (2 * 1024, 576 * 1024);
/// More steps at once save nothing.
const MOST_STEPS: usize = 32;

/// Memory besides weights and state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Steps whose input products a run forms at once.
    pub steps: usize,
    /// Bytes of the arrays in a step; of a bidirectional model, in a run.
    pub scratch_bytes: usize,
    /// Sums of the largest cell, for each stream of a step of many: with those that it keeps apart.
    pub sums_per_stream: usize,
    /// Bytes of the arrays in a step of many streams, for each.
    pub bytes_per_stream: usize,
}

impl Memory {
    pub(super) fn new(model: &Model, weight_bytes: usize) -> Memory {
        let outputs: usize = model.layers.iter().map(Layer::output_size).sum();
        let most_sums = cells(model).map(sums);
        let in_block = size_of::<f32>() * (input_size(model) + outputs + most_sums.max().unwrap_or(0));
        let budget = (weight_bytes / 4).clamp(RUN_BYTES.0, RUN_BYTES.1);
        let steps = (budget / in_block.max(1)).clamp(1, MOST_STEPS);
        // Pairs of steps share a pass over the weights.
        let steps = if steps > 2 { steps / 2 * 2 } else { steps };
        let for_cells: usize = if model.is_bidirectional() {
            let states = cells(model).map(|cell| cell.h0().len() + cell.c0().len());
            cells(model).map(inside).sum::<usize>() + duals(model) + states.sum::<usize>()
        } else {
            cells(model).map(|cell| sums(cell) + inside(cell)).sum::<usize>() + duals(model)
        };
        let for_linear: usize = model.layers.iter().map(linear).sum();
        let blocks = if model.is_bidirectional() {
            steps * in_block
        } else {
            size_of::<f32>() * (input_size(model) + outputs)
        };
        let sums_per_stream = cells(model).map(|cell| sums(cell) + apart(cell)).max().unwrap_or(0);
        // What is projected of each stream.
        let units: usize = cells(model).map(|cell| cell.projection().map_or(0, |_| cell.units())).sum();
        Memory {
            steps,
            scratch_bytes: blocks + size_of::<f32>() * (for_cells + for_linear),
            sums_per_stream,
            bytes_per_stream: size_of::<f32>() * (input_size(model) + outputs + sums_per_stream + units),
        }
    }
}

fn cells(model: &Model) -> impl Iterator<Item = &Cell> {
    let levels = model.layers.iter().filter_map(|layer| match layer {
        Layer::Recurrent(level) => Some(level),
        Layer::Embedding(_) | Layer::Linear(_) => None,
    });
    levels.flat_map(|level| level.cells())
}

/// Numbers that a step of the model reads as a copy.
fn input_size(model: &Model) -> usize {
    match model.input {
        Input::Features(size) => size,
        Input::Tokens(_) => 0,
    }
}

/// Sums that a cell forms before it moves on: one that is computed in integers forms those of a unit where they are needed.
fn sums(cell: &Cell) -> usize {
    if cell.is_fixed() { 1 } else { cell.input().rows() }
}

/// Numbers that a cell keeps on the stack while it moves on, besides its sums.
fn inside(cell: &Cell) -> usize {
    if cell.is_fixed() {
        let units = if matches!(cell, Cell::Gru(gru) if gru.reset == Reset::Before) {
            3 * cell.hidden_size()
        } else {
            0
        };
        return units + cell.input().scratch() + cell.recurrent().scratch();
    }
    let gates = match cell {
        Cell::Gru(gru) if gru.reset == Reset::Before => cell.hidden_size(),
        Cell::Gru(_) | Cell::Lstm(_) | Cell::Rnn(_) | Cell::FastRnn(_) | Cell::FastGrnn(_) => apart(cell),
    };
    let joint = if cell.is_joint() { cell.input_size() + cell.hidden_size() } else { 0 };
    // What the units give, and the hidden vector before it is the state.
    let projection =
        cell.projection().map_or(0, |matrix| cell.units() + 2 * cell.hidden_size() + matrix.scratch());
    gates + cell.input().scratch().max(joint + cell.recurrent().scratch()).max(projection)
}

/// Sums that a cell keeps apart from those that the input has a part in.
fn apart(cell: &Cell) -> usize {
    match cell {
        Cell::Gru(gru) if gru.reset == Reset::After && !cell.is_fixed() => cell.input().rows(),
        Cell::Gru(_) | Cell::Lstm(_) | Cell::Rnn(_) | Cell::FastRnn(_) | Cell::FastGrnn(_) => 0,
    }
}

/// Numbers that the dual modules of recurrent levels keep besides: scores, rows, the vector in groups, and what the
/// little module keeps.
fn duals(model: &Model) -> usize {
    let of_level = |level: &crate::model::Recurrent| -> usize {
        let of_cell = |(cell, dual): (&Cell, &crate::model::DualModule<Cell>)| {
            let vector = cell.input_size().next_multiple_of(16) + cell.hidden_size().next_multiple_of(16);
            2 * cell.input().rows() + cell.hidden_size() + vector + inside(&dual.little)
        };
        level.cells().zip(&level.dual).map(of_cell).sum()
    };
    let levels = model.layers.iter().filter_map(|layer| match layer {
        Layer::Recurrent(level) => Some(level),
        Layer::Embedding(_) | Layer::Linear(_) => None,
    });
    levels.map(of_level).sum()
}

fn linear(layer: &Layer) -> usize {
    match layer {
        Layer::Linear(linear) => match &linear.dual {
            None => linear.weight.scratch(),
            Some(dual) => {
                let vector = linear.weight.columns().next_multiple_of(16);
                2 * linear.units() + vector + dual.little.weight.scratch()
            }
        },
        Layer::Embedding(_) | Layer::Recurrent(_) => 0,
    }
}
