//! Reading matrices from either end in turn.
//!
//! A cache that keeps what was used last is of no use to a network that is somewhat larger than it: each step reads
//! all weights in the same order, and what it is about to read is what was dropped last. Read from one end in one step
//! and from the other in the next, the cache still has what the last step ended with.

use core::sync::atomic::{AtomicBool, Ordering};

use super::{Recurrent, WithInput};
use crate::matrix::Blocks;
use crate::simd::Simd;

/// The end that the next step reads from, for every stream of a network: the weights that lie in the cache are
/// theirs together.
#[derive(Debug, Default)]
pub struct Turn {
    is_back: AtomicBool,
}

impl Turn {
    /// The next step reads forward.
    pub const fn new() -> Self {
        Turn { is_back: AtomicBool::new(false) }
    }

    /// Whether this step reads from the back; the one after it then does not, and the other way round. Of steps on
    /// several threads some may read in the same direction, which costs time and nothing else.
    #[inline(always)]
    fn take(&self) -> bool {
        let is_back = self.is_back.load(Ordering::Relaxed);
        self.is_back.store(!is_back, Ordering::Relaxed);
        is_back
    }
}

/// A recurrent matrix whose blocks of rows are read with those of the input's matrix, back and forth.
#[derive(Debug, Clone, Copy)]
pub struct BackAndForth<M> {
    matrix: M,
    turn: &'static Turn,
}

impl<M> BackAndForth<M> {
    /// `matrix`, which is read from the end that `turn` says.
    pub const fn new(matrix: M, turn: &'static Turn) -> Self {
        BackAndForth { matrix, turn }
    }

    /// The numbers of `count` blocks in the order of this step.
    #[inline(always)]
    fn order(&self, count: usize) -> impl Iterator<Item = usize> {
        let is_back = self.turn.take();
        // One loop for both directions, since the products are inlined into it.
        (0..count).map(move |index| if is_back { count - 1 - index } else { index })
    }
}

impl<I, M, const ROWS: usize, const INPUT: usize, const HIDDEN: usize> WithInput<I, ROWS, INPUT, HIDDEN>
    for BackAndForth<M>
where
    I: Blocks<ROWS, INPUT>,
    M: Blocks<ROWS, HIDDEN>,
{
    #[inline(always)]
    fn add_all<S: Simd>(
        &self,
        simd: S,
        matrix: &I,
        input: &[f32; INPUT],
        state: &[f32; HIDDEN],
        sums: &mut [f32; ROWS],
        mut apart: Option<&mut [f32; ROWS]>,
    ) {
        const { assert!(I::BLOCKS == M::BLOCKS) }
        let (input, state) = (I::vector(simd, input), M::vector(simd, state));
        for index in self.order(M::BLOCKS) {
            matrix.mul_add_block(simd, index, &input, sums);
            self.matrix.mul_add_block(simd, index, &state, apart.as_deref_mut().unwrap_or(sums));
        }
    }
}

impl<M, const ROWS: usize, const INPUT: usize, const HIDDEN: usize> Recurrent<ROWS, INPUT, HIDDEN>
    for BackAndForth<M>
where
    M: Blocks<ROWS, HIDDEN>,
{
    #[inline(always)]
    fn add_products<S: Simd>(
        &self,
        simd: S,
        _input: &[f32; INPUT],
        state: &[f32; HIDDEN],
        sums: &mut [f32; ROWS],
    ) {
        let state = M::vector(simd, state);
        for index in self.order(M::BLOCKS) {
            self.matrix.mul_add_block(simd, index, &state, sums);
        }
    }

    #[inline(always)]
    fn add_products_each<S: Simd>(
        &self,
        simd: S,
        _inputs: &[[f32; INPUT]],
        states: &[[f32; HIDDEN]],
        sums: &mut [[f32; ROWS]],
    ) {
        self.matrix.mul_add_each(simd, states, sums);
    }

    /// Nothing: a matrix that is read so is too large for the first level of cache.
    #[inline(always)]
    fn prefetch<S: Simd>(&self, _simd: S, _part: usize) {}
}
