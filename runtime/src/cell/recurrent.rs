//! What multiplies the state: a matrix of its own, or one for input and state together.

use crate::lanes::copy;
use crate::matrix::Matrix;
use crate::simd::Simd;

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
        const { assert!(JOINT == INPUT + HIDDEN) }
        let mut both = [0.0; JOINT];
        if let Some((front, back)) = both.split_first_chunk_mut()
            && let Some(back) = back.first_chunk_mut()
        {
            copy(simd, input, front);
            copy(simd, state, back);
        }
        self.0.mul_add(simd, &both, sums);
    }
}
