//! `p = W x + U h`, `z = f(p + bias_gate)`,
//! `h' = (zeta * (1 - z) + nu) * g(p + bias_update) + z * h`.

use super::State;
use super::activation::apply;
use super::matrix::{multiply, multiply_state};
use crate::model::FastGrnn;

pub(super) fn step(cell: &FastGrnn, state: &State, x: &[f64]) -> State {
    let wx = multiply(&cell.input, x);
    let uh = multiply_state(&cell.input, &cell.recurrent, x, &state.h);
    let (zeta, nu) = (f64::from(cell.zeta), f64::from(cell.nu));
    let h = (0..state.h.len())
        .map(|unit| {
            let p = wx[unit] + uh[unit];
            let z = apply(cell.gate_nonlinearity, p + f64::from(cell.bias_gate[unit]));
            let update = apply(cell.update_nonlinearity, p + f64::from(cell.bias_update[unit]));
            (zeta * (1.0 - z) + nu) * update + z * state.h[unit]
        })
        .collect();
    State { h, c: Vec::new() }
}
