//! Predicts the time that a step of a compiled model takes, without compiling or running it.
//!
//! In the manner of static cross-architecture prediction (Ardalani, Thakker et al. 2019), what decides is what can be read
//! from the program alone: here the [`Work`] of a step, which is how many vectors of each kind of matrix it multiplies,
//! how many bytes it reads, and how many units pass an activation. A [`Machine`] says what each of these costs, learned
//! once from models that were timed on it ([`Machine::learn`]).

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod candidate;
mod machine;
mod nonnegative;
mod work;

pub use candidate::{Candidate, Choices, grid, learned_from};
pub use machine::{Error, Machine, Sample};
pub use work::Work;
