//! Policies that leave out whole time steps: what decides whether a step is executed.
//!
//! A policy sees numbers, the input or the state, and never the network that it drives. A step that it skips
//! leaves the state and the last output as they are.
//!
//! A score, an importance or a sum that is NaN executes the step: one bad sample does not stop a network. A budget
//! still holds in every window. A policy keeps no NaN itself: it decides anew from the input and the state. A
//! network whose state is NaN stays so until `reset`, with a policy as without.
//!
//! | policy | decides from | before it sees the input | published as |
//! |---|---|---|---|
//! | [`Window`] | the state at the start of a window | yes | SkipW, Mayet et al. 2021 |
//! | [`SkipRnn`] | the state after the last executed step | yes | Skip RNN, Campos et al. 2018; ThrRNN, Lambert et al. 2020 |
//! | [`Logistic`], [`Mlp`], [`Forest`] | input and state | no | skip predictor, Tao et al. 2019 |
//! | [`StopTokens`] | the id | no | a baseline of the skip predictor |
//! | [`Ends`] | the place in the sequence | yes | `Concat(n)`, a baseline of the skip predictor |

mod affine;
mod concat;
mod foresight;
mod predictor;
mod skip_rnn;
mod stop_tokens;
mod window;

pub use affine::Affine;
pub use concat::Ends;
pub use predictor::{Forest, Logistic, Mlp, Predictor, PredictorState};
pub use skip_rnn::{SkipRnn, SkipRnnState};
pub use stop_tokens::StopTokens;
pub use window::{Clock, Window, WindowState};

use crate::dual_module::Rows;
use crate::model::{Model, Streaming};

/// What a model did since it was made; a reset does not clear it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Steps that went by.
    pub steps: u64,
    /// Steps that were executed.
    pub updates: u64,
    /// Multiply-accumulates in matrices, those of the decisions included.
    pub macs: u64,
    /// Rows of matrices that dual modules read; none without such modules.
    pub rows: Rows,
}

impl Stats {
    /// The same with the rows that dual modules read.
    #[must_use]
    pub const fn with_rows(self, rows: Rows) -> Stats {
        Stats { macs: self.macs.wrapping_sub(rows.macs_saved), rows, ..self }
    }
}

/// Steps, executed steps, and evaluations of what decides.
// Its alignment is the same on every target, so that the size of a model is.
#[repr(align(8))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Steps that went by.
    pub steps: u64,
    /// Steps that were executed.
    pub updates: u64,
    /// Decisions: of a window one, even where [`pass`](Foreseeing::pass) saw that it would execute nothing.
    pub decisions: u64,
}

impl Count {
    /// Nothing yet.
    pub const ZERO: Count = Count { steps: 0, updates: 0, decisions: 0 };

    #[inline(always)]
    fn step(&mut self, update: bool) {
        self.steps = self.steps.wrapping_add(1);
        self.updates = self.updates.wrapping_add(u64::from(update));
    }

    /// Counts `steps` skipped steps.
    #[inline(always)]
    fn pass(&mut self, steps: u32) {
        self.steps = self.steps.wrapping_add(u64::from(steps));
    }

    /// Counts `times` decisions.
    #[inline(always)]
    fn decide(&mut self, times: u32) {
        self.decisions = self.decisions.wrapping_add(u64::from(times));
    }

    /// As [`Stats`], given the multiply-accumulates of an executed step and of a decision.
    #[inline]
    pub const fn stats(&self, macs_per_step: u64, macs_per_decision: u64) -> Stats {
        let (updates, decisions) =
            (self.updates.wrapping_mul(macs_per_step), self.decisions.wrapping_mul(macs_per_decision));
        let macs = updates.wrapping_add(decisions);
        Stats { steps: self.steps, updates: self.updates, macs, rows: Rows::NONE }
    }
}

/// A network some of whose steps are skipped.
pub trait Skipping: Model {
    /// What the model did since it was made.
    fn stats(&self) -> Stats;
}

/// A network that executes at most so many steps of each window.
pub trait Budgeted: Skipping {
    /// Steps of a window.
    const WINDOW: usize;

    /// Steps that may be executed in a window.
    fn budget(&self) -> usize;

    /// Changes the budget from the next step on, also in the middle of a window; more than
    /// [`WINDOW`](Budgeted::WINDOW) is as much as `WINDOW`.
    ///
    /// No window executes more than the largest budget in force during it, and none more than a smaller one
    /// once that is in force, but for what it had executed by then.
    fn set_budget(&mut self, budget: usize);
}

/// A network whose steps are executed where a score reaches a threshold.
pub trait Thresholded: Skipping {
    /// The threshold, in 0..=1.
    fn threshold(&self) -> f32;

    /// Changes the threshold from the next step on. What lies outside 0..=1 becomes the nearer of the two;
    /// what is not a number changes nothing.
    fn set_threshold(&mut self, threshold: f32);
}

/// A network that knows which of the coming inputs it will not read.
pub trait Foreseeing: Skipping + Streaming {
    /// Number of coming inputs that are skipped before one is read: 0 where the next input is read, and
    /// `u32::MAX` where none is read ever again (or none of the next `u32::MAX - 1`). The answer holds for the
    /// budget and the threshold in force; changing one of them changes it.
    ///
    /// A window looks past its end for this, which takes a few decisions more. They are not part of
    /// [`stats`](Skipping::stats).
    fn next_update_in(&mut self) -> u32;

    /// Lets steps go by whose inputs nobody captured, up to `steps` of them, and returns how many. It stops before
    /// the first one that is to be executed, so it returns the smaller of `steps` and
    /// [`next_update_in`](Foreseeing::next_update_in). The time it takes does not grow with `steps`; the model
    /// and its [`stats`](Skipping::stats) are afterwards what single steps would have made of them.
    fn pass(&mut self, steps: u32) -> u32;
}

/// Whether a score executes a step. NaN does.
#[inline(always)]
const fn reaches(score: f32, threshold: f32) -> bool {
    score >= threshold || score.is_nan()
}

/// `threshold` within 0..=1, or `before` where it is not a number.
#[inline]
const fn clamped(threshold: f32, before: f32) -> f32 {
    if threshold.is_nan() { before } else { threshold.clamp(0.0, 1.0) }
}
