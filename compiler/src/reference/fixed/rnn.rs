//! `h' = f(W x + U h + b)`.

use super::activation::apply;
use super::matrix::multiply;
use super::{SUM, State, UNIT, number, sum};
use crate::model::Rnn;

pub(super) fn step(cell: &Rnn, state: &State, x: &[f64]) -> State {
    let wx = multiply(&cell.input, x, SUM);
    let uh = multiply(&cell.recurrent, &state.h, SUM);
    let sums = wx.iter().zip(&uh).zip(&cell.bias).map(|((wx, uh), bias)| wx + uh + sum(*bias));
    State { h: sums.map(|sum| number(apply(cell.nonlinearity, sum), UNIT)).collect(), c: Vec::new() }
}
