//! Whole sequences, layer after layer.

use super::{Inputs, State, fastgrnn, fastrnn, gru, linear, lstm, rnn, run_skipping, wide};
use crate::model::{Cell, Embedding, Layer, Model, Recurrent};
use crate::spec::Output;

/// The outputs of `model` over one sequence, from the state at rest.
///
/// A unidirectional model gives one output per step, whatever its `output`; a step that its policy skips gives
/// the one before. A bidirectional model
/// gives one per step with `output: every`, and exactly one with `output: last`: its last recurrent
/// level gives the final state of each direction, the forward one after the last step and the
/// backward one after the first, and the layers behind it apply to that. An empty sequence leaves
/// them at rest.
///
/// # Panics
///
/// Where a step has fewer numbers than the model takes.
pub fn run(model: &Model, inputs: &Inputs<'_>) -> Vec<Vec<f64>> {
    if model.skip.is_some() {
        return run_skipping(model, inputs).0;
    }
    let final_level = (model.output == Output::Last && model.is_bidirectional())
        .then(|| model.layers.iter().rposition(|layer| matches!(layer, Layer::Recurrent(_))))
        .flatten();
    let mut layers = model.layers.iter().enumerate();
    let mut steps = match inputs {
        Inputs::Features(steps) => steps.iter().map(|step| wide(step)).collect(),
        Inputs::Tokens(ids) => match layers.next() {
            Some((_, Layer::Embedding(embedding))) => embed(embedding, ids),
            _ => Vec::new(),
        },
    };
    for (place, layer) in layers {
        steps = match layer {
            Layer::Embedding(_) => steps,
            Layer::Linear(layer) => steps.iter().map(|x| linear::apply(layer, x)).collect(),
            Layer::Recurrent(level) if final_level == Some(place) => {
                vec![final_state(level, &steps)]
            }
            Layer::Recurrent(level) => every_state(level, &steps),
        };
    }
    steps
}

fn embed(embedding: &Embedding, ids: &[u32]) -> Vec<Vec<f64>> {
    ids.iter()
        .map(|&id| match usize::try_from(id) {
            Ok(id) if id < embedding.tokens() => wide(embedding.table.row(id)),
            _ => vec![0.0; embedding.dim()],
        })
        .collect()
}

/// The states of the level after each step, both directions beside each other.
fn every_state(level: &Recurrent, steps: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut outputs = scan(&level.forward, steps.iter());
    if let Some(cell) = &level.backward {
        let backward = scan(cell, steps.iter().rev());
        for (output, state) in outputs.iter_mut().zip(backward.into_iter().rev()) {
            output.extend(state);
        }
    }
    if level.residual {
        for (output, input) in outputs.iter_mut().zip(steps) {
            add(output, input);
        }
    }
    outputs
}

/// The state of each direction after it has read everything.
fn final_state(level: &Recurrent, steps: &[Vec<f64>]) -> Vec<f64> {
    let last = |cell: &Cell, states: Vec<Vec<f64>>| {
        states.into_iter().next_back().unwrap_or_else(|| wide(cell.h0()))
    };
    let mut output = last(&level.forward, scan(&level.forward, steps.iter()));
    match &level.backward {
        Some(cell) => output.extend(last(cell, scan(cell, steps.iter().rev()))),
        None if level.residual => add(&mut output, steps.last().map_or(&[], Vec::as_slice)),
        None => {}
    }
    output
}

fn scan<'a>(cell: &Cell, steps: impl Iterator<Item = &'a Vec<f64>>) -> Vec<Vec<f64>> {
    let mut state = State { h: wide(cell.h0()), c: wide(cell.c0()) };
    steps
        .map(|x| {
            state = step(cell, &state, x);
            state.h.clone()
        })
        .collect()
}

pub(super) fn step(cell: &Cell, state: &State, x: &[f64]) -> State {
    match cell {
        Cell::Lstm(cell) => lstm::step(cell, state, x),
        Cell::Gru(cell) => gru::step(cell, state, x),
        Cell::Rnn(cell) => rnn::step(cell, state, x),
        Cell::FastRnn(cell) => fastrnn::step(cell, state, x),
        Cell::FastGrnn(cell) => fastgrnn::step(cell, state, x),
    }
}

pub(super) fn add(output: &mut [f64], input: &[f64]) {
    for (y, x) in output.iter_mut().zip(input) {
        *y += x;
    }
}
