//! Matrices that are read from either end give what they give from the front, to the last bit.

mod common;

use common::{numbers, on_each_level};
use recurve::activation::Fast;
use recurve::cell::{self, BackAndForth, Cell, GruAfter, Hidden, Lstm, LstmState, Turn};
use recurve::matrix::{Blocks, Dense, Four, Int8, Packed, Two, Width};
use recurve::simd::{F16, Kernel, LANES, Simd};

fn leak<T>(numbers: Vec<T>) -> &'static [T] {
    numbers.leak()
}

/// Numbers from -127 to 127.
fn bytes(count: usize, seed: u64) -> impl Iterator<Item = i8> {
    numbers(count, seed).into_iter().map(|number| (number * 127.0) as i8)
}

fn floats<const ROWS: usize, const COLUMNS: usize>(seed: u64) -> Dense<ROWS, COLUMNS> {
    Dense::new(leak(numbers(ROWS * COLUMNS, seed)))
}

fn halves<const ROWS: usize, const COLUMNS: usize>(seed: u64) -> Dense<ROWS, COLUMNS, F16> {
    // From 1 to 2, either sign.
    let half = |byte: i8| F16(0x3c00 | u16::from(byte.unsigned_abs()) | (u16::from(byte < 0) << 15));
    Dense::new(leak(bytes(ROWS * COLUMNS, seed).map(half).collect()))
}

fn int8s<const ROWS: usize, const COLUMNS: usize>(seed: u64) -> Int8<ROWS, COLUMNS> {
    let integers: Vec<i8> = bytes(ROWS * COLUMNS.div_ceil(4) * 4, seed).collect();
    let scales: [f32; ROWS] = numbers(ROWS, seed + 1).try_into().expect("one for each row");
    Int8::new(leak(integers.as_chunks().0.to_vec()), Box::leak(Box::new(scales)))
}

fn packed<W: Width, const ROWS: usize, const COLUMNS: usize>(seed: u64) -> Packed<W, ROWS, COLUMNS> {
    let groups = ROWS.div_ceil(LANES) * COLUMNS.div_ceil(32);
    let packed: Vec<u8> =
        bytes(groups * size_of::<W::Group>(), seed).map(|byte| byte.cast_unsigned()).collect();
    Packed::new(leak(packed.as_chunks().0.to_vec()), leak(vec![[F16(0x2c00); LANES]; groups]))
}

/// The product in one piece, and in blocks from the last on and the one behind it, which is not there.
struct Both<'a, M, const ROWS: usize, const COLUMNS: usize>(M, &'a [f32; COLUMNS]);

impl<M: Blocks<ROWS, COLUMNS>, const ROWS: usize, const COLUMNS: usize> Kernel
    for Both<'_, M, ROWS, COLUMNS>
{
    type Output = [[f32; ROWS]; 2];

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) -> Self::Output {
        let mut products = [[0.25; ROWS]; 2];
        self.0.mul_add(simd, self.1, &mut products[0]);
        let x = M::vector(simd, self.1);
        for index in (0..=M::BLOCKS).rev() {
            self.0.mul_add_block(simd, index, &x, &mut products[1]);
        }
        products
    }
}

fn agree<M: Blocks<ROWS, COLUMNS>, const ROWS: usize, const COLUMNS: usize>(matrix: M) {
    let x: [f32; COLUMNS] = numbers(COLUMNS, 3).try_into().expect("as many as asked for");
    for (level, [whole, blocks]) in on_each_level(|| Both(matrix, &x)) {
        assert!(whole.iter().any(|number| *number != 0.25), "{level:?}: there are products");
        assert_eq!(whole, blocks, "{level:?} {ROWS}x{COLUMNS}");
    }
}

#[test]
fn blocks_make_up_the_product() {
    agree(floats::<5, 3>(1));
    agree(floats::<192, 5>(2));
    // So large that blocks are read side by side, and one or two are left.
    agree(floats::<269, 600>(8));
    agree(floats::<335, 601>(9));
    agree(halves::<269, 1001>(10));
    agree(halves::<129, 5>(3));
    agree(int8s::<5, 3>(4));
    agree(int8s::<129, 9>(5));
    agree(int8s::<269, 2001>(11));
    agree(packed::<Four, 37, 33>(6));
    agree(packed::<Two, 32, 5>(7));
}

/// The hidden vector after each of five steps: step by step, then in a run.
struct Steps<C, F>(C, F);

const STEPS: usize = 5;
const INPUT: usize = 7;
const HIDDEN: usize = 37;

impl<C, F, const SUMS: usize> Kernel for Steps<(C, [(); SUMS]), F>
where
    C: Cell<INPUT, HIDDEN, SUMS>,
    F: Fn() -> C::State,
{
    type Output = [[[f32; HIDDEN]; STEPS]; 2];

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) -> Self::Output {
        let Steps((cell, _), rest) = self;
        let inputs = numbers(STEPS * INPUT, 11);
        let inputs = inputs.as_chunks::<INPUT>().0;
        let mut outputs = [[[0.0; HIDDEN]; STEPS]; 2];
        let mut state = rest();
        for (input, output) in inputs.iter().zip(&mut outputs[0]) {
            cell::step(simd, Fast, &cell, input, &mut state);
            *output = *state.as_ref();
        }
        let mut sums = [0.0; 2 * 4 * HIDDEN];
        cell::run(simd, Fast, &cell, &mut sums, inputs, &mut rest(), &mut outputs[1]);
        outputs
    }
}

fn same_steps<A, B, const SUMS: usize>(plain: A, back_and_forth: B, rest: impl Fn() -> A::State)
where
    A: Cell<INPUT, HIDDEN, SUMS>,
    B: Cell<INPUT, HIDDEN, SUMS, State = A::State>,
{
    let expected = on_each_level(|| Steps((plain, [(); SUMS]), &rest));
    // An odd number of steps, so that the second time starts from the other end.
    for _ in 0..2 {
        assert_eq!(on_each_level(|| Steps((back_and_forth, [(); SUMS]), &rest)), expected);
    }
    for (level, [steps, run]) in expected {
        assert_eq!(steps, run, "{level:?}");
    }
}

#[test]
fn cells_step_alike() {
    const LSTM: usize = 4 * HIDDEN;
    const GRU: usize = 3 * HIDDEN;
    fn turn() -> &'static Turn {
        Box::leak(Box::new(Turn::new()))
    }
    fn bias<const SUMS: usize>() -> &'static [f32; SUMS] {
        Box::leak(Box::new(numbers(SUMS, 13).try_into().expect("one for each sum")))
    }
    let lstm_rest = || LstmState { h: [0.5; HIDDEN], c: [0.25; HIDDEN] };
    let (input, recurrent, bias_of) = (floats(21), floats::<LSTM, HIDDEN>(22), bias());
    same_steps::<_, _, LSTM>(
        Lstm::<Dense<LSTM, INPUT>, _, LSTM> { input, recurrent, bias: bias_of },
        Lstm { input, recurrent: BackAndForth::new(recurrent, turn()), bias: bias_of },
        lstm_rest,
    );
    let (input, recurrent, bias, candidate_bias) = (floats(25), floats::<GRU, HIDDEN>(26), bias(), bias());
    same_steps::<_, _, GRU>(
        GruAfter::<Dense<GRU, INPUT>, _, HIDDEN, GRU> { input, recurrent, bias, candidate_bias },
        GruAfter { input, recurrent: BackAndForth::new(recurrent, turn()), bias, candidate_bias },
        || Hidden { h: [0.5; HIDDEN] },
    );
}
