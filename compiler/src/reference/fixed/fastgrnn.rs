//! `p = W x + U h`, `z = f(p + bias_gate)`,
//! `h' = (zeta * (1 - z) + nu) * g(p + bias_update) + z * h`.

use super::activation::apply;
use super::matrix::multiply;
use super::{ONE, SUM, State, UNIT, integer, number, scale, sum};
use crate::model::FastGrnn;

pub(super) fn step(cell: &FastGrnn, state: &State, x: &[f64]) -> State {
    let wx = multiply(&cell.input, x, SUM);
    let uh = multiply(&cell.recurrent, &state.h, SUM);
    let (zeta, nu) = (integer(cell.zeta.into(), UNIT), integer(cell.nu.into(), UNIT));
    let next = |unit: usize| {
        let p = wx[unit] + uh[unit];
        let z = apply(cell.gate_nonlinearity, p + sum(cell.bias_gate[unit]));
        let update = apply(cell.update_nonlinearity, p + sum(cell.bias_update[unit]));
        let weight = scale(zeta, ONE - z) + nu;
        number(scale(update, weight) + scale(integer(state.h[unit], UNIT), z), UNIT)
    };
    State { h: (0..state.h.len()).map(next).collect(), c: Vec::new() }
}
