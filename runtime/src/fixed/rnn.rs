//! The simple recurrent network.

use core::marker::PhantomData;

use super::{Matrix, Nonlinearity, SUM, UNIT, Vector, to_f32};
use crate::activation::Activations;
use crate::cell::{Cell, Hidden};
use crate::matrix::Zero;
use crate::simd::Simd;

/// As [`cell::Rnn`](crate::cell::Rnn); both matrices give `TOGETHER` rows at once, of which `HIDDEN` is a multiple.
#[derive(Debug, Clone, Copy)]
pub struct Rnn<F, I, R, const HIDDEN: usize, const TOGETHER: usize> {
    /// `HIDDEN x INPUT`.
    pub input: I,
    /// `HIDDEN x HIDDEN`.
    pub recurrent: R,
    /// [Sums](super::SUM).
    pub bias: &'static [i32; HIDDEN],
    /// The nonlinearity `F`.
    pub nonlinearity: PhantomData<F>,
}

impl<F, I, R, const INPUT: usize, const HIDDEN: usize, const TOGETHER: usize> Cell<INPUT, HIDDEN, 1>
    for Rnn<F, I, R, HIDDEN, TOGETHER>
where
    F: Nonlinearity,
    I: Matrix<TOGETHER, INPUT>,
    R: Matrix<TOGETHER, HIDDEN>,
{
    type Input = Zero;
    type State = Hidden<HIDDEN>;

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
        let groups =
            state.h.as_chunks_mut::<TOGETHER>().0.iter_mut().zip(self.bias.as_chunks::<TOGETHER>().0);
        for (group, (units, biases)) in groups.enumerate() {
            let of_input = self.input.rows(&x, group);
            let of_state = self.recurrent.rows(&hidden, group);
            for (((h, bias), of_input), of_state) in units.iter_mut().zip(biases).zip(of_input).zip(of_state)
            {
                *h = to_f32(F::unit(bias + of_input + of_state), UNIT);
            }
        }
    }
}
