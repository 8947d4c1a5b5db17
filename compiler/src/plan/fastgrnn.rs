//! The layout of a FastGRNN.

use super::{Blob, Kind, Matrix};
use crate::model::FastGrnn;

pub(super) fn lay_out(cell: &FastGrnn, weights: &mut Blob) -> Kind {
    Kind::FastGrnn {
        gate_nonlinearity: cell.gate_nonlinearity,
        update_nonlinearity: cell.update_nonlinearity,
        recurrent: Matrix::recurrent(&cell.input, &cell.recurrent, weights),
        bias_gate: weights.f32s(cell.bias_gate.iter().copied()),
        bias_update: weights.f32s(cell.bias_update.iter().copied()),
        zeta: cell.zeta,
        nu: cell.nu,
    }
}
