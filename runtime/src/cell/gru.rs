//! Gated recurrent units, with the reset gate in either place.

use core::marker::PhantomData;

use super::{Cell, Hidden, Recurrent, Room, Streams, WithInput};
use crate::activation::Activations;
use crate::lanes::{copy, map};
use crate::layer;
use crate::matrix::Matrix;
use crate::simd::{Arithmetic, Function, Simd};

/// Cho et al. 2014 as PyTorch and cuDNN compute it, gates in the order `r z n`: the reset gate
/// multiplies the product with the hidden vector, `n = tanh(W x + b + r (U h + d))`, and
/// `h' = (1 - z) n + z h`.
#[derive(Debug, Clone, Copy)]
pub struct GruAfter<I, R, const HIDDEN: usize, const SUMS: usize> {
    /// `3 HIDDEN x INPUT`.
    pub input: I,
    /// `3 HIDDEN x HIDDEN`.
    pub recurrent: R,
    /// `3 HIDDEN`: every bias of `r` and `z`, and of `n` the one outside the reset gate.
    pub bias: &'static [f32; SUMS],
    /// `d`: the bias that the reset gate multiplies.
    pub candidate_bias: &'static [f32; HIDDEN],
}

/// Cho et al. 2014 as first published, gates in the order `r z n`: the reset gate multiplies the hidden
/// vector, `n = tanh(W x + b + U (r h))`, and `h' = (1 - z) n + z h`.
#[derive(Debug, Clone, Copy)]
pub struct GruBefore<I, R, C, const GATES: usize, const SUMS: usize> {
    /// `3 HIDDEN x INPUT`.
    pub input: I,
    /// `2 HIDDEN x HIDDEN`, for `r` and `z`.
    pub recurrent: R,
    /// `HIDDEN x HIDDEN`, for `n`.
    pub candidate: C,
    /// `3 HIDDEN`.
    pub bias: &'static [f32; SUMS],
}

impl<I, R, const INPUT: usize, const HIDDEN: usize, const SUMS: usize> Cell<INPUT, HIDDEN, SUMS>
    for GruAfter<I, R, HIDDEN, SUMS>
where
    I: Matrix<SUMS, INPUT>,
    R: WithInput<I, SUMS, INPUT, HIDDEN>,
{
    type Input = I;
    type State = Hidden<HIDDEN>;

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
        let apart = self.add_recurrent(simd, input, &state.h, sums);
        state.update_after::<S, A, SUMS>(simd, sums, &apart);
    }

    #[inline(always)]
    fn both_halves<S: Simd, A: Activations>(
        &self,
        simd: S,
        _activations: A,
        input: &[f32; INPUT],
        state: &mut Self::State,
    ) {
        let (mut sums, mut recurrent) = ([0.0; SUMS], [0.0; SUMS]);
        copy(simd, self.bias, &mut sums);
        self.start(&mut recurrent);
        self.recurrent.add_all(simd, &self.input, input, &state.h, &mut sums, Some(&mut recurrent));
        let apart = add_gates(simd, &recurrent, &mut sums);
        state.update_after::<S, A, SUMS>(simd, &sums, &apart);
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
        for apart in &mut *room.apart {
            *apart = [0.0; SUMS];
            self.start(apart);
        }
        self.recurrent.add_products_each(simd, inputs, room.hidden, room.apart);
        for ((state, sums), recurrent) in streams.each(room.sums).zip(room.apart) {
            let apart = add_gates(simd, recurrent, sums);
            state.update_after::<S, A, SUMS>(simd, sums, &apart);
        }
    }
}

impl<I, R, const HIDDEN: usize, const SUMS: usize> GruAfter<I, R, HIDDEN, SUMS> {
    /// Adds the products with the state to the sums of `r` and `z`; gives those that the reset gate multiplies.
    #[inline(always)]
    pub(crate) fn add_recurrent<S: Simd, const INPUT: usize>(
        &self,
        simd: S,
        input: &[f32; INPUT],
        h: &[f32; HIDDEN],
        sums: &mut [f32; SUMS],
    ) -> [f32; HIDDEN]
    where
        R: Recurrent<SUMS, INPUT, HIDDEN>,
    {
        let mut recurrent = [0.0; SUMS];
        self.start(&mut recurrent);
        self.recurrent.add_products(simd, input, h, &mut recurrent);
        add_gates(simd, &recurrent, sums)
    }

    /// Makes of zeros what the products with the state start from, which are formed apart from the sums.
    #[inline(always)]
    fn start(&self, recurrent: &mut [f32; SUMS]) {
        if let [_, _, n] = recurrent.as_chunks_mut().0 {
            *n = *self.candidate_bias;
        }
    }
}

/// Adds the products with the state to the sums of `r` and `z`; gives those of `n`.
#[inline(always)]
fn add_gates<S: Simd, const HIDDEN: usize, const SUMS: usize>(
    simd: S,
    recurrent: &[f32; SUMS],
    sums: &mut [f32; SUMS],
) -> [f32; HIDDEN] {
    let ([r, z, n], _) = recurrent.as_chunks::<HIDDEN>() else {
        return [0.0; HIDDEN];
    };
    for (sums, recurrent) in sums.as_chunks_mut::<HIDDEN>().0.iter_mut().zip([r, z]) {
        layer::add(simd, recurrent, sums);
    }
    *n
}

impl<const HIDDEN: usize> Hidden<HIDDEN> {
    /// Moves on by the sums of a step of a [`GruAfter`], those of the candidate that the reset gate multiplies
    /// apart.
    #[inline(always)]
    pub(crate) fn update_after<S: Simd, A: Activations, const SUMS: usize>(
        &mut self,
        simd: S,
        sums: &[f32; SUMS],
        apart: &[f32; HIDDEN],
    ) {
        let ([r, z, n], _) = sums.as_chunks::<HIDDEN>() else {
            return;
        };
        map!(simd, HIDDEN, NextAfter::<A>(PhantomData), [r, z, n, apart] => &mut self.h);
    }
}

impl<I, R, C, const INPUT: usize, const HIDDEN: usize, const GATES: usize, const SUMS: usize>
    Cell<INPUT, HIDDEN, SUMS> for GruBefore<I, R, C, GATES, SUMS>
where
    I: Matrix<SUMS, INPUT>,
    R: Recurrent<GATES, INPUT, HIDDEN>,
    C: Recurrent<HIDDEN, INPUT, HIDDEN>,
{
    type Input = I;
    type State = Hidden<HIDDEN>;

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
        let Some((gates, candidate)) = sums.split_first_chunk_mut::<GATES>() else {
            return;
        };
        let Some(candidate) = candidate.first_chunk_mut::<HIDDEN>() else {
            return;
        };
        self.recurrent.add_products(simd, input, &state.h, gates);
        let ([r, z], _) = gates.as_chunks::<HIDDEN>() else {
            return;
        };
        let mut reset = [0.0; HIDDEN];
        map!(simd, HIDDEN, Reset::<A>(PhantomData), [r, &state.h] => &mut reset);
        self.candidate.add_products(simd, input, &reset, candidate);
        map!(simd, HIDDEN, Next::<A>(PhantomData), [z, candidate] => &mut state.h);
    }
}

/// `h'` of the sums of `z` and `n`: `(1 - z) n + z h`, as `n + z (h - n)`.
#[derive(Clone, Copy)]
struct Next<A>(PhantomData<A>);

impl<A: Activations> Function<2> for Next<A> {
    #[inline(always)]
    fn call<S: Arithmetic>(self, simd: S, [z, n]: [S::F32; 2], h: S::F32) -> S::F32 {
        let (z, n) = (A::sigmoid(simd, z), A::tanh(simd, n));
        simd.flush(simd.mul_add(z, simd.sub(h, n), n))
    }
}

/// [`Next`], where the reset gate multiplies `un`, the state's part of the candidate.
#[derive(Clone, Copy)]
struct NextAfter<A>(PhantomData<A>);

impl<A: Activations> Function<4> for NextAfter<A> {
    #[inline(always)]
    fn call<S: Arithmetic>(self, simd: S, [r, z, n, un]: [S::F32; 4], h: S::F32) -> S::F32 {
        let n = simd.mul_add(A::sigmoid(simd, r), un, n);
        Next::<A>(PhantomData).call(simd, [z, n], h)
    }
}

/// `r h`, of the sum of `r`.
#[derive(Clone, Copy)]
struct Reset<A>(PhantomData<A>);

impl<A: Activations> Function<2> for Reset<A> {
    #[inline(always)]
    fn call<S: Arithmetic>(self, simd: S, [r, h]: [S::F32; 2], _: S::F32) -> S::F32 {
        simd.mul(A::sigmoid(simd, r), h)
    }
}
