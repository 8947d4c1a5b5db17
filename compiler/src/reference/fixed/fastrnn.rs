//! `h' = alpha * f(W x + U h + b) + beta * h`.

use super::activation::apply;
use super::matrix::multiply;
use super::{SUM, State, UNIT, integer, number, scale, sum};
use crate::model::FastRnn;

pub(super) fn step(cell: &FastRnn, state: &State, x: &[f64]) -> State {
    let wx = multiply(&cell.input, x, SUM);
    let uh = multiply(&cell.recurrent, &state.h, SUM);
    let (alpha, beta) = (integer(cell.alpha.into(), UNIT), integer(cell.beta.into(), UNIT));
    let next = |unit: usize| {
        let new = apply(cell.nonlinearity, wx[unit] + uh[unit] + sum(cell.bias[unit]));
        number(scale(new, alpha) + scale(integer(state.h[unit], UNIT), beta), UNIT)
    };
    State { h: (0..state.h.len()).map(next).collect(), c: Vec::new() }
}
