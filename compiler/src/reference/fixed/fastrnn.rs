//! `h' = alpha * f(W x + U h + b) + beta * h`.

use super::activation::apply;
use super::matrix::multiply;
use super::{Ranges, SUM, State, UNIT, hidden, integer, scale, sum};
use crate::model::FastRnn;

pub(super) fn step(cell: &FastRnn, state: &State, x: &[f64], ranges: &mut Ranges) -> State {
    let wx = multiply(&cell.input, x, SUM, ranges);
    let uh = multiply(&cell.recurrent, &state.h, SUM, ranges);
    let (alpha, beta) = (integer(cell.alpha.into(), UNIT), integer(cell.beta.into(), UNIT));
    let next = |unit: usize| {
        let new = apply(cell.nonlinearity, wx[unit] + uh[unit] + sum(cell.bias[unit]), ranges);
        hidden(scale(new, alpha) + scale(integer(state.h[unit], UNIT), beta), ranges)
    };
    State { h: (0..state.h.len()).map(next).collect(), c: Vec::new() }
}
