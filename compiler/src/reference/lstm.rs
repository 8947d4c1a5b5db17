//! `i, f, o = sigmoid(..)`, `g = tanh(..)`, `c' = f * c + i * g`, `h' = o * tanh(c')`, or a projection of that.

use super::State;
use super::activation::Gate;
use super::matrix::{multiply, multiply_state};
use crate::model::Lstm;

pub(super) fn step(cell: &Lstm, state: &State, x: &[f64], gate: Gate) -> State {
    update(cell, state, &sums(cell, state, x), gate)
}

/// What the gates are activations of.
pub(super) fn sums(cell: &Lstm, state: &State, x: &[f64]) -> Vec<f64> {
    let wx = multiply(&cell.input, x);
    let uh = multiply_state(&cell.input, &cell.recurrent, x, &state.h);
    wx.iter().zip(&uh).zip(&cell.bias).map(|((wx, uh), bias)| wx + uh + f64::from(*bias)).collect()
}

/// The state after `state`, by the sums of a step.
pub(super) fn update(cell: &Lstm, state: &State, sums: &[f64], activate: Gate) -> State {
    let units = state.c.len();
    let gate = |gate: usize, unit: usize| sums[gate * units + unit];
    let mut next = State { h: Vec::with_capacity(units), c: Vec::with_capacity(units) };
    for unit in 0..units {
        let i = activate(gate(0, unit));
        let f = activate(gate(1, unit));
        let g = gate(2, unit).tanh();
        let o = activate(gate(3, unit));
        let c = f * state.c[unit] + i * g;
        next.c.push(c);
        next.h.push(o * c.tanh());
    }
    if let Some(projection) = &cell.projection {
        next.h = multiply(projection, &next.h);
    }
    next
}
