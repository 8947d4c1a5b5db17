//! The layout of what is computed in integers.

use super::{Blob, Kind, Matrix, Place};
use crate::model::fixed::{CELL, SUM, UNIT};
use crate::model::{self, Dense, LowRank, Storage};
use crate::spec::Reset;

/// The matrix of the input, and what the cell has besides.
pub(super) fn lay_out(cell: &model::Cell, weights: &mut Blob) -> (Matrix, Kind) {
    let units = cell.hidden_size();
    match cell {
        model::Cell::Lstm(cell) => {
            let input = gated(&cell.input, units, weights);
            let recurrent = gated(&cell.recurrent, units, weights);
            let gates: Vec<&[f32]> = cell.bias.chunks(units).collect();
            (input, Kind::Lstm { recurrent, projection: None, bias: sums(&gates, weights) })
        }
        model::Cell::Gru(cell) => {
            let input = gated(&cell.input, units, weights);
            let gates = cell.bias.chunks(units);
            let kind = match cell.reset {
                Reset::After => {
                    let recurrent = gated(&cell.recurrent, units, weights);
                    let gates: Vec<&[f32]> = gates.chain([&cell.candidate_bias[..]]).collect();
                    let bias = sums(&gates, weights);
                    // One place has both biases.
                    Kind::GruAfter { recurrent, bias, candidate_bias: bias }
                }
                Reset::Before => {
                    let (recurrent, candidate) = cell.recurrent.split_rows(2 * units);
                    let recurrent = gated(&recurrent, units, weights);
                    let candidate = plain(&candidate, weights);
                    let gates: Vec<&[f32]> = gates.collect();
                    Kind::GruBefore { recurrent, candidate, bias: sums(&gates, weights) }
                }
            };
            (input, kind)
        }
        model::Cell::Rnn(cell) => {
            let (input, recurrent) = (plain(&cell.input, weights), plain(&cell.recurrent, weights));
            let bias = sums(&[&cell.bias], weights);
            (input, Kind::Rnn { nonlinearity: cell.nonlinearity, recurrent, bias })
        }
        model::Cell::FastRnn(cell) => {
            let (input, recurrent) = (plain(&cell.input, weights), plain(&cell.recurrent, weights));
            let bias = sums(&[&cell.bias], weights);
            let (nonlinearity, alpha, beta) = (cell.nonlinearity, cell.alpha, cell.beta);
            (input, Kind::FastRnn { nonlinearity, recurrent, bias, alpha, beta })
        }
        model::Cell::FastGrnn(cell) => {
            let (input, recurrent) = (plain(&cell.input, weights), plain(&cell.recurrent, weights));
            let bias = sums(&[&cell.bias_gate, &cell.bias_update], weights);
            let kind = Kind::FastGrnn {
                gate_nonlinearity: cell.gate_nonlinearity,
                update_nonlinearity: cell.update_nonlinearity,
                recurrent,
                // One place has both biases.
                bias_gate: bias,
                bias_update: bias,
                zeta: cell.zeta,
                nu: cell.nu,
            };
            (input, kind)
        }
    }
}

/// The weight and the bias of a linear layer.
pub(super) fn linear(layer: &model::Linear, weights: &mut Blob) -> (Matrix, Place) {
    (plain(&layer.weight, weights), sums(&[&layer.bias], weights))
}

/// The cell state at rest.
pub(super) fn cell_state(state: &[f32], weights: &mut Blob) -> Place {
    weights.i16s(state.iter().map(|c| integer(*c, CELL) as i16))
}

/// A number of a cell in 0 to 1.
pub fn unit(number: f32) -> i32 {
    integer(number, UNIT)
}

/// A number that has no more bits behind the point.
fn integer(number: f32, bits: i32) -> i32 {
    (number * 2f32.powi(bits)).round() as i32
}

/// The biases of all gates of a unit, then those of the next.
fn sums(gates: &[&[f32]], weights: &mut Blob) -> Place {
    let units = gates.first().map_or(0, |gate| gate.len());
    let of_unit = |unit: usize| gates.iter().map(move |gate| integer(gate[unit], SUM));
    weights.sums(gates.len(), (0..units).flat_map(of_unit))
}

/// The rows of all gates of a unit together.
fn gated(matrix: &model::Matrix, units: usize, weights: &mut Blob) -> Matrix {
    let gates = matrix.rows() / units;
    placed(matrix, gates, &|group, gate| gate * units + group, weights)
}

/// As many rows together as divide all of them.
fn plain(matrix: &model::Matrix, weights: &mut Blob) -> Matrix {
    let together = divisor(matrix.rows());
    placed(matrix, together, &|group, row| group * together + row, weights)
}

/// Rows that share what is read of a vector.
fn divisor(rows: usize) -> usize {
    [4, 3, 2].into_iter().find(|rows_at_once| rows.is_multiple_of(*rows_at_once)).unwrap_or(1)
}

fn placed(
    matrix: &model::Matrix,
    together: usize,
    row: &dyn Fn(usize, usize) -> usize,
    weights: &mut Blob,
) -> Matrix {
    match matrix {
        model::Matrix::Dense(matrix) => dense(matrix, together, row, weights),
        model::Matrix::LowRank(LowRank { left, right }) => {
            let inner = divisor(right.rows);
            let right_matrix = dense(right, inner, &|group, row| group * inner + row, weights);
            Matrix::FixedLowRank {
                left: Box::new(dense(left, together, row, weights)),
                right: Box::new(right_matrix),
                rank: right.rows,
                inner,
            }
        }
        model::Matrix::Zero { .. } => Matrix::Zero,
        model::Matrix::Kronecker(_)
        | model::Matrix::RankOne(_)
        | model::Matrix::Sparse(_)
        | model::Matrix::Sum(_)
        | model::Matrix::Stack(_)
        | model::Matrix::Beside(_)
        | model::Matrix::Gates(_) => unreachable!("`int16x8` beside `compression` is refused"),
    }
}

/// Groups of rows, each group its rows' first four columns, then the next four.
fn dense(dense: &Dense, together: usize, row: &dyn Fn(usize, usize) -> usize, weights: &mut Blob) -> Matrix {
    let (scales, point) = match &dense.storage {
        Storage::Int16x8 { scales, point } => (scales.as_slice(), *point),
        Storage::F32
        | Storage::F16
        | Storage::Bf16
        | Storage::Int8 { .. }
        | Storage::Int4 { .. }
        | Storage::Int2 { .. } => unreachable!("a layer in integers has matrices in `int16x8`"),
    };
    let groups = dense.rows / together;
    let rows = || (0..groups).flat_map(move |group| (0..together).map(move |member| (group, member)));
    let weight = |number: f32, scale: f32| if scale == 0.0 { 0 } else { (number / scale).round() as i8 };
    let mut quads = Vec::with_capacity(dense.rows * dense.columns.div_ceil(4));
    for group in 0..groups {
        for first in (0..dense.columns).step_by(4) {
            for member in 0..together {
                let row = row(group, member);
                let numbers = &dense.row(row)[first..dense.columns.min(first + 4)];
                let mut quad = [0; 4];
                for (to, number) in quad.iter_mut().zip(numbers) {
                    *to = weight(*number, scales[row]);
                }
                quads.push(quad);
            }
        }
    }
    let factors = rows().map(|(group, member)| (scales[row(group, member)] * 2f32.powi(point)) as i16);
    Matrix::Fixed {
        together,
        columns: dense.columns,
        numbers: weights.quads(quads),
        factors: weights.i16s(factors),
        point,
    }
}
