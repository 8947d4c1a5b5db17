//! Long short-term memory.

use super::activation::{sigmoid, tanh};
use super::{CELL, Matrix, SUM, UNIT, Vector, to_f32, within};
use crate::activation::Activations;
use crate::cell::Cell;
use crate::matrix::Zero;
use crate::simd::Simd;

/// As [`cell::Lstm`](crate::cell::Lstm); a group of rows has the gates `i f g o` of one unit.
#[derive(Debug, Clone, Copy)]
pub struct Lstm<I, R, const HIDDEN: usize> {
    /// `4 HIDDEN x INPUT`.
    pub input: I,
    /// `4 HIDDEN x HIDDEN`.
    pub recurrent: R,
    /// [Sums](super::SUM), those of a unit together.
    pub bias: &'static [[i32; 4]; HIDDEN],
}

/// The hidden vector and the cell state.
#[derive(Debug, Clone)]
pub struct LstmState<const HIDDEN: usize> {
    /// The hidden vector `h`, which is the cell's output: [units](super::UNIT).
    pub h: [f32; HIDDEN],
    /// The cell state `c`, with [`CELL`] bits behind the point.
    pub c: [i16; HIDDEN],
}

impl<const HIDDEN: usize> AsRef<[f32; HIDDEN]> for LstmState<HIDDEN> {
    #[inline(always)]
    fn as_ref(&self) -> &[f32; HIDDEN] {
        &self.h
    }
}

impl<const HIDDEN: usize> LstmState<HIDDEN> {
    /// The cell state as numbers.
    #[inline(always)]
    pub fn cell(&self) -> [f32; HIDDEN] {
        self.c.map(|c| to_f32(c.into(), CELL))
    }
}

impl<I, R, const INPUT: usize, const HIDDEN: usize> Cell<INPUT, HIDDEN, 1> for Lstm<I, R, HIDDEN>
where
    I: Matrix<4, INPUT>,
    R: Matrix<4, HIDDEN>,
{
    type State = LstmState<HIDDEN>;

    in_integers!();

    #[inline(always)]
    fn advance<S: Simd, A: Activations>(
        &self,
        _: S,
        _: A,
        input: &[f32; INPUT],
        _: &mut [f32; 1],
        state: &mut Self::State,
    ) {
        let x = self.input.prepare(Vector::new(input), SUM);
        let hidden = self.recurrent.prepare(Vector::new(&state.h), SUM);
        let units = state.h.iter_mut().zip(&mut state.c).zip(self.bias);
        for (unit, ((h, c), bias)) in units.enumerate() {
            let of_input = self.input.rows(&x, unit);
            let of_state = self.recurrent.rows(&hidden, unit);
            let [i, f, g, o]: [i32; 4] =
                core::array::from_fn(|gate| bias[gate] + of_input[gate] + of_state[gate]);
            // Both products with `UNIT + CELL` bits behind the point.
            let kept = sigmoid(f) * i32::from(*c);
            let added = (sigmoid(i) * tanh(g)) >> (UNIT - CELL);
            let next = within((kept + added + (1 << (UNIT - 1))) >> UNIT, 1 << 15);
            *c = next as i16;
            let output = sigmoid(o) * tanh(next << (SUM - CELL));
            *h = to_f32((output + (1 << (UNIT - 1))) >> UNIT, UNIT);
        }
    }
}
