//! The layout of a FastRNN.

use super::{Blob, Kind, Matrix};
use crate::model::FastRnn;

pub(super) fn lay_out(cell: &FastRnn, weights: &mut Blob) -> Kind {
    Kind::FastRnn {
        nonlinearity: cell.nonlinearity,
        recurrent: Matrix::recurrent(&cell.input, &cell.recurrent, weights),
        bias: weights.f32s(cell.bias.iter().copied()),
        alpha: cell.alpha,
        beta: cell.beta,
    }
}
