//! `r, z = sigmoid(..)`, `h' = (1 - z) * n + z * h`, and `n` by the variant:
//! after `tanh(W x + b + r * (U h + candidate_bias))`, before `tanh(W x + b + U (r * h))`.

use super::State;
use super::activation::Gate;
use super::matrix::{multiply, multiply_state};
use crate::model::Gru;
use crate::spec::Reset;

pub(super) fn step(cell: &Gru, state: &State, x: &[f64], activate: Gate) -> State {
    if cell.reset == Reset::After {
        let (sums, apart) = sums(cell, state, x);
        return update(state, &sums, &apart, activate);
    }
    let hidden = state.h.len();
    let wx = multiply(&cell.input, x);
    let uh = multiply_state(&cell.input, &cell.recurrent, x, &state.h);
    let of_input = |row: usize| wx[row] + f64::from(cell.bias[row]);
    let gate = |gate: usize, unit: usize| activate(of_input(gate * hidden + unit) + uh[gate * hidden + unit]);
    let rh: Vec<f64> = (0..hidden).map(|unit| gate(0, unit) * state.h[unit]).collect();
    let of_state = multiply_state(&cell.input, &cell.recurrent, x, &rh).split_off(2 * hidden);
    let h = (0..hidden)
        .map(|unit| {
            let n = (of_input(2 * hidden + unit) + of_state[unit]).tanh();
            mix(gate(1, unit), n, state.h[unit])
        })
        .collect();
    State { h, c: Vec::new() }
}

/// With `Reset::After` what `r` and `z` are activations of and the candidate's sum with the input, and the one
/// that `r` multiplies.
pub(super) fn sums(cell: &Gru, state: &State, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let hidden = state.h.len();
    let mut sums = multiply(&cell.input, x);
    let mut uh = multiply_state(&cell.input, &cell.recurrent, x, &state.h);
    for (sum, bias) in sums.iter_mut().zip(&cell.bias) {
        *sum += f64::from(*bias);
    }
    let mut apart = uh.split_off(2 * hidden);
    for (sum, bias) in apart.iter_mut().zip(&cell.candidate_bias) {
        *sum += f64::from(*bias);
    }
    for (sum, uh) in sums.iter_mut().zip(uh) {
        *sum += uh;
    }
    (sums, apart)
}

/// The state after `state`, by the sums of a step with `Reset::After`.
pub(super) fn update(state: &State, sums: &[f64], apart: &[f64], activate: Gate) -> State {
    let hidden = state.h.len();
    let h = (0..hidden)
        .map(|unit| {
            let (r, z) = (activate(sums[unit]), activate(sums[hidden + unit]));
            let n = (sums[2 * hidden + unit] + r * apart[unit]).tanh();
            mix(z, n, state.h[unit])
        })
        .collect();
    State { h, c: Vec::new() }
}

fn mix(z: f64, n: f64, h: f64) -> f64 {
    (1.0 - z) * n + z * h
}
