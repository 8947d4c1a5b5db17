//! What multiplies the state: a matrix of its own, or one for input and state together.

use core::ops::Range;

use crate::lanes::copy;
use crate::matrix::Matrix;
use crate::simd::{LINE, Simd};

/// The products of `ROWS` rows that have to wait for the state of `HIDDEN` numbers.
pub trait Recurrent<const ROWS: usize, const INPUT: usize, const HIDDEN: usize>: Copy {
    /// Adds the products with `input` and `state` to `sums`.
    fn add_products<S: Simd>(
        &self,
        simd: S,
        input: &[f32; INPUT],
        state: &[f32; HIDDEN],
        sums: &mut [f32; ROWS],
    );

    /// [`add_products`](Recurrent::add_products) for each of several streams, to the same last bit.
    fn add_products_each<S: Simd>(
        &self,
        simd: S,
        inputs: &[[f32; INPUT]],
        states: &[[f32; HIDDEN]],
        sums: &mut [[f32; ROWS]],
    );

    /// Asks for part `part` of what the next step reads first: work that needs no memory leaves time for it.
    fn prefetch<S: Simd>(&self, simd: S, part: usize);
}

/// What multiplies the state, beside `I`, the matrix of as many rows that multiplies the input.
pub trait WithInput<I, const ROWS: usize, const INPUT: usize, const HIDDEN: usize>:
    Recurrent<ROWS, INPUT, HIDDEN>
where
    I: Matrix<ROWS, INPUT>,
{
    /// Adds the products of `matrix` with `input` to `sums`, and those that wait for the state to `apart`, or to `sums` as
    /// well.
    #[inline(always)]
    fn add_all<S: Simd>(
        &self,
        simd: S,
        matrix: &I,
        input: &[f32; INPUT],
        state: &[f32; HIDDEN],
        sums: &mut [f32; ROWS],
        apart: Option<&mut [f32; ROWS]>,
    ) {
        matrix.mul_add(simd, input, sums);
        self.add_products(simd, input, state, apart.unwrap_or(sums));
    }
}

/// Bytes of a part, and of all that are asked for, which leave room in the first level of cache.
const PART: usize = 1024;
const PARTS: usize = 16;
/// A matrix of fewer bytes is still there from the step before, one of more asks for itself ahead of its use.
const PREFETCH_OF: Range<usize> = 32 * 1024..128 * 1024;

#[inline(always)]
fn prefetch<S: Simd, M, const ROWS: usize, const COLUMNS: usize>(simd: S, matrix: &M, part: usize)
where
    M: Matrix<ROWS, COLUMNS>,
{
    if const { PREFETCH_OF.start <= M::BYTES && M::BYTES < PREFETCH_OF.end } && part < PARTS {
        for line in 0..PART / LINE {
            matrix.prefetch(simd, part * PART + line * LINE);
        }
    }
}

/// A matrix of `ROWS x HIDDEN`: the input has its own, and its products are formed before.
impl<M, const ROWS: usize, const INPUT: usize, const HIDDEN: usize> Recurrent<ROWS, INPUT, HIDDEN> for M
where
    M: Matrix<ROWS, HIDDEN>,
{
    #[inline(always)]
    fn add_products<S: Simd>(
        &self,
        simd: S,
        _input: &[f32; INPUT],
        state: &[f32; HIDDEN],
        sums: &mut [f32; ROWS],
    ) {
        self.mul_add(simd, state, sums);
    }

    #[inline(always)]
    fn add_products_each<S: Simd>(
        &self,
        simd: S,
        _inputs: &[[f32; INPUT]],
        states: &[[f32; HIDDEN]],
        sums: &mut [[f32; ROWS]],
    ) {
        self.mul_add_each(simd, states, sums);
    }

    #[inline(always)]
    fn prefetch<S: Simd>(&self, simd: S, part: usize) {
        prefetch(simd, self, part);
    }
}

impl<I, M, const ROWS: usize, const INPUT: usize, const HIDDEN: usize> WithInput<I, ROWS, INPUT, HIDDEN> for M
where
    I: Matrix<ROWS, INPUT>,
    M: Matrix<ROWS, HIDDEN>,
{
}

/// A matrix of `ROWS x JOINT` that multiplies the input with the state behind it, `JOINT = INPUT + HIDDEN`.
#[derive(Debug, Clone, Copy)]
pub struct Joint<M, const JOINT: usize>(pub M);

impl<M, const ROWS: usize, const INPUT: usize, const HIDDEN: usize, const JOINT: usize>
    Recurrent<ROWS, INPUT, HIDDEN> for Joint<M, JOINT>
where
    M: Matrix<ROWS, JOINT>,
{
    #[inline(always)]
    fn add_products<S: Simd>(
        &self,
        simd: S,
        input: &[f32; INPUT],
        state: &[f32; HIDDEN],
        sums: &mut [f32; ROWS],
    ) {
        let mut both = [0.0; JOINT];
        join(simd, input, state, &mut both);
        self.0.mul_add(simd, &both, sums);
    }

    #[inline(always)]
    fn add_products_each<S: Simd>(
        &self,
        simd: S,
        inputs: &[[f32; INPUT]],
        states: &[[f32; HIDDEN]],
        sums: &mut [[f32; ROWS]],
    ) {
        let streams = inputs.chunks(TOGETHER).zip(states.chunks(TOGETHER)).zip(sums.chunks_mut(TOGETHER));
        for ((inputs, states), sums) in streams {
            let mut both = [[0.0; JOINT]; TOGETHER];
            for ((both, input), state) in both.iter_mut().zip(inputs).zip(states) {
                join(simd, input, state, both);
            }
            self.0.mul_add_each(simd, both.get(..inputs.len()).unwrap_or_default(), sums);
        }
    }

    #[inline(always)]
    fn prefetch<S: Simd>(&self, simd: S, part: usize) {
        prefetch(simd, &self.0, part);
    }
}

impl<I, M, const ROWS: usize, const INPUT: usize, const HIDDEN: usize, const JOINT: usize>
    WithInput<I, ROWS, INPUT, HIDDEN> for Joint<M, JOINT>
where
    I: Matrix<ROWS, INPUT>,
    M: Matrix<ROWS, JOINT>,
{
}

/// Streams whose vectors are joined at once.
const TOGETHER: usize = 4;

/// Writes the input to `both`, and the state behind it.
#[inline(always)]
fn join<S: Simd, const INPUT: usize, const HIDDEN: usize, const JOINT: usize>(
    simd: S,
    input: &[f32; INPUT],
    state: &[f32; HIDDEN],
    both: &mut [f32; JOINT],
) {
    const { assert!(JOINT == INPUT + HIDDEN) }
    if let Some((front, back)) = both.split_first_chunk_mut()
        && let Some(back) = back.first_chunk_mut()
    {
        copy(simd, input, front);
        copy(simd, state, back);
    }
}
