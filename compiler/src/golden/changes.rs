//! Models that differ from what was meant in one thing.

use super::alternatives::{Alternative, Change, Group};
use crate::model::{Cell, Layer, Model, Recurrent};

/// Changes of the model itself, no other reading of its tensors.
pub(super) fn model_changes(model: &Model, list: &mut Vec<Alternative>) {
    let mut push = |group: Group, what: &str, mend: &str, change: fn(&mut Model)| {
        let (what, mend) = (what.to_owned(), Some(mend.to_owned()));
        list.push(Alternative { what, mend, group, change: Change::Model(change) });
    };
    if model.is_bidirectional() {
        push(
            Group::Directions,
            "the two directions exchanged",
            "save the forward direction's tensors under the forward names",
            swap_directions,
        );
    }
    push(
        Group::Bias,
        "all biases of the cells at zero",
        "was the trace computed without biases?",
        clear_biases,
    );
    if cells(model).any(|cell| cell.h0().iter().chain(cell.c0()).any(|&h| h != 0.0)) {
        push(
            Group::InitialState,
            "the initial states at zero",
            "compute the trace from the learned initial state, or `ignore` its tensors",
            clear_states,
        );
    }
}

fn levels(model: &mut Model) -> impl Iterator<Item = &mut Recurrent> {
    model.layers.iter_mut().filter_map(|layer| match layer {
        Layer::Recurrent(level) => Some(level),
        Layer::Embedding(_) | Layer::Linear(_) => None,
    })
}

fn swap_directions(model: &mut Model) {
    for level in levels(model) {
        if let Some(backward) = &mut level.backward {
            std::mem::swap(&mut level.forward, backward);
        }
    }
}

fn each_cell(model: &mut Model, change: impl Fn(&mut Cell)) {
    for level in levels(model) {
        change(&mut level.forward);
        level.backward.iter_mut().for_each(&change);
    }
}

fn clear_biases(model: &mut Model) {
    each_cell(model, |cell| match cell {
        Cell::Lstm(cell) => cell.bias.fill(0.0),
        Cell::Gru(cell) => {
            cell.bias.fill(0.0);
            cell.candidate_bias.fill(0.0);
        }
        Cell::Rnn(cell) => cell.bias.fill(0.0),
        Cell::FastRnn(cell) => cell.bias.fill(0.0),
        Cell::FastGrnn(cell) => {
            cell.bias_gate.fill(0.0);
            cell.bias_update.fill(0.0);
        }
    });
}

fn clear_states(model: &mut Model) {
    each_cell(model, |cell| match cell {
        Cell::Lstm(cell) => {
            cell.h0.fill(0.0);
            cell.c0.fill(0.0);
        }
        Cell::Gru(cell) => cell.h0.fill(0.0),
        Cell::Rnn(cell) => cell.h0.fill(0.0),
        Cell::FastRnn(cell) => cell.h0.fill(0.0),
        Cell::FastGrnn(cell) => cell.h0.fill(0.0),
    });
}

pub(super) fn cells(model: &Model) -> impl Iterator<Item = &Cell> {
    model.layers.iter().flat_map(|layer| match layer {
        Layer::Recurrent(level) => level.cells().collect::<Vec<_>>(),
        Layer::Embedding(_) | Layer::Linear(_) => Vec::new(),
    })
}
