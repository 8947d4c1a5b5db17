//! Cells whose matrices are read side by side, and back and forth: no trace is so large.

use core::hint::black_box;

use recurve::activation::Fast;
use recurve::cell::{self, BackAndForth, Lstm, LstmState, Turn, WithInput};
use recurve::matrix::{Dense, Int8, Matrix};
use recurve::simd::{self, Kernel, Simd};

const HIDDEN: usize = 50;
const ROWS: usize = 4 * HIDDEN;
const INPUT: usize = 700;
/// Of the cell in integers, whose matrices take a quarter of the bytes.
const WIDE: usize = 2700;
const STREAMS: usize = 27;

static TURN: Turn = Turn::new();
static BIAS: [f32; ROWS] = [0.1; ROWS];
static OF_INPUT: [f32; ROWS * INPUT] = [0.1; ROWS * INPUT];
static OF_STATE: [f32; ROWS * HIDDEN] = [0.1; ROWS * HIDDEN];
static QUADS_OF_INPUT: [[i8; 4]; ROWS * WIDE / 4] = [[1; 4]; ROWS * WIDE / 4];
static QUADS_OF_STATE: [[i8; 4]; ROWS * HIDDEN.div_ceil(4)] = [[1; 4]; ROWS * HIDDEN.div_ceil(4)];

/// A step of a cell, and the products of its input's matrix alone, with one input and with many.
struct Step<I, M, const COLUMNS: usize> {
    cell: Lstm<I, BackAndForth<M>, ROWS>,
    input: [f32; COLUMNS],
}

impl<I, M, const COLUMNS: usize> Kernel for Step<I, M, COLUMNS>
where
    I: Matrix<ROWS, COLUMNS>,
    BackAndForth<M>: WithInput<I, ROWS, COLUMNS, HIDDEN>,
{
    type Output = ();

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) {
        let mut state = black_box(LstmState { h: [0.5; HIDDEN], c: [0.5; HIDDEN] });
        cell::step(simd, Fast, &self.cell, &self.input, &mut state);
        let mut sums = black_box([0.5; ROWS]);
        self.cell.input.mul_add(simd, &self.input, &mut sums);
        let inputs = black_box([self.input; STREAMS]);
        let mut each = black_box([[0.5; ROWS]; STREAMS]);
        let inputs = inputs.get(..black_box(STREAMS)).unwrap_or_default();
        self.cell.input.mul_add_each(simd, inputs, &mut each);
        black_box((&state, &sums, &each));
    }
}

pub(crate) fn steps() {
    let input = Dense::<ROWS, INPUT>::new(&OF_INPUT);
    let recurrent = BackAndForth::new(Dense::<ROWS, HIDDEN>::new(&OF_STATE), &TURN);
    simd::dispatch(Step { cell: Lstm { input, recurrent, bias: &BIAS }, input: black_box([0.5; INPUT]) });
    let input = Int8::<ROWS, WIDE>::new(&QUADS_OF_INPUT, &BIAS);
    let recurrent = BackAndForth::new(Int8::<ROWS, HIDDEN>::new(&QUADS_OF_STATE, &BIAS), &TURN);
    simd::dispatch(Step { cell: Lstm { input, recurrent, bias: &BIAS }, input: black_box([0.5; WIDE]) });
}
