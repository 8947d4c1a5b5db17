//! `h' = alpha * f(W x + U h + b) + beta * h`.

use super::State;
use super::activation::apply;
use super::matrix::{multiply, multiply_state};
use crate::model::FastRnn;

pub(super) fn step(cell: &FastRnn, state: &State, x: &[f64]) -> State {
    let wx = multiply(&cell.input, x);
    let uh = multiply_state(&cell.input, &cell.recurrent, x, &state.h);
    let (alpha, beta) = (f64::from(cell.alpha), f64::from(cell.beta));
    let h = (0..state.h.len())
        .map(|unit| {
            let update = apply(cell.nonlinearity, wx[unit] + uh[unit] + f64::from(cell.bias[unit]));
            alpha * update + beta * state.h[unit]
        })
        .collect();
    State { h, c: Vec::new() }
}
