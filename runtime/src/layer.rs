//! Layers without a state, and the glue between layers.

use core::marker::PhantomData;

use crate::activation::{Activations, Nonlinearity};
use crate::lanes::{fill, load, map};
use crate::matrix::{Matrix, Rows};
use crate::simd::{Arithmetic, Function, LANES, Simd};

/// `y = F(W x + b)`
#[derive(Debug, Clone, Copy)]
pub struct Linear<F, M, const UNITS: usize> {
    /// `UNITS x INPUT`.
    pub weight: M,
    /// `UNITS`.
    pub bias: &'static [f32; UNITS],
    /// The activation `F`.
    pub activation: PhantomData<F>,
}

impl<F: Activation, M, const UNITS: usize> Linear<F, M, UNITS> {
    /// The layer's output for `x`, written to `y`.
    #[inline(always)]
    pub fn apply<S: Simd, A: Activations, const INPUT: usize>(
        &self,
        simd: S,
        activations: A,
        x: &[f32; INPUT],
        y: &mut [f32; UNITS],
    ) where
        M: Matrix<UNITS, INPUT>,
    {
        *y = *self.bias;
        self.weight.mul_add(simd, x, y);
        F::apply_all(simd, activations, y);
    }

    /// [`apply`](Linear::apply) for each of `xs`; gives what was written of `ys`.
    #[inline(always)]
    pub fn apply_each<'a, S: Simd, A: Activations, const INPUT: usize>(
        &self,
        simd: S,
        activations: A,
        xs: &[[f32; INPUT]],
        ys: &'a mut [[f32; UNITS]],
    ) -> &'a [[f32; UNITS]]
    where
        M: Matrix<UNITS, INPUT>,
    {
        for (x, y) in xs.iter().zip(ys.iter_mut()) {
            self.apply(simd, activations, x, y);
        }
        ys.get(..xs.len()).unwrap_or_default()
    }
}

/// What a linear layer applies to its sums.
pub trait Activation: Copy + 'static {
    /// Replaces `y` by the activation of it.
    fn apply_all<S: Simd, A: Activations, const N: usize>(simd: S, a: A, y: &mut [f32; N]);
}

impl<F: Nonlinearity> Activation for F {
    #[inline(always)]
    fn apply_all<S: Simd, A: Activations, const N: usize>(simd: S, _a: A, y: &mut [f32; N]) {
        map!(simd, N, Applied::<F, A>(PhantomData), [] => y);
    }
}

/// `exp(y) / sum(exp(y))`
#[derive(Debug, Clone, Copy)]
pub struct Softmax;

impl Activation for Softmax {
    #[inline(always)]
    fn apply_all<S: Simd, A: Activations, const N: usize>(simd: S, _a: A, y: &mut [f32; N]) {
        let largest = y.iter().fold(f32::NEG_INFINITY, |largest, y| if *y > largest { *y } else { largest });
        map!(simd, N, Exponential::<A> { largest, of: PhantomData }, [] => y);
        let (full, rest) = y.as_chunks::<LANES>();
        let mut sums = simd.splat(0.0);
        for lanes in full {
            sums = simd.add(sums, simd.load(lanes));
        }
        let mut lanes = [0.0; LANES];
        simd.store(sums, &mut lanes);
        let sum = simd.splat(lanes.iter().chain(rest).sum());
        fill!(simd, N, y, |start, length| simd.div(load(simd, y, start, length), sum));
    }
}

/// A table with a row of `DIM` numbers for each of `TOKENS` ids.
#[derive(Debug, Clone, Copy)]
pub struct Embedding<T, const TOKENS: usize, const DIM: usize>(pub T);

impl<T: Rows<TOKENS, DIM>, const TOKENS: usize, const DIM: usize> Embedding<T, TOKENS, DIM> {
    /// The row of `id`, which may be put into `room`; zeros for an id that the table does not have.
    #[inline(always)]
    pub fn row<'a, S: Simd>(&self, simd: S, id: u32, room: &'a mut [f32; DIM]) -> &'a [f32; DIM] {
        self.0.row(simd, id as usize, room)
    }

    /// The row of each of `ids`; gives what was written of `rows`.
    #[inline(always)]
    pub fn row_each<'a, S: Simd>(
        &self,
        simd: S,
        ids: &[u32],
        rows: &'a mut [[f32; DIM]],
    ) -> &'a [[f32; DIM]] {
        for (id, row) in ids.iter().zip(rows.iter_mut()) {
            let mut room = [0.0; DIM];
            *row = *self.row(simd, *id, &mut room);
        }
        rows.get(..ids.len()).unwrap_or_default()
    }
}

/// `x` with magnitudes too small to matter replaced by zero, so that a fading input stays fast.
#[inline(always)]
pub fn flush<S: Simd, const N: usize>(simd: S, x: &[f32; N]) -> [f32; N] {
    let mut y = [0.0; N];
    fill!(simd, N, &mut y, |start, length| simd.flush(load(simd, x, start, length)));
    y
}

/// [`flush`] of each of `xs`; gives what was written of `ys`.
#[inline(always)]
pub fn flush_each<'a, S: Simd, const N: usize>(
    simd: S,
    xs: &[[f32; N]],
    ys: &'a mut [[f32; N]],
) -> &'a [[f32; N]] {
    for (x, y) in xs.iter().zip(ys.iter_mut()) {
        *y = flush(simd, x);
    }
    ys.get(..xs.len()).unwrap_or_default()
}

/// `y += x`, for residual connections.
#[inline(always)]
pub fn add<S: Simd, const N: usize>(simd: S, x: &[f32; N], y: &mut [f32; N]) {
    fill!(simd, N, y, |start, length| {
        simd.add(load(simd, y, start, length), load(simd, x, start, length))
    });
}

/// [`add`] for each pair of `xs` and `ys`; gives what was changed of `ys`.
#[inline(always)]
pub fn add_each<'a, S: Simd, const N: usize>(
    simd: S,
    xs: &[[f32; N]],
    ys: &'a mut [[f32; N]],
) -> &'a [[f32; N]] {
    for (x, y) in xs.iter().zip(ys.iter_mut()) {
        add(simd, x, y);
    }
    ys.get(..xs.len()).unwrap_or_default()
}

/// `inputs` and `outputs` as far as both go.
#[inline(always)]
pub fn paired<'i, 'o, I, O>(inputs: &'i [I], outputs: &'o mut [O]) -> (&'i [I], &'o mut [O]) {
    let count = inputs.len().min(outputs.len());
    (inputs.get(..count).unwrap_or_default(), outputs.get_mut(..count).unwrap_or_default())
}

/// The hidden vectors of both directions, one behind the other.
#[inline(always)]
pub fn join<const HIDDEN: usize, const BOTH: usize>(
    forward: &[f32; HIDDEN],
    backward: &[f32; HIDDEN],
) -> [f32; BOTH] {
    let mut both = [0.0; BOTH];
    for (to, from) in both.iter_mut().zip(forward.iter().chain(backward)) {
        *to = *from;
    }
    both
}

/// A nonlinearity of a sum.
#[derive(Clone, Copy)]
struct Applied<F, A>(PhantomData<(F, A)>);

impl<F: Nonlinearity, A: Activations> Function<0> for Applied<F, A> {
    #[inline(always)]
    fn call<S: Arithmetic>(self, simd: S, _: [S::F32; 0], sum: S::F32) -> S::F32 {
        F::apply::<S, A>(simd, sum)
    }
}

/// `exp(x - largest)`
#[derive(Clone, Copy)]
struct Exponential<A> {
    largest: f32,
    of: PhantomData<A>,
}

impl<A: Activations> Function<0> for Exponential<A> {
    #[inline(always)]
    fn call<S: Arithmetic>(self, simd: S, _: [S::F32; 0], x: S::F32) -> S::F32 {
        A::exp(simd, simd.sub(x, simd.splat(self.largest)))
    }
}
