//! `r, z = sigmoid(..)`, `h' = (1 - z) * n + z * h`, and `n` by the variant:
//! after `tanh(W x + b + r * (U h + candidate_bias))`, before `tanh(W x + b + U (r * h))`.

use super::State;
use super::activation::sigmoid;
use super::matrix::{multiply, multiply_state};
use crate::model::Gru;
use crate::spec::Reset;

pub(super) fn step(cell: &Gru, state: &State, x: &[f64]) -> State {
    let hidden = state.h.len();
    let wx = multiply(&cell.input, x);
    let uh = multiply_state(&cell.input, &cell.recurrent, x, &state.h);
    let of_input = |gate: usize, unit: usize| {
        let row = gate * hidden + unit;
        wx[row] + f64::from(cell.bias[row])
    };
    let gates = |gate: usize| -> Vec<f64> {
        (0..hidden).map(|unit| sigmoid(of_input(gate, unit) + uh[gate * hidden + unit])).collect()
    };
    let (r, z) = (gates(0), gates(1));
    let of_state: Vec<f64> = match cell.reset {
        Reset::After => (0..hidden)
            .map(|unit| r[unit] * (uh[2 * hidden + unit] + f64::from(cell.candidate_bias[unit])))
            .collect(),
        Reset::Before => {
            let rh: Vec<f64> = (0..hidden).map(|unit| r[unit] * state.h[unit]).collect();
            multiply_state(&cell.input, &cell.recurrent, x, &rh).split_off(2 * hidden)
        }
    };
    let h = (0..hidden)
        .map(|unit| {
            let n = (of_input(2, unit) + of_state[unit]).tanh();
            (1.0 - z[unit]) * n + z[unit] * state.h[unit]
        })
        .collect();
    State { h, c: Vec::new() }
}
