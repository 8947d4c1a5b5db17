//! Long short-term memory.

use core::marker::PhantomData;

use super::{Cell, Recurrent, Room, Streams, WithInput};
use crate::activation::Activations;
use crate::lanes::{copy, map};
use crate::matrix::Matrix;
use crate::simd::{Arithmetic, Function, LANES, Simd};

/// Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000, gates in the order `i f g o`:
/// `c' = f c + i g`, `h' = o tanh(c')`.
#[derive(Debug, Clone, Copy)]
pub struct Lstm<I, R, const SUMS: usize> {
    /// `4 HIDDEN x INPUT`.
    pub input: I,
    /// `4 HIDDEN x HIDDEN`.
    pub recurrent: R,
    /// `4 HIDDEN`.
    pub bias: &'static [f32; SUMS],
}

/// The hidden vector and the cell state.
#[derive(Debug, Clone)]
pub struct LstmState<const HIDDEN: usize> {
    /// The hidden vector `h`, which is the cell's output.
    pub h: [f32; HIDDEN],
    /// The cell state `c`.
    pub c: [f32; HIDDEN],
}

impl<const HIDDEN: usize> AsRef<[f32; HIDDEN]> for LstmState<HIDDEN> {
    #[inline(always)]
    fn as_ref(&self) -> &[f32; HIDDEN] {
        &self.h
    }
}

impl<I, R, const INPUT: usize, const HIDDEN: usize, const SUMS: usize> Cell<INPUT, HIDDEN, SUMS>
    for Lstm<I, R, SUMS>
where
    I: Matrix<SUMS, INPUT>,
    R: WithInput<I, SUMS, INPUT, HIDDEN>,
{
    type Input = I;
    type State = LstmState<HIDDEN>;

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
        state.update::<S, A, R, SUMS, INPUT>(simd, &self.recurrent, sums);
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
        state.update::<S, A, R, SUMS, INPUT>(simd, &self.recurrent, &sums);
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
        for (state, sums) in streams.each(room.sums) {
            state.update::<S, A, R, SUMS, INPUT>(simd, &self.recurrent, sums);
        }
    }
}

impl<const HIDDEN: usize> LstmState<HIDDEN> {
    /// Moves on by the sums of a step; asks for what `next` reads first in the step after it.
    #[inline(always)]
    pub(crate) fn update<S: Simd, A: Activations, R, const SUMS: usize, const INPUT: usize>(
        &mut self,
        simd: S,
        next: &R,
        sums: &[f32; SUMS],
    ) where
        R: Recurrent<SUMS, INPUT, HIDDEN>,
    {
        update::<S, A, HIDDEN, SUMS>(simd, sums, &mut self.c, &mut self.h, |part| next.prefetch(simd, part));
    }
}

/// Moves the cell state `c` on by the sums of a step, and gives `h`, what the units give; `meanwhile` is called with a
/// number that counts up, where work that needs no memory leaves time for it.
#[inline(always)]
pub(super) fn update<S: Simd, A: Activations, const UNITS: usize, const SUMS: usize>(
    simd: S,
    sums: &[f32; SUMS],
    c: &mut [f32; UNITS],
    h: &mut [f32; UNITS],
    meanwhile: impl Fn(usize),
) {
    let ([i, f, g, o], _) = sums.as_chunks::<UNITS>() else {
        return;
    };
    // In two passes, since a processor that looks ahead over one group alone waits for its long chain.
    map!(simd, UNITS, NextCell::<A>(PhantomData), [i, f, g] => c, |group| { meanwhile(group) });
    map!(simd, UNITS, NextHidden::<A>(PhantomData), [o, c] => h, |group| {
        meanwhile(UNITS.div_ceil(LANES) + group);
    });
}

/// `c' = f c + i g`, of the sums of `i`, `f` and `g`.
#[derive(Clone, Copy)]
struct NextCell<A>(PhantomData<A>);

impl<A: Activations> Function<3> for NextCell<A> {
    #[inline(always)]
    fn call<S: Arithmetic>(self, simd: S, [i, f, g]: [S::F32; 3], c: S::F32) -> S::F32 {
        simd.flush(simd.mul_add(A::sigmoid(simd, f), c, A::gated_tanh(simd, i, g)))
    }
}

/// `h' = o tanh(c')`, of the sum of `o`.
#[derive(Clone, Copy)]
struct NextHidden<A>(PhantomData<A>);

impl<A: Activations> Function<2> for NextHidden<A> {
    #[inline(always)]
    fn call<S: Arithmetic>(self, simd: S, [o, c]: [S::F32; 2], _: S::F32) -> S::F32 {
        simd.flush(A::gated_tanh(simd, o, c))
    }
}
