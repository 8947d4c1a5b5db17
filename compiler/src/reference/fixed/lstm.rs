//! `i, f, o = sigmoid(..)`, `g = tanh(..)`, `c' = f * c + i * g`, `h' = o * tanh(c')`.

use super::activation::{sigmoid, tanh};
use super::matrix::multiply;
use super::{CELL, RangeKind, Ranges, SUM, State, UNIT, integer, number, scale, shifted, sum};
use crate::model::Lstm;

pub(super) fn step(cell: &Lstm, state: &State, x: &[f64], ranges: &mut Ranges) -> State {
    let hidden = state.h.len();
    let wx = multiply(&cell.input, x, SUM, ranges);
    let uh = multiply(&cell.recurrent, &state.h, SUM, ranges);
    let mut next = State { h: Vec::with_capacity(hidden), c: Vec::with_capacity(hidden) };
    for unit in 0..hidden {
        let gate = |gate: usize| {
            let row = gate * hidden + unit;
            sum(cell.bias[row]) + wx[row] + uh[row]
        };
        let kept = sigmoid(gate(1)) * integer(state.c[unit], CELL);
        let added = (sigmoid(gate(0)) * tanh(gate(2))) >> (UNIT - CELL);
        let exact = shifted(kept + added, UNIT);
        let c = exact.clamp(-(1 << 15), (1 << 15) - 1);
        ranges.see(RangeKind::Cell, exact as f64 / f64::from(1 << CELL), c != exact);
        next.c.push(number(c, CELL));
        next.h.push(number(scale(tanh(c << (SUM - CELL)), sigmoid(gate(3))), UNIT));
    }
    next
}
