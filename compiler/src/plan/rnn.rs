//! The layout of a plain recurrent cell.

use super::{Blob, Kind, Matrix};
use crate::model::Rnn;

pub(super) fn lay_out(cell: &Rnn, weights: &mut Blob) -> Kind {
    Kind::Rnn {
        nonlinearity: cell.nonlinearity,
        recurrent: Matrix::recurrent(&cell.input, &cell.recurrent, weights),
        bias: weights.f32s(cell.bias.iter().copied()),
    }
}
