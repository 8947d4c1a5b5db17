//! `p = W x + U h`, `z = f(p + bias_gate)`,
//! `h' = (zeta * (1 - z) + nu) * g(p + bias_update) + z * h`.

use super::activation::apply;
use super::matrix::multiply;
use super::{ONE, Ranges, SUM, State, UNIT, hidden, integer, scale, sum};
use crate::model::FastGrnn;

pub(super) fn step(cell: &FastGrnn, state: &State, x: &[f64], ranges: &mut Ranges) -> State {
    let wx = multiply(&cell.input, x, SUM, ranges);
    let uh = multiply(&cell.recurrent, &state.h, SUM, ranges);
    let (zeta, nu) = (integer(cell.zeta.into(), UNIT), integer(cell.nu.into(), UNIT));
    let next = |unit: usize| {
        let p = wx[unit] + uh[unit];
        let z = apply(cell.gate_nonlinearity, p + sum(cell.bias_gate[unit]), ranges);
        let update = apply(cell.update_nonlinearity, p + sum(cell.bias_update[unit]), ranges);
        let weight = scale(zeta, ONE - z) + nu;
        hidden(scale(update, weight) + scale(integer(state.h[unit], UNIT), z), ranges)
    };
    State { h: (0..state.h.len()).map(next).collect(), c: Vec::new() }
}
