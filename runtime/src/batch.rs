//! Several streams of one network in lock-step.

use crate::Streaming;

/// A network whose streams can take a step together, which reads the weights once for many of them.
///
/// Compiled models are, unless they read both ways, or decide what to compute: those with a policy that skips steps or
/// rows.
#[diagnostic::on_unimplemented(
    message = "streams of `{Self}` cannot take a step together",
    note = "a compiled model implements `Lockstep` unless it reads both ways, or skips steps or rows"
)]
pub trait Lockstep: Streaming {
    /// Bytes of the arrays on the stack that a step of many streams needs for each.
    const BYTES_PER_STREAM: usize;

    /// One step of each of `models`, which reads its own of `inputs`, to the same bit as
    /// [`step`](Streaming::step).
    fn step_each<const N: usize>(models: &mut [Self; N], inputs: &[Self::Input; N]);

    /// The output as it stands.
    fn output(&self) -> &Self::Output;
}

/// `N` streams of a network that take each step together.
///
/// A step of one stream reads every weight for one multiplication, so that its time is that of reading them; streams in
/// lock-step share what is read. Each stream is a model of its own, to the same bit as by itself, and can be reset,
/// cloned or replaced between steps.
///
/// A step needs `N * M::BYTES_PER_STREAM` bytes on the stack.
///
/// ```
/// # recurve::rnn_model!("../specs/digits/lstm.yaml");
/// use recurve::Batch;
///
/// let mut batch = Batch::<DigitsLstm, 4>::new();
/// let rows = [[0.0; 8], [0.5; 8], [1.0; 8], [0.0; 8]];
/// let [first, .., last] = batch.step(&rows);
/// assert_eq!(first, last);
///
/// batch.streams_mut()[2].reset();
/// ```
#[derive(Debug, Clone)]
pub struct Batch<M, const N: usize> {
    streams: [M; N],
}

impl<M: Lockstep, const N: usize> Batch<M, N> {
    /// All streams at rest.
    pub fn new() -> Self {
        Batch { streams: core::array::from_fn(|_| M::new()) }
    }

    /// Reads one input for each stream; gives the output of each after it.
    pub fn step(&mut self, inputs: &[M::Input; N]) -> [&M::Output; N] {
        M::step_each(&mut self.streams, inputs);
        self.outputs()
    }

    /// The output of each stream as it stands.
    pub fn outputs(&self) -> [&M::Output; N] {
        self.streams.each_ref().map(M::output)
    }

    /// All streams back to rest.
    pub fn reset(&mut self) {
        for stream in &mut self.streams {
            stream.reset();
        }
    }

    /// The streams.
    pub fn streams(&self) -> &[M; N] {
        &self.streams
    }

    /// The streams, to reset one or to put another in its place.
    pub fn streams_mut(&mut self) -> &mut [M; N] {
        &mut self.streams
    }
}

impl<M: Lockstep, const N: usize> Default for Batch<M, N> {
    fn default() -> Self {
        Batch::new()
    }
}

/// Streams that are under way already.
impl<M: Lockstep, const N: usize> From<[M; N]> for Batch<M, N> {
    fn from(streams: [M; N]) -> Self {
        Batch { streams }
    }
}
