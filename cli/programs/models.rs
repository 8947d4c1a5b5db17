//! What a program does with its models, whatever their types.

use std::error::Error;
use std::thread;

use recurve::{SequenceToSequence, SequenceToVector, Streaming};

/// A step's input, from numbers: its features, or its id.
pub trait Input: Copy + Send + 'static {
    /// Numbers of an input.
    const NUMBERS: usize;

    /// Zeros where there are too few numbers.
    fn read(numbers: &[f32]) -> Self;
}

impl<const N: usize> Input for [f32; N] {
    const NUMBERS: usize = N;

    fn read(numbers: &[f32]) -> Self {
        std::array::from_fn(|at| numbers.get(at).copied().unwrap_or_default())
    }
}

impl Input for u32 {
    const NUMBERS: usize = 1;

    /// The id is the number's bits.
    fn read(numbers: &[f32]) -> Self {
        numbers.first().map_or(0, |number| number.to_bits())
    }
}

/// A step's output.
pub trait Output: Copy + Send + AsRef<[f32]> + 'static {
    const ZERO: Self;
}

impl<const N: usize> Output for [f32; N] {
    const ZERO: Self = [0.0; N];
}

/// Steps, executed ones, and rows that were read and were there, since the model was made.
pub type Counts<M> = fn(&M) -> [u64; 4];

/// What is done with each model.
pub trait Visit {
    fn streaming<M: Streaming>(&mut self, counts: Counts<M>)
    where
        M::Input: Input,
        M::Output: Output;

    fn to_vector<M: SequenceToVector>(&mut self, counts: Counts<M>)
    where
        M::Input: Input,
        M::Output: Output;

    fn to_sequence<M: SequenceToSequence>(&mut self, counts: Counts<M>)
    where
        M::Input: Input,
        M::Output: Output;
}

/// Does `work` in a thread whose stack has room for this many bytes.
pub fn with_stack<R: Send>(bytes: usize, work: impl FnOnce() -> R + Send) -> Result<R, Box<dyn Error>> {
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .stack_size(bytes)
            .spawn_scoped(scope, work)
            .map_err(|error| format!("there is no memory for a stack of {bytes} bytes: {error}"))?;
        thread.join().map_err(|_| "the model panicked".into())
    })
}
