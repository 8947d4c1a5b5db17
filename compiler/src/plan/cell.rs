//! The layout of recurrent levels.

use super::dual_module::Knobs;
use super::{Blob, DualModule, Matrix, Place, Rows, names::Names};
use crate::model;
use crate::spec::Nonlinearity;

/// One level of a recurrent layer.
#[derive(Debug, Clone)]
pub struct Recurrent {
    /// What the user calls it, for documentation: `lstm`, or `lstm, level 1`.
    pub title: String,
    /// Identifier of the state; of the constants in upper case.
    pub name: String,
    pub forward: Cell,
    pub backward: Option<Cell>,
    pub residual: bool,
}

/// A cell with its matrices placed.
#[derive(Debug, Clone)]
pub struct Cell {
    pub input_size: usize,
    pub hidden_size: usize,
    /// Rows of each gate, `hidden_size` unless the hidden vector is a projection.
    pub units: usize,
    /// Sums that a step forms.
    pub sums: usize,
    pub input: Matrix,
    /// Bytes of that matrix.
    pub input_bytes: usize,
    pub kind: Kind,
    /// The hidden vector at rest, unless that is zero.
    pub h0: Option<Place>,
    /// The cell state at rest, unless that is zero.
    pub c0: Option<Place>,
    /// The big module, where the cell is the little one beside it.
    pub dual: Option<DualModule>,
    /// Whether it is computed in integers, the sums of a unit where they are needed.
    pub is_fixed: bool,
}

/// What a kind of cell has besides the matrix of its input.
#[derive(Debug, Clone)]
pub enum Kind {
    Lstm {
        recurrent: Matrix,
        projection: Option<Matrix>,
        bias: Place,
    },
    GruAfter {
        recurrent: Matrix,
        bias: Place,
        candidate_bias: Place,
    },
    GruBefore {
        recurrent: Matrix,
        candidate: Matrix,
        bias: Place,
    },
    Rnn {
        nonlinearity: Nonlinearity,
        recurrent: Matrix,
        bias: Place,
    },
    FastRnn {
        nonlinearity: Nonlinearity,
        recurrent: Matrix,
        bias: Place,
        alpha: f32,
        beta: f32,
    },
    FastGrnn {
        gate_nonlinearity: Nonlinearity,
        update_nonlinearity: Nonlinearity,
        recurrent: Matrix,
        bias_gate: Place,
        bias_update: Place,
        zeta: f32,
        nu: f32,
    },
}

impl Recurrent {
    pub(super) fn new(level: &model::Recurrent, weights: &mut Blob, names: &mut Names) -> Recurrent {
        let title = match level.level {
            0 => format!("`{}`", level.name),
            above => format!("`{}`, level {above}", level.name),
        };
        let name = match level.level {
            0 => names.unique(&level.name),
            above => names.unique(&format!("{}_l{above}", level.name)),
        };
        let mut duals = level.dual.iter();
        let both = level.backward.is_some();
        let mut cell = |cell: &model::Cell, direction: &str| match duals.next() {
            None => Cell::new(cell, weights).back_and_forth(),
            Some(module) => {
                let title = title.replace('`', "");
                let title = if both { format!("{title}, {direction}") } else { title };
                Cell::dual(cell, module, [&level.name, &title], weights)
            }
        };
        let forward = cell(&level.forward, "forward");
        let backward = level.backward.as_ref().map(|backward| cell(backward, "backward"));
        Recurrent { title, name, forward, backward, residual: level.residual }
    }

    /// Numbers that the level gives a step.
    pub fn output_size(&self) -> usize {
        let directions = if self.backward.is_some() { 2 } else { 1 };
        directions * self.forward.hidden_size
    }
}

impl Kind {
    /// Whether a step leaves behind which end the next one reads from.
    pub fn is_back_and_forth(&self) -> bool {
        let (Kind::Lstm { recurrent, .. } | Kind::GruAfter { recurrent, .. }) = self else {
            return false;
        };
        matches!(recurrent, Matrix::BackAndForth { .. })
    }
}

impl Cell {
    fn new(cell: &model::Cell, weights: &mut Blob) -> Cell {
        if cell.is_fixed() {
            let (input, kind) = super::fixed::lay_out(cell, weights);
            return Cell {
                input_size: cell.input_size(),
                hidden_size: cell.hidden_size(),
                units: cell.units(),
                sums: 1,
                input,
                input_bytes: 0,
                kind,
                h0: rest(cell.h0(), weights),
                c0: is_moved(cell.c0()).then(|| super::fixed::cell_state(cell.c0(), weights)),
                dual: None,
                is_fixed: true,
            };
        }
        let before = weights.bytes().len();
        let input = Matrix::new(cell.input(), weights);
        let input_bytes = weights.bytes().len() - before;
        let kind = match cell {
            model::Cell::Lstm(cell) => super::lstm::lay_out(cell, weights),
            model::Cell::Gru(cell) => super::gru::lay_out(cell, weights),
            model::Cell::Rnn(cell) => super::rnn::lay_out(cell, weights),
            model::Cell::FastRnn(cell) => super::fastrnn::lay_out(cell, weights),
            model::Cell::FastGrnn(cell) => super::fastgrnn::lay_out(cell, weights),
        };
        Cell {
            input_size: cell.input_size(),
            hidden_size: cell.hidden_size(),
            units: cell.units(),
            sums: cell.input().rows(),
            input,
            input_bytes,
            kind,
            h0: rest(cell.h0(), weights),
            c0: rest(cell.c0(), weights),
            dual: None,
            is_fixed: false,
        }
    }

    /// Reads its matrices from either end in turn, where that pays.
    fn back_and_forth(mut self) -> Cell {
        super::back_and_forth::apply(&self.input, &mut self.kind);
        self
    }

    /// The little module, with the rows of the big one.
    fn dual(
        cell: &model::Cell,
        module: &model::DualModule<model::Cell>,
        [layer, title]: [&str; 2],
        weights: &mut Blob,
    ) -> Cell {
        let before = weights.bytes().len();
        let little = Cell::new(&module.little, weights);
        let knobs = Knobs {
            layer,
            title: title.to_owned(),
            module,
            little_bytes: weights.bytes().len() - before,
            is_unbounded: false,
        };
        let rows = Rows::new(&[cell.input(), cell.recurrent()], weights);
        let (bias, candidate_bias) = match cell {
            model::Cell::Gru(cell) => (&cell.bias, Some(&cell.candidate_bias)),
            model::Cell::Lstm(cell) => (&cell.bias, None),
            model::Cell::Rnn(cell) => (&cell.bias, None),
            model::Cell::FastRnn(cell) => (&cell.bias, None),
            model::Cell::FastGrnn(cell) => (&cell.bias_gate, None),
        };
        let bias = weights.f32s(bias.iter().copied());
        let candidate_bias = candidate_bias.map(|bias| weights.f32s(bias.iter().copied()));
        Cell { dual: Some(knobs.with(rows, bias, candidate_bias)), ..little }
    }
}

fn rest(state: &[f32], weights: &mut Blob) -> Option<Place> {
    is_moved(state).then(|| weights.f32s(state.iter().copied()))
}

/// Whether a state at rest is not zero.
fn is_moved(state: &[f32]) -> bool {
    state.iter().any(|number| *number != 0.0)
}
