//! Long short-term memory whose hidden vector is a projection of its units.

use super::lstm::update;
use super::{Cell, Room, Streams, WithInput};
use crate::activation::Activations;
use crate::lanes::copy;
use crate::layer::flush;
use crate::matrix::Matrix;
use crate::simd::Simd;

/// Streams whose units are projected at once: as many as a kernel takes of a large matrix.
const AT_ONCE: usize = 6;

/// The recurrent projection of Sak et al. 2014, PyTorch's `proj_size`, gates in the order `i f g o`: `c' = f c + i g`,
/// `h' = P (o tanh(c'))`. The hidden vector has `HIDDEN` numbers, and the cell state as many as there are `UNITS`.
#[derive(Debug, Clone, Copy)]
pub struct LstmProjected<I, R, P, const UNITS: usize, const SUMS: usize> {
    /// `4 UNITS x INPUT`.
    pub input: I,
    /// `4 UNITS x HIDDEN`.
    pub recurrent: R,
    /// `P`, `HIDDEN x UNITS`.
    pub projection: P,
    /// `4 UNITS`.
    pub bias: &'static [f32; SUMS],
}

/// The hidden vector and the cell state.
#[derive(Debug, Clone)]
pub struct LstmProjectedState<const HIDDEN: usize, const UNITS: usize> {
    /// The hidden vector `h`, which is the cell's output.
    pub h: [f32; HIDDEN],
    /// The cell state `c`.
    pub c: [f32; UNITS],
}

impl<const HIDDEN: usize, const UNITS: usize> AsRef<[f32; HIDDEN]> for LstmProjectedState<HIDDEN, UNITS> {
    #[inline(always)]
    fn as_ref(&self) -> &[f32; HIDDEN] {
        &self.h
    }
}

impl<I, R, P, const INPUT: usize, const HIDDEN: usize, const UNITS: usize, const SUMS: usize>
    Cell<INPUT, HIDDEN, SUMS> for LstmProjected<I, R, P, UNITS, SUMS>
where
    I: Matrix<SUMS, INPUT>,
    R: WithInput<I, SUMS, INPUT, HIDDEN>,
    P: Matrix<HIDDEN, UNITS>,
{
    type Input = I;
    type State = LstmProjectedState<HIDDEN, UNITS>;

    #[inline(always)]
    fn input(&self) -> &I {
        &self.input
    }

    #[inline(always)]
    fn bias(&self) -> &[f32; SUMS] {
        self.bias
    }

    #[inline(always)]
    fn advance<S: Simd, A: Activations>(
        &self,
        simd: S,
        _activations: A,
        input: &[f32; INPUT],
        sums: &mut [f32; SUMS],
        state: &mut Self::State,
    ) {
        self.recurrent.add_products(simd, input, &state.h, sums);
        self.update::<S, A, HIDDEN>(simd, sums, state);
    }

    #[inline(always)]
    fn both_halves<S: Simd, A: Activations>(
        &self,
        simd: S,
        _activations: A,
        input: &[f32; INPUT],
        state: &mut Self::State,
    ) {
        let mut sums = [0.0; SUMS];
        copy(simd, self.bias, &mut sums);
        self.recurrent.add_all(simd, &self.input, input, &state.h, &mut sums, None);
        self.update::<S, A, HIDDEN>(simd, &sums, state);
    }

    #[inline(always)]
    fn advance_each<S: Simd, A: Activations, M, F>(
        &self,
        simd: S,
        _activations: A,
        inputs: &[[f32; INPUT]],
        mut streams: Streams<'_, M, F>,
        room: Room<'_, HIDDEN, SUMS>,
    ) where
        F: Fn(&mut M) -> &mut Self::State,
    {
        streams.gather(room.hidden);
        self.recurrent.add_products_each(simd, inputs, room.hidden, room.sums);
        let Room { sums, hidden, .. } = room;
        let mut states = streams.each(sums);
        for hidden in hidden.chunks_mut(AT_ONCE) {
            let mut units = [[0.0; UNITS]; AT_ONCE];
            for ((units, hidden), (state, sums)) in units.iter_mut().zip(&mut *hidden).zip(&mut states) {
                update::<S, A, UNITS, SUMS>(simd, sums, &mut state.c, units, |_| {});
                *hidden = [0.0; HIDDEN];
            }
            let units = units.get(..hidden.len()).unwrap_or_default();
            self.projection.mul_add_each(simd, units, hidden);
        }
        drop(states);
        for (state, hidden) in streams.each(hidden) {
            state.h = flush(simd, hidden);
        }
    }
}

impl<I, R, P, const UNITS: usize, const SUMS: usize> LstmProjected<I, R, P, UNITS, SUMS> {
    /// Moves `state` on by the sums of a step.
    #[inline(always)]
    fn update<S: Simd, A: Activations, const HIDDEN: usize>(
        &self,
        simd: S,
        sums: &[f32; SUMS],
        state: &mut LstmProjectedState<HIDDEN, UNITS>,
    ) where
        P: Matrix<HIDDEN, UNITS>,
    {
        let mut units = [0.0; UNITS];
        update::<S, A, UNITS, SUMS>(simd, sums, &mut state.c, &mut units, |_| {});
        let mut h = [0.0; HIDDEN];
        self.projection.mul_add(simd, &units, &mut h);
        // A sum of small products may be too small.
        state.h = flush(simd, &h);
    }
}
