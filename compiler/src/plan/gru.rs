//! The layout of a GRU.

use super::{Blob, Kind, Matrix};
use crate::model::Gru;
use crate::spec::Reset;

pub(super) fn lay_out(cell: &Gru, weights: &mut Blob) -> Kind {
    match cell.reset {
        Reset::After => Kind::GruAfter {
            recurrent: Matrix::new(&cell.recurrent, weights),
            bias: weights.f32s(cell.bias.iter().copied()),
            candidate_bias: weights.f32s(cell.candidate_bias.iter().copied()),
        },
        Reset::Before => {
            let gates = cell.recurrent.rows() / 3 * 2;
            let (recurrent, candidate) = cell.recurrent.split_rows(gates);
            Kind::GruBefore {
                recurrent: Matrix::recurrent(&cell.input, &recurrent, weights),
                candidate: Matrix::recurrent(&cell.input, &candidate, weights),
                bias: weights.f32s(cell.bias.iter().copied()),
            }
        }
    }
}
