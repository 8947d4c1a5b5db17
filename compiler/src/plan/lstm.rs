//! The layout of an LSTM.

use super::{Blob, Kind, Matrix};
use crate::model::Lstm;

pub(super) fn lay_out(cell: &Lstm, weights: &mut Blob) -> Kind {
    Kind::Lstm {
        recurrent: Matrix::recurrent(&cell.input, &cell.recurrent, weights),
        projection: cell.projection.as_ref().map(|projection| Matrix::new(projection, weights)),
        bias: weights.f32s(cell.bias.iter().copied()),
    }
}
