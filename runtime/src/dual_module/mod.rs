//! Dual-module inference: a little module decides which rows of the big one are worth reading.
//!
//! Each step the little module, a cell of the same kind behind a random projection to few numbers, approximates
//! every sum of the step. Where the activation of a sum is flat, at a gate that is shut or a candidate that is
//! saturated, the approximation is good enough, and the row of the big matrices is not read. The others are
//! *sensitive*: their sums come from the big module, whose rows lie one behind the other for that. "Dual-module
//! inference" (Zhang et al. 2019; ICML 2020, PMLR 119:6205), with the switching map of DUET (MICRO 2020).
//!
//! | sum | sensitive where |
//! |---|---|
//! | sigmoid gates | it is above the threshold `sigmoid` |
//! | tanh candidate | its magnitude is below the threshold `tanh` |
//! | `relu`, `softmax` of a linear layer | it is above the threshold |
//!
//! Thresholds are compared with sums, before the activation. A sum that is NaN is sensitive, whatever the threshold.

mod control;
mod float_rows;
mod gru;
mod integer_rows;
mod linear;
mod lstm;
mod rows;
mod sensitivity;
#[cfg(feature = "std")]
mod threaded;

pub use control::{Control, DualModule, Layer, Rows};
pub use float_rows::FloatRows;
pub use integer_rows::{IntegerRows, Rounded};
pub use linear::{Flat, LinearDual};
pub use rows::{AT_ONCE, Big};
pub use sensitivity::{Sensitivity, Thresholds};
#[cfg(feature = "std")]
pub use threaded::ThreadedRows;

use crate::activation::Activations;
use crate::cell::Cell;
use crate::matrix::Zero;
use crate::simd::Simd;
use sensitivity::Choice;

/// A cell whose sums can be replaced one by one before the state moves on.
pub trait Gated<const INPUT: usize, const HIDDEN: usize, const SUMS: usize>:
    Cell<INPUT, HIDDEN, SUMS>
{
    /// All sums of a step. What a gate multiplies of the candidate's sums goes to `apart`, where there is such
    /// a gate.
    fn all_sums<S: Simd>(
        &self,
        simd: S,
        input: &[f32; INPUT],
        state: &Self::State,
        sums: &mut [f32; SUMS],
        apart: &mut [f32; HIDDEN],
    );

    /// How far each sum is on the sensitive side of its threshold: infinitely where it is NaN.
    fn scores<S: Simd, A: Activations>(
        simd: S,
        activations: A,
        thresholds: Thresholds,
        cross_gate: bool,
        sums: &[f32; SUMS],
        apart: &[f32; HIDDEN],
        scores: &mut [f32; SUMS],
    );

    /// Replaces the sum of `row` by the products of its input and its state.
    fn put(
        big: &Biases<SUMS>,
        row: usize,
        products: [f32; 2],
        sums: &mut [f32; SUMS],
        apart: &mut [f32; HIDDEN],
    );

    /// Moves the state on.
    fn finish<S: Simd, A: Activations>(
        simd: S,
        activations: A,
        sums: &[f32; SUMS],
        apart: &[f32; HIDDEN],
        state: &mut Self::State,
    );
}

/// The biases of the big module.
#[derive(Debug, Clone, Copy)]
pub struct Biases<const SUMS: usize> {
    /// As the cell's own.
    pub bias: &'static [f32; SUMS],
    /// What the reset gate of a GRU multiplies; nothing for others.
    pub candidate_bias: &'static [f32],
}

/// A cell that is the little module, and the rows of the big one.
#[derive(Debug, Clone, Copy)]
pub struct Dual<C, B, const SUMS: usize> {
    /// The little module.
    pub little: C,
    /// Rows of the big module's matrices.
    pub big: B,
    /// Its biases.
    pub biases: Biases<SUMS>,
    /// Whether a shut gate also makes the candidate's row behind it insensitive.
    pub cross_gate: bool,
}

/// A cell's state, and what the caller steers its dual module with.
#[derive(Debug, Clone)]
pub struct DualState<T> {
    /// The state of the cell.
    pub state: T,
    /// The thresholds, and the rows read so far.
    pub sensitivity: Sensitivity,
}

impl<T: AsRef<[f32; HIDDEN]>, const HIDDEN: usize> AsRef<[f32; HIDDEN]> for DualState<T> {
    #[inline(always)]
    fn as_ref(&self) -> &[f32; HIDDEN] {
        self.state.as_ref()
    }
}

impl<C, B, const INPUT: usize, const HIDDEN: usize, const SUMS: usize> Cell<INPUT, HIDDEN, SUMS>
    for Dual<C, B, SUMS>
where
    C: Gated<INPUT, HIDDEN, SUMS>,
    B: Big<INPUT, HIDDEN>,
{
    type Input = Zero;
    type State = DualState<C::State>;

    #[inline(always)]
    fn input(&self) -> &Zero {
        &Zero
    }

    #[inline(always)]
    fn bias(&self) -> &[f32; SUMS] {
        self.little.bias()
    }

    /// Nothing: which sums need the input is known together with the state.
    #[inline(always)]
    fn input_sums<S: Simd>(&self, _: S, _: &[f32; INPUT], _: &mut [f32; SUMS]) {}

    #[inline(always)]
    fn input_sums_each<S: Simd>(&self, _: S, _: &[[f32; INPUT]], _: &mut [[f32; SUMS]]) {}

    #[inline(always)]
    fn advance<S: Simd, A: Activations>(
        &self,
        simd: S,
        activations: A,
        input: &[f32; INPUT],
        sums: &mut [f32; SUMS],
        state: &mut Self::State,
    ) {
        let DualState { state, sensitivity } = state;
        let mut apart = [0.0; HIDDEN];
        self.little.all_sums(simd, input, state, sums, &mut apart);
        let mut scores = [0.0; SUMS];
        let thresholds = sensitivity.thresholds(SUMS);
        C::scores(simd, activations, thresholds, self.cross_gate, sums, &apart, &mut scores);
        let mut choice = Choice::<SUMS>::new();
        sensitivity.choose(simd, &scores, &mut choice);
        let vector = B::vector(simd, input, state.as_ref());
        let mut products = [[0.0; 2]; SUMS];
        let rows = choice.rows();
        self.big.all_products(simd, &vector, rows, &mut products);
        for (row, products) in rows.iter().zip(products) {
            C::put(&self.biases, *row as usize, products, sums, &mut apart);
        }
        C::finish(simd, activations, sums, &apart, state);
    }
}

/// Scores; those that are NaN are infinite.
#[inline(always)]
fn infinite_if_nan<S: Simd>(simd: S, scores: S::F32) -> S::F32 {
    simd.min(scores, simd.splat(f32::INFINITY))
}

/// The lanes without their signs; NaN stays NaN.
#[inline(always)]
fn magnitude<S: Simd>(simd: S, value: S::F32) -> S::F32 {
    simd.max(simd.sub(simd.splat(0.0), value), value)
}
