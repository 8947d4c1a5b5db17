//! `h' = f(W x + U h + b)`.

use super::activation::apply;
use super::matrix::multiply;
use super::{Ranges, SUM, State, UNIT, number, sum};
use crate::model::Rnn;

pub(super) fn step(cell: &Rnn, state: &State, x: &[f64], ranges: &mut Ranges) -> State {
    let wx = multiply(&cell.input, x, SUM, ranges);
    let uh = multiply(&cell.recurrent, &state.h, SUM, ranges);
    let sums = wx.iter().zip(&uh).zip(&cell.bias).map(|((wx, uh), bias)| wx + uh + sum(*bias));
    let h = sums.map(|sum| number(apply(cell.nonlinearity, sum, ranges), UNIT)).collect();
    State { h, c: Vec::new() }
}
