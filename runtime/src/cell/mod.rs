//! Recurrent cells: how a state moves on, given the sums of a step.
//!
//! A step has two halves. [`Cell::input_sums`] needs the input alone, so that [`run`] forms it for a
//! block of steps at once; [`Cell::advance`] adds what depends on the state.

mod back_and_forth;
mod fastgrnn;
mod fastrnn;
mod gru;
mod lockstep;
mod lstm;
mod lstm_projected;
mod recurrent;
mod rnn;

pub use back_and_forth::{BackAndForth, Turn};
pub use fastgrnn::FastGrnn;
pub use fastrnn::FastRnn;
pub use gru::{GruAfter, GruBefore};
pub use lockstep::{Room, Streams, step_each};
pub use lstm::{Lstm, LstmState};
pub use lstm_projected::{LstmProjected, LstmProjectedState};
pub use recurrent::{Joint, Recurrent, WithInput};
pub use rnn::Rnn;

use crate::activation::Activations;
use crate::lanes::copy;
use crate::matrix::Matrix;
use crate::simd::Simd;

/// A recurrent cell of `INPUT` inputs and `HIDDEN` outputs that forms `SUMS` sums a step.
pub trait Cell<const INPUT: usize, const HIDDEN: usize, const SUMS: usize>: Copy {
    /// The matrix that multiplies the input.
    type Input: Matrix<SUMS, INPUT>;
    /// What a step leaves for the next.
    type State: AsRef<[f32; HIDDEN]>;

    /// The matrix that multiplies the input.
    fn input(&self) -> &Self::Input;

    /// What the sums start from.
    fn bias(&self) -> &[f32; SUMS];

    /// The half of the sums that depends on the input, biases included.
    #[inline(always)]
    fn input_sums<S: Simd>(&self, simd: S, input: &[f32; INPUT], sums: &mut [f32; SUMS]) {
        copy(simd, self.bias(), sums);
        self.input().mul_add(simd, input, sums);
    }

    /// [`input_sums`](Cell::input_sums) for each pair of `inputs` and `sums`, to the same last bit.
    #[inline(always)]
    fn input_sums_each<S: Simd>(&self, simd: S, inputs: &[[f32; INPUT]], sums: &mut [[f32; SUMS]]) {
        for (sums, _) in sums.iter_mut().zip(inputs) {
            copy(simd, self.bias(), sums);
        }
        self.input().mul_add_each(simd, inputs, sums);
    }

    /// Adds what depends on the state to `sums` and moves the state on. A cell whose matrix multiplies
    /// input and state together does so here.
    fn advance<S: Simd, A: Activations>(
        &self,
        simd: S,
        activations: A,
        input: &[f32; INPUT],
        sums: &mut [f32; SUMS],
        state: &mut Self::State,
    );

    /// A step: [`input_sums`](Cell::input_sums) and [`advance`](Cell::advance), to the same last bit.
    #[inline(always)]
    fn both_halves<S: Simd, A: Activations>(
        &self,
        simd: S,
        activations: A,
        input: &[f32; INPUT],
        state: &mut Self::State,
    ) {
        let mut sums = [0.0; SUMS];
        self.input_sums(simd, input, &mut sums);
        self.advance(simd, activations, input, &mut sums, state);
    }

    /// [`advance`](Cell::advance) for each of several streams, to the same last bit. A cell whose matrix is worth
    /// reading once for all of them does so with the room that it is given, one element a stream.
    #[inline(always)]
    fn advance_each<S: Simd, A: Activations, M, F>(
        &self,
        simd: S,
        activations: A,
        inputs: &[[f32; INPUT]],
        streams: Streams<'_, M, F>,
        room: Room<'_, HIDDEN, SUMS>,
    ) where
        F: Fn(&mut M) -> &mut Self::State,
    {
        for ((stream, sums), input) in streams.models.iter_mut().zip(room.sums).zip(inputs) {
            self.advance(simd, activations, input, sums, (streams.state)(stream));
        }
    }
}

/// The hidden vector alone, the state of every cell but the LSTM.
#[derive(Debug, Clone)]
pub struct Hidden<const HIDDEN: usize> {
    /// The hidden vector `h`, which is the cell's output.
    pub h: [f32; HIDDEN],
}

impl<const HIDDEN: usize> AsRef<[f32; HIDDEN]> for Hidden<HIDDEN> {
    #[inline(always)]
    fn as_ref(&self) -> &[f32; HIDDEN] {
        &self.h
    }
}

/// One step.
#[inline(always)]
pub fn step<S: Simd, A: Activations, C, const INPUT: usize, const HIDDEN: usize, const SUMS: usize>(
    simd: S,
    activations: A,
    cell: &C,
    input: &[f32; INPUT],
    state: &mut C::State,
) where
    C: Cell<INPUT, HIDDEN, SUMS>,
{
    cell.both_halves(simd, activations, input, state);
}

/// The steps of `inputs` in order, as many at once as `sums` has room for, which is one at least.
///
/// Where `outputs` has room, the hidden vector after each step is written to the front of its output. Gives
/// the outputs that were written.
#[inline(always)]
pub fn run<
    'a,
    S: Simd,
    A: Activations,
    C,
    const INPUT: usize,
    const HIDDEN: usize,
    const SUMS: usize,
    const WIDTH: usize,
>(
    simd: S,
    activations: A,
    cell: &C,
    sums: &mut [f32],
    inputs: &[[f32; INPUT]],
    state: &mut C::State,
    outputs: &'a mut [[f32; WIDTH]],
) -> &'a [[f32; WIDTH]]
where
    C: Cell<INPUT, HIDDEN, SUMS>,
{
    let (sums, _) = sums.as_chunks_mut::<SUMS>();
    let mut room = outputs.iter_mut();
    for inputs in inputs.chunks(sums.len().max(1)) {
        cell.input_sums_each(simd, inputs, sums);
        for (sums, input) in sums.iter_mut().zip(inputs) {
            cell.advance(simd, activations, input, sums, state);
            if let Some(front) = room.next().and_then(|output| output.first_chunk_mut()) {
                *front = *state.as_ref();
            }
        }
    }
    outputs.get(..inputs.len()).unwrap_or_default()
}

/// The steps of `inputs` from the last to the first, as many at once as `sums` has room for, which is one
/// at least.
///
/// Where `outputs` has room, the hidden vector after each step is written to the back of the output that
/// stands where its input stands.
#[inline(always)]
pub fn run_back<
    S: Simd,
    A: Activations,
    C,
    const INPUT: usize,
    const HIDDEN: usize,
    const SUMS: usize,
    const WIDTH: usize,
>(
    simd: S,
    activations: A,
    cell: &C,
    sums: &mut [f32],
    inputs: &[[f32; INPUT]],
    state: &mut C::State,
    outputs: &mut [[f32; WIDTH]],
) where
    C: Cell<INPUT, HIDDEN, SUMS>,
{
    let (sums, _) = sums.as_chunks_mut::<SUMS>();
    let mut room = outputs.iter_mut().take(inputs.len()).rev();
    for inputs in inputs.rchunks(sums.len().max(1)) {
        cell.input_sums_each(simd, inputs, sums);
        for (sums, input) in sums.iter_mut().zip(inputs).rev() {
            cell.advance(simd, activations, input, sums, state);
            if let Some(back) = room.next().and_then(|output| output.last_chunk_mut()) {
                *back = *state.as_ref();
            }
        }
    }
}
