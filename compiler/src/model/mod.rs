//! What is meant: every shape resolved, every tensor bound, gates in canonical order.
//!
//! A model knows nothing of files, conventions or kernels. All matrices are `rows x columns`,
//! row-major, and multiply column vectors: a product with `[rows, columns]` turns `columns` numbers
//! into `rows`.

mod access;
mod dense;
mod dual_module;
mod embedding;
mod fastgrnn;
mod fastrnn;
pub mod fixed;
mod gru;
mod kronecker;
mod linear;
mod low_rank;
mod lstm;
mod matrix;
mod max_steps;
mod rank_one;
mod resolve;
mod rnn;
mod skip;
mod sparse;
mod stack;
#[cfg(test)]
mod tests;
mod tied;

pub use dense::{Dense, INT4_GROUP, Storage};
pub use dual_module::{DualModule, Thresholds, projection_dim};
pub use kronecker::Kronecker;
pub use low_rank::LowRank;
pub use matrix::Matrix;
pub use rank_one::RankOne;
pub use resolve::resolve;
pub use skip::{Affine, Ends, Node, Predictor, Score, Skip, SkipRnn, Window};
pub use sparse::{BLOCK_ROWS, Panel, Sparse};

use crate::spec::{Activation, Activations, Nonlinearity, Output, Reset};

/// A network with all its numbers.
#[derive(Debug, Clone)]
pub struct Model {
    /// Name of the generated type.
    pub name: String,
    /// What a step reads.
    pub input: Input,
    /// Longest sequence a bidirectional model may be given, where it has to keep one in memory.
    pub max_steps: Option<usize>,
    /// In the order of execution; stacks (`num_layers`) are unrolled.
    pub layers: Vec<Layer>,
    /// Which steps give an output.
    pub output: Output,
    /// How the nonlinearities are computed.
    pub activations: Activations,
    /// Which steps are executed; all, where it is not there.
    pub skip: Option<Skip>,
    /// Threads that share large matrices.
    pub threads: usize,
}

/// What a step reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A vector of this many numbers.
    Features(usize),
    /// An id below this number.
    Tokens(usize),
}

/// A layer, or one level of a stack.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "a model has a handful of layers")]
pub enum Layer {
    /// A row per id.
    Embedding(Embedding),
    /// Cells that remember.
    Recurrent(Recurrent),
    /// A matrix, a bias and an activation.
    Linear(Linear),
}

/// A table of `tokens x dim`, one row an id.
#[derive(Debug, Clone)]
pub struct Embedding {
    /// The layer's name in the spec.
    pub name: String,
    /// `[tokens, dim]`.
    pub table: Dense,
}

/// One level of a recurrent layer, in one direction or both.
#[derive(Debug, Clone)]
pub struct Recurrent {
    /// The layer's name in the spec.
    pub name: String,
    /// Level in the layer's stack, from 0.
    pub level: usize,
    /// Reads from the first step to the last.
    pub forward: Cell,
    /// Reads from the last step to the first. Its numbers stand behind the forward cell's.
    pub backward: Option<Cell>,
    /// The level's input is added to its output. The state is not affected.
    pub residual: bool,
    /// The little module of each direction; none where all rows are read.
    pub dual: Vec<DualModule<Cell>>,
}

/// One direction of a level.
#[derive(Debug, Clone)]
pub enum Cell {
    /// Long short-term memory.
    Lstm(Lstm),
    /// Gated recurrent unit.
    Gru(Gru),
    /// Elman's network.
    Rnn(Rnn),
    /// FastRNN.
    FastRnn(FastRnn),
    /// FastGRNN.
    FastGrnn(FastGrnn),
}

/// Gates `i f g o`, stacked. Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000. The hidden
/// vector is what the units give, or a projection of that: Sak et al. 2014.
#[derive(Debug, Clone)]
pub struct Lstm {
    /// `[4 * units, input]`.
    pub input: Matrix,
    /// `[4 * units, hidden]`, or `[4 * units, input + hidden]` where `input` is [`Matrix::Zero`].
    pub recurrent: Matrix,
    /// `[hidden, units]`; none where `hidden` are the units.
    pub projection: Option<Matrix>,
    /// `[4 * units]`; both of PyTorch's biases and the forget bias summed.
    pub bias: Vec<f32>,
    /// State at rest, `[hidden]`.
    pub h0: Vec<f32>,
    /// Cell state at rest, `[units]`.
    pub c0: Vec<f32>,
}

/// Gates `r z n`, stacked. Cho et al. 2014.
#[derive(Debug, Clone)]
pub struct Gru {
    /// Where the reset gate applies.
    pub reset: Reset,
    /// `[3 * hidden, input]`.
    pub input: Matrix,
    /// `[3 * hidden, hidden]`, or `[3 * hidden, input + hidden]` where `input` is [`Matrix::Zero`].
    pub recurrent: Matrix,
    /// `[3 * hidden]`: of `r` and `z` all biases summed. Of `n` all biases summed with `Reset::Before`,
    /// the input's bias alone with `Reset::After`.
    pub bias: Vec<f32>,
    /// `[hidden]`: the bias that `r` multiplies together with the recurrent product; zeros with
    /// `Reset::Before`.
    pub candidate_bias: Vec<f32>,
    /// State at rest, `[hidden]`.
    pub h0: Vec<f32>,
}

/// `h' = f(W x + U h + b)`. Elman 1990.
#[derive(Debug, Clone)]
pub struct Rnn {
    /// `f`.
    pub nonlinearity: Nonlinearity,
    /// `W`, `[hidden, input]`.
    pub input: Matrix,
    /// `U`, `[hidden, hidden]`, or `[hidden, input + hidden]` where `input` is [`Matrix::Zero`].
    pub recurrent: Matrix,
    /// `b`, `[hidden]`.
    pub bias: Vec<f32>,
    /// State at rest, `[hidden]`.
    pub h0: Vec<f32>,
}

/// `h' = alpha * f(W x + U h + b) + beta * h`. Kusupati et al. 2018.
#[derive(Debug, Clone)]
pub struct FastRnn {
    /// `f`.
    pub nonlinearity: Nonlinearity,
    /// `W`, `[hidden, input]`.
    pub input: Matrix,
    /// `U`, `[hidden, hidden]`.
    pub recurrent: Matrix,
    /// `b`, `[hidden]`.
    pub bias: Vec<f32>,
    /// After the sigmoid, in 0..1.
    pub alpha: f32,
    /// After the sigmoid, in 0..1.
    pub beta: f32,
    /// State at rest, `[hidden]`.
    pub h0: Vec<f32>,
}

/// `p = W x + U h`, `z = f(p + bias_gate)`, `h' = (zeta * (1 - z) + nu) * g(p + bias_update) + z * h`.
/// Kusupati et al. 2018.
#[derive(Debug, Clone)]
pub struct FastGrnn {
    /// `f`.
    pub gate_nonlinearity: Nonlinearity,
    /// `g`.
    pub update_nonlinearity: Nonlinearity,
    /// `W`, `[hidden, input]`.
    pub input: Matrix,
    /// `U`, `[hidden, hidden]`.
    pub recurrent: Matrix,
    /// `[hidden]`.
    pub bias_gate: Vec<f32>,
    /// `[hidden]`.
    pub bias_update: Vec<f32>,
    /// After the sigmoid, in 0..1.
    pub zeta: f32,
    /// After the sigmoid, in 0..1.
    pub nu: f32,
    /// State at rest, `[hidden]`.
    pub h0: Vec<f32>,
}

/// `y = f(W x + b)`.
#[derive(Debug, Clone)]
pub struct Linear {
    /// The layer's name in the spec.
    pub name: String,
    /// `[units, input]`.
    pub weight: Matrix,
    /// `[units]`.
    pub bias: Vec<f32>,
    /// `f`.
    pub activation: Activation,
    /// Whether the weight is the table of the embedding that the model begins with, which is stored once.
    pub is_tied: bool,
    /// The little module; none where all rows are read.
    pub dual: Option<Box<DualModule<Linear>>>,
}
