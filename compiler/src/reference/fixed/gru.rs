//! `r, z = sigmoid(..)`, `h' = n + z * (h - n)`, and `n` by the variant:
//! after `tanh(W x + b + r * (U h + candidate_bias))`, before `tanh(W x + b + U (r * h))`.

use super::activation::{sigmoid, tanh};
use super::matrix::{multiply, multiply_integers};
use super::{Ranges, SUM, State, UNIT, integer, number, scale, sum};
use crate::model::Gru;
use crate::spec::Reset;

pub(super) fn step(cell: &Gru, state: &State, x: &[f64], ranges: &mut Ranges) -> State {
    let hidden = state.h.len();
    let wx = multiply(&cell.input, x, SUM, ranges);
    let of_input = |row: usize| sum(cell.bias[row]) + wx[row];
    let h: Vec<i64> = state.h.iter().map(|h| integer(*h, UNIT)).collect();
    let next = |unit: usize, update: i64, new: i64| number(new + scale(h[unit] - new, update), UNIT);
    let h = match cell.reset {
        Reset::After => {
            let uh = multiply(&cell.recurrent, &state.h, SUM, ranges);
            let unit = |unit: usize| {
                let [r, z, n] = [0, 1, 2].map(|gate| gate * hidden + unit);
                let (reset, update) = (sigmoid(of_input(r) + uh[r]), sigmoid(of_input(z) + uh[z]));
                let apart = sum(cell.candidate_bias[unit]) + uh[n];
                next(unit, update, tanh(of_input(n) + scale(apart, reset)))
            };
            (0..hidden).map(unit).collect()
        }
        Reset::Before => {
            let (recurrent, candidate) = cell.recurrent.split_rows(2 * hidden);
            let uh = multiply(&recurrent, &state.h, SUM, ranges);
            let reset = (0..hidden).map(|unit| scale(h[unit], sigmoid(of_input(unit) + uh[unit])));
            let products = multiply_integers(&candidate, &reset.collect::<Vec<i64>>(), UNIT, SUM, ranges);
            let unit = |unit: usize| {
                let (z, n) = (hidden + unit, 2 * hidden + unit);
                next(unit, sigmoid(of_input(z) + uh[z]), tanh(of_input(n) + products[unit]))
            };
            (0..hidden).map(unit).collect()
        }
    };
    State { h, c: Vec::new() }
}
