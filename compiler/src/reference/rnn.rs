//! `h' = f(W x + U h + b)`.

use super::State;
use super::activation::apply;
use super::matrix::{multiply, multiply_state};
use crate::model::Rnn;

pub(super) fn step(cell: &Rnn, state: &State, x: &[f64]) -> State {
    let wx = multiply(&cell.input, x);
    let uh = multiply_state(&cell.input, &cell.recurrent, x, &state.h);
    let h = (0..state.h.len())
        .map(|unit| apply(cell.nonlinearity, wx[unit] + uh[unit] + f64::from(cell.bias[unit])))
        .collect();
    State { h, c: Vec::new() }
}
