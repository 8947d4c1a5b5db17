//! One step of several streams, which share what is read of the weights.

use super::Cell;
use crate::activation::Activations;
use crate::simd::Simd;

/// Models that take a step together, and which part of one is the state of the cell at hand.
pub struct Streams<'a, M, F> {
    pub(super) models: &'a mut [M],
    pub(super) state: F,
}

impl<'a, M, F> Streams<'a, M, F> {
    /// A model for each stream, and the state of the cell in it.
    #[inline(always)]
    pub fn new<St>(models: &'a mut [M], state: F) -> Self
    where
        F: Fn(&mut M) -> &mut St,
    {
        Streams { models, state }
    }
}

/// Room for what a cell computes with, an element for each stream.
pub struct Room<'a, const HIDDEN: usize, const SUMS: usize> {
    /// The halves of the sums that depend on the input.
    pub sums: &'a mut [[f32; SUMS]],
    /// For other sums, if [`step_each`] was given room for them.
    pub apart: &'a mut [[f32; SUMS]],
    /// For the hidden vectors before the step.
    pub hidden: &'a mut [[f32; HIDDEN]],
}

impl<M, F> Streams<'_, M, F> {
    /// Writes the hidden vector of each stream to `hidden`.
    #[inline(always)]
    pub(super) fn gather<St, const HIDDEN: usize>(&mut self, hidden: &mut [[f32; HIDDEN]])
    where
        St: AsRef<[f32; HIDDEN]>,
        F: Fn(&mut M) -> &mut St,
    {
        for (model, hidden) in self.models.iter_mut().zip(hidden) {
            *hidden = *(self.state)(model).as_ref();
        }
    }

    /// The state and the sums of each stream.
    #[inline(always)]
    pub(super) fn each<'s, St: 's, T>(
        &'s mut self,
        sums: &'s mut [T],
    ) -> impl Iterator<Item = (&'s mut St, &'s mut T)>
    where
        F: Fn(&mut M) -> &mut St,
    {
        let state = &self.state;
        self.models.iter_mut().map(state).zip(sums)
    }
}

/// One step of each of `streams`, which reads its own of `inputs`; gives the hidden vectors, which are written to
/// `outputs`.
///
/// `sums` has room for the cell's sums of each stream, or for twice as many where the cell keeps some apart, and `outputs`
/// for a hidden vector of each.
#[inline(always)]
pub fn step_each<
    'a,
    S: Simd,
    A: Activations,
    C,
    M,
    F,
    const INPUT: usize,
    const HIDDEN: usize,
    const SUMS: usize,
>(
    simd: S,
    activations: A,
    cell: &C,
    sums: &mut [f32],
    inputs: &[[f32; INPUT]],
    streams: Streams<'_, M, F>,
    outputs: &'a mut [[f32; HIDDEN]],
) -> &'a [[f32; HIDDEN]]
where
    C: Cell<INPUT, HIDDEN, SUMS>,
    F: Fn(&mut M) -> &mut C::State,
{
    let Streams { models, state } = streams;
    let (outputs, _) = outputs.split_at_mut_checked(inputs.len()).unwrap_or_default();
    let (sums, _) = sums.as_chunks_mut::<SUMS>();
    let (sums, apart) = sums.split_at_mut_checked(inputs.len()).unwrap_or_default();
    let apart = apart.get_mut(..inputs.len()).unwrap_or_default();
    cell.input_sums_each(simd, inputs, sums);
    let room = Room { sums, apart, hidden: &mut *outputs };
    cell.advance_each(simd, activations, inputs, Streams { models: &mut *models, state: &state }, room);
    for (model, output) in models.iter_mut().zip(&mut *outputs) {
        *output = *state(model).as_ref();
    }
    outputs
}
