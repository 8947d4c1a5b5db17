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

    /// One step of each of up to `N` of `models`, which reads its own of `inputs`, to the same bit as
    /// [`step`](Streaming::step).
    fn step_each<const N: usize>(models: &mut [Self], inputs: &[Self::Input]);

    /// The output as it stands.
    fn output(&self) -> &Self::Output;
}

/// `N` streams of a network that take each step together.
///
/// A step of one stream reads every weight for one multiplication, so that its time is that of reading them; streams in
/// lock-step share what is read. Each stream is a model of its own, to the same bit as by itself, and can be reset,
/// cloned or replaced between steps.
///
/// A step needs `N * M::BYTES_PER_STREAM` bytes on the stack, of an LSTM with a projection as if there were six streams at
/// least.
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
        M::step_each::<N>(&mut self.streams, inputs);
        self.outputs()
    }

    /// [`step`](Batch::step) of the streams that have an input; the others stand still, and nothing is computed for them.
    /// Needs the bytes of `inputs` on the stack besides.
    ///
    /// ```
    /// # recurve::rnn_model!("../specs/digits/lstm.yaml");
    /// # use recurve::Batch;
    /// let mut batch = Batch::<DigitsLstm, 3>::new();
    /// let at_rest = *batch.outputs()[1];
    /// let outputs = batch.step_some(&[Some([0.5; 8]), None, Some([1.0; 8])]);
    /// assert!(*outputs[0] != at_rest && *outputs[1] == at_rest);
    /// ```
    pub fn step_some(&mut self, inputs: &[Option<M::Input>; N]) -> [&M::Output; N] {
        let mut present = inputs.iter().flatten();
        let Some(first) = present.clone().next() else {
            return self.outputs();
        };
        // What stands behind the last of them is not read.
        let together: [M::Input; N] = core::array::from_fn(|_| present.next().unwrap_or(first).clone());
        // Their streams change places with those in front of them, and back again.
        let mut count = 0;
        for (place, input) in inputs.iter().enumerate() {
            if input.is_some() {
                self.swap(count, place);
                count += 1;
            }
        }
        if let (Some(streams), Some(inputs)) = (self.streams.get_mut(..count), together.get(..count)) {
            M::step_each::<N>(streams, inputs);
        }
        for (place, input) in inputs.iter().enumerate().rev() {
            if input.is_some() {
                count -= 1;
                self.swap(count, place);
            }
        }
        self.outputs()
    }

    fn swap(&mut self, first: usize, second: usize) {
        if let Ok([first, second]) = self.streams.get_disjoint_mut([first, second]) {
            core::mem::swap(first, second);
        }
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
