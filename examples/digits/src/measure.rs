//! What a network does with the digits, and in what time.

use std::hint::black_box;
use std::time::{Duration, Instant};

use recurve::Streaming;

use crate::data::{Digit, Row, SIZE};

/// A probability for each of the ten digits.
pub(crate) type Scores = [f32; 10];

/// How long a network is timed.
const BUDGET: Duration = Duration::from_millis(300);

/// The digit that seems most likely.
pub(crate) fn guess(scores: &Scores) -> usize {
    let scores = scores.iter().enumerate();
    scores.max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(digit, _)| digit)
}

/// How many of the digits the network reads as what they are.
pub(crate) fn correct<M>(digits: &[Digit]) -> usize
where
    M: Streaming<Input = Row, Output = Scores>,
{
    let mut model = M::new();
    let is_correct = |digit: &&Digit| {
        model.reset();
        guess(model.run(&digit.rows)) == digit.label
    };
    digits.iter().filter(is_correct).count()
}

/// The time of a step: the middle of many passes over all digits.
pub(crate) fn step_time<M>(digits: &[Digit]) -> Duration
where
    M: Streaming<Input = Row, Output = Scores>,
{
    let mut model = M::new();
    let mut passes = Vec::new();
    let start = Instant::now();
    while passes.is_empty() || start.elapsed() < BUDGET {
        let pass = Instant::now();
        for digit in digits {
            model.reset();
            for row in &digit.rows {
                black_box(model.step(black_box(row)));
            }
        }
        passes.push(pass.elapsed());
    }
    passes.sort();
    let steps = (digits.len() * SIZE).max(1);
    passes[passes.len() / 2].div_f64(steps as f64)
}
