//! The compiled models.

use std::time::Duration;

use recurve::Streaming;
use recurve::simd::Level;

use crate::check::largest_difference;
use crate::speed::{Speed, speed};

recurve::include_model!("Lstm28To40");
recurve::include_model!("Lstm10To118");
recurve::include_model!("Gru10To154");
recurve::include_model!("Lstm77To179");
recurve::include_model!("Lstm256To256");
recurve::include_model!("Lstm1500To1500");

/// Lets the weights be seen, which a model keeps to itself. The build script implements it.
pub trait Weights {
    /// All of them, from a multiple of 64 bytes on.
    fn weights() -> &'static [f32];
}

/// What is done with each model, whatever its type.
pub struct Entry {
    pub name: &'static str,
    pub weight_bytes: usize,
    /// The part of the read limit that it is to reach.
    pub goal: f64,
    pub difference: fn() -> Result<f64, String>,
    pub speed: fn(Level, Duration) -> Speed,
}

pub const ALL: [Entry; 6] = [
    entry::<Lstm28To40, _, _>("LSTM 28->40", 0.5),
    entry::<Lstm10To118, _, _>("LSTM 10->118", 0.75),
    entry::<Gru10To154, _, _>("GRU 10->154", 0.75),
    entry::<Lstm77To179, _, _>("LSTM 77->179", 0.75),
    entry::<Lstm256To256, _, _>("LSTM 256->256", 0.75),
    entry::<Lstm1500To1500, _, _>("LSTM 1500->1500", 0.75),
];

const fn entry<M, const INPUT: usize, const OUTPUT: usize>(name: &'static str, goal: f64) -> Entry
where
    M: Streaming<Input = [f32; INPUT], Output = [f32; OUTPUT]> + Weights,
{
    Entry {
        name,
        weight_bytes: M::WEIGHT_BYTES,
        goal,
        difference: largest_difference::<M, INPUT, OUTPUT>,
        speed: speed::<M, INPUT>,
    }
}
