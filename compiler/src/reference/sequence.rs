//! Whole sequences, layer after layer.

use super::activation::sigmoid;
use super::{
    Decided, Gate, Inputs, Ranges, State, dual_module, fastgrnn, fastrnn, fixed, gru, linear, lstm, rnn,
    run_skipping, wide,
};
use crate::model::{Cell, DualModule, Embedding, Layer, Model, Recurrent};
use crate::spec::Output;

/// What a recurrent or a linear layer did in a step.
#[derive(Debug)]
pub struct Visit<'a> {
    /// Its place among the model's layers.
    pub layer: usize,
    /// Whether it is the backward cell, which visits the last step first.
    pub backward: bool,
    /// What it read.
    pub x: &'a [f64],
    /// The hidden vector before the step; empty of a linear layer.
    pub h: &'a [f64],
    /// The cell state before the step; empty of layers that have none.
    pub c: &'a [f64],
    /// What its little module decided, where it has one.
    pub decided: Option<&'a Decided>,
    /// Its numbers, where it is computed in `int16x8`.
    pub ranges: Ranges,
}

/// Of each step and each dual module how many rows are read, and how far the nearest one is from being decided
/// otherwise.
pub type RowCounts = Vec<Vec<(usize, f64)>>;

type Visitor<'v> = &'v mut dyn FnMut(&Visit<'_>);

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
    run_visiting(model, inputs, model.layers.len(), &mut |_| ())
}

/// The outputs of [`run`] with every step executed, and what the dual modules read for them, in the order of the
/// layers, forward before backward.
///
/// # Panics
///
/// Where a step has fewer numbers than the model takes.
pub fn run_counting(model: &Model, inputs: &Inputs<'_>) -> (Vec<Vec<f64>>, RowCounts) {
    // Of each module its layer and direction, and what it decided on each step.
    type Module = ((usize, bool), Vec<(usize, f64)>);
    let mut modules: Vec<Module> = Vec::new();
    let outputs = run_visiting(model, inputs, model.layers.len(), &mut |visit| {
        let Some(decided) = visit.decided else {
            return;
        };
        let place = (visit.layer, visit.backward);
        let rows = decided.sensitive.iter().filter(|sensitive| **sensitive).count();
        match modules.iter_mut().find(|(known, _)| *known == place) {
            Some((_, steps)) => steps.push((rows, decided.margin)),
            None => modules.push((place, vec![(rows, decided.margin)])),
        }
    });
    for ((_, backward), steps) in &mut modules {
        if *backward {
            steps.reverse();
        }
    }
    let rows = (0..inputs.len()).map(|step| modules.iter().map(|(_, steps)| steps[step]).collect()).collect();
    (outputs, rows)
}

/// The outputs of the first `layers` layers over one sequence, every step of it executed; `visit` sees each step
/// of each layer.
///
/// # Panics
///
/// Where a step has fewer numbers than the model takes.
pub fn run_visiting(
    model: &Model,
    inputs: &Inputs<'_>,
    layers: usize,
    visit: &mut dyn FnMut(&Visit<'_>),
) -> Vec<Vec<f64>> {
    let final_level = final_level(model);
    let mut layers = model.layers.iter().enumerate().take(layers);
    let mut steps = match inputs {
        Inputs::Features(steps) => steps.iter().map(|step| wide(step)).collect(),
        Inputs::Tokens(ids) => match layers.next() {
            Some((_, Layer::Embedding(embedding))) => embed(embedding, ids),
            _ => Vec::new(),
        },
    };
    for (place, layer) in layers {
        let how = Manner { place, only_final: final_level == Some(place), gate: sigmoid };
        steps = through(layer, how, steps, visit);
    }
    steps
}

/// The layer that gives the final states of both directions, where the output is that.
pub(super) fn final_level(model: &Model) -> Option<usize> {
    (model.output == Output::Last && model.is_bidirectional())
        .then(|| model.layers.iter().rposition(|layer| matches!(layer, Layer::Recurrent(_))))
        .flatten()
}

/// How a layer is run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// Its place among the model's layers.
    pub(super) place: usize,
    /// Whether it gives its final states only.
    pub(super) only_final: bool,
    /// The activation of its gates.
    pub(super) gate: Gate,
}

/// The outputs of a layer for all steps of its input.
pub(super) fn through(
    layer: &Layer,
    how: Manner,
    steps: Vec<Vec<f64>>,
    visit: &mut dyn FnMut(&Visit<'_>),
) -> Vec<Vec<f64>> {
    match layer {
        Layer::Embedding(_) => steps,
        Layer::Linear(layer) => {
            let apply = |x: &Vec<f64>| {
                let mut ranges = Ranges::default();
                let (y, decided) = match &layer.dual {
                    Some(dual) => {
                        let (y, decided) = dual_module::apply(layer, dual, x);
                        (y, Some(decided))
                    }
                    None => (linear::apply(layer, x, &mut ranges), None),
                };
                visit(&Visit {
                    layer: how.place,
                    backward: false,
                    x,
                    h: &[],
                    c: &[],
                    decided: decided.as_ref(),
                    ranges,
                });
                y
            };
            steps.iter().map(apply).collect()
        }
        Layer::Recurrent(level) if how.only_final => vec![final_state(level, how, &steps, visit)],
        Layer::Recurrent(level) => every_state(level, how, &steps, visit),
    }
}

pub(super) fn embed(embedding: &Embedding, ids: &[u32]) -> Vec<Vec<f64>> {
    ids.iter()
        .map(|&id| match usize::try_from(id) {
            Ok(id) if id < embedding.tokens() => wide(embedding.table.row(id)),
            _ => vec![0.0; embedding.dim()],
        })
        .collect()
}

/// The states of the level after each step, both directions beside each other.
fn every_state(level: &Recurrent, how: Manner, steps: &[Vec<f64>], visit: Visitor<'_>) -> Vec<Vec<f64>> {
    let mut outputs = scan(level, false, how, steps.iter(), visit);
    if level.backward.is_some() {
        let backward = scan(level, true, how, steps.iter().rev(), visit);
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
fn final_state(level: &Recurrent, how: Manner, steps: &[Vec<f64>], visit: Visitor<'_>) -> Vec<f64> {
    let last = |cell: &Cell, states: Vec<Vec<f64>>| {
        states.into_iter().next_back().unwrap_or_else(|| wide(cell.h0()))
    };
    let mut output = last(&level.forward, scan(level, false, how, steps.iter(), visit));
    match &level.backward {
        Some(cell) => output.extend(last(cell, scan(level, true, how, steps.iter().rev(), visit))),
        None if level.residual => add(&mut output, steps.last().map_or(&[], Vec::as_slice)),
        None => {}
    }
    output
}

/// The hidden vectors of one direction after each step.
fn scan<'a>(
    level: &Recurrent,
    backward: bool,
    how: Manner,
    steps: impl Iterator<Item = &'a Vec<f64>>,
    visit: Visitor<'_>,
) -> Vec<Vec<f64>> {
    let cell = level.backward.as_ref().filter(|_| backward).unwrap_or(&level.forward);
    let dual = level.dual.get(usize::from(backward));
    let mut state = State { h: wide(cell.h0()), c: wide(cell.c0()) };
    steps
        .map(|x| {
            let mut ranges = Ranges::default();
            let (next, decided) = step_with(cell, dual, &state, x, how.gate, &mut ranges);
            visit(&Visit {
                layer: how.place,
                backward,
                x,
                h: &state.h,
                c: &state.c,
                decided: decided.as_ref(),
                ranges,
            });
            state = next;
            state.h.clone()
        })
        .collect()
}

/// The state after `state`, and what the cell's little module decided, if it has one; counts numbers of `int16x8`
/// in `ranges`.
pub(super) fn step(
    cell: &Cell,
    dual: Option<&DualModule<Cell>>,
    state: &State,
    x: &[f64],
    ranges: &mut Ranges,
) -> (State, Option<Decided>) {
    step_with(cell, dual, state, x, sigmoid, ranges)
}

/// A [`step`] with another activation of the gates, which little modules and integers do not have.
fn step_with(
    cell: &Cell,
    dual: Option<&DualModule<Cell>>,
    state: &State,
    x: &[f64],
    gate: Gate,
    ranges: &mut Ranges,
) -> (State, Option<Decided>) {
    match dual.and_then(|dual| dual_module::step(cell, dual, state, x)) {
        Some((state, decided)) => (state, Some(decided)),
        None if cell.is_fixed() => (fixed::step(cell, state, x, ranges), None),
        None => (dense_step(cell, state, x, gate), None),
    }
}

fn dense_step(cell: &Cell, state: &State, x: &[f64], gate: Gate) -> State {
    match cell {
        Cell::Lstm(cell) => lstm::step(cell, state, x, gate),
        Cell::Gru(cell) => gru::step(cell, state, x, gate),
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
