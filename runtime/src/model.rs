//! What every compiled model offers, for code that is generic over models.

/// A compiled network: its sizes, and how to get one at rest.
///
/// The weights are shared and constant; a value holds the state alone, so that cloning forks a stream.
pub trait Model: Clone + Send + Sized + 'static {
    /// What a step reads: `[f32; INPUT_SIZE]`, or a `u32` id.
    type Input: Clone + Send + 'static;
    /// What the network gives: `[f32; OUTPUT_SIZE]`.
    type Output: Clone + Send + 'static;

    /// Features of an input, or the number of ids.
    const INPUT_SIZE: usize;
    /// Numbers in an output.
    const OUTPUT_SIZE: usize;
    /// Trained numbers.
    const PARAMETERS: usize;
    /// Bytes of constant weights.
    const WEIGHT_BYTES: usize;
    /// Bytes of a value of this type.
    const STATE_BYTES: usize;
    /// Bytes of the largest working memory on the stack, in a step (of a bidirectional model: in a run).
    const SCRATCH_BYTES: usize;
    /// Multiply-accumulates in the matrices for one step.
    const MACS_PER_STEP: usize;

    /// The network at rest.
    fn new() -> Self;
}

/// A network that takes its input step by step.
pub trait Streaming: Model {
    /// Reads one input; gives the output after it.
    fn step(&mut self, input: &Self::Input) -> &Self::Output;

    /// Reads all of `inputs` in order; gives the output after the last, to the same bit as that many
    /// [`step`](Streaming::step)s. Of no inputs, gives the output as it stands.
    fn run(&mut self, inputs: &[Self::Input]) -> &Self::Output;

    /// Reads `inputs` in order and writes the output after each, as far as both slices go.
    fn run_into(&mut self, inputs: &[Self::Input], outputs: &mut [Self::Output]);

    /// Back to rest.
    fn reset(&mut self);
}

/// A bidirectional network that gives one vector for a sequence.
pub trait SequenceToVector: Model {
    /// Reads a whole sequence, from rest; gives the output for the final states of both directions.
    ///
    /// # Errors
    /// Where the sequence is longer than the model keeps in memory (`max_steps` of the spec, if it has one).
    fn run(&mut self, inputs: &[Self::Input]) -> Result<&Self::Output, SequenceTooLong>;
}

/// A bidirectional network that gives a vector for every step of a sequence.
pub trait SequenceToSequence: Model {
    /// Reads a whole sequence, from rest; writes one output a step.
    ///
    /// # Errors
    /// Where the sequence is longer than `outputs`, or than the model keeps in memory (`max_steps` of the
    /// spec, if it has one). Nothing is written then.
    fn run_into(
        &mut self,
        inputs: &[Self::Input],
        outputs: &mut [Self::Output],
    ) -> Result<(), SequenceTooLong>;
}

/// A sequence had more steps than there was room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SequenceTooLong {
    /// Steps of the sequence.
    pub steps: usize,
    /// Steps there was room for.
    pub room: usize,
}

impl SequenceTooLong {
    /// An error unless `steps` fit in `room`.
    #[inline]
    pub const fn check(steps: usize, room: usize) -> Result<(), SequenceTooLong> {
        if steps > room { Err(SequenceTooLong { steps, room }) } else { Ok(()) }
    }
}

impl core::fmt::Display for SequenceTooLong {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "a sequence of {} steps, with room for {}", self.steps, self.room)
    }
}

impl core::error::Error for SequenceTooLong {}
