//! How fast a model runs.

use std::hint::black_box;
use std::time::Duration;

use recurve::Streaming;
use recurve::simd::Level;

use crate::models::Weights;
use crate::random::Random;
use crate::read::{self, WAYS};
use crate::rounds::{Work, measure, measure_all, median};

/// Steps of a run.
pub const STEPS: usize = 32;

/// Seconds, and the part of the limit that was reached.
#[derive(Debug, Clone, Copy)]
pub struct Speed {
    pub step: f64,
    pub read: f64,
    /// The time to read over the time of a step, in the middle of all rounds.
    pub fraction: f64,
    /// Of a step, in a run of [`STEPS`].
    pub run: f64,
}

/// Measures `M` with at most the instruction set `level`, for about as long as `budget`.
pub fn speed<M, const INPUT: usize>(level: Level, budget: Duration) -> Speed
where
    M: Streaming<Input = [f32; INPUT]> + Weights,
{
    let mut random = Random::new(0);
    let inputs: Vec<[f32; INPUT]> = (0..STEPS).map(|_| std::array::from_fn(|_| random.within(1.0))).collect();
    let (mut steps, mut runs) = (M::new(), M::new());
    let mut inputs_of_steps = inputs.iter().cycle();
    let mut step = |times| {
        for input in inputs_of_steps.by_ref().take(times) {
            black_box(steps.step(black_box(input)));
        }
    };
    let mut run = |times| {
        for _ in 0..times {
            black_box(runs.run(black_box(&inputs)));
        }
    };
    let memory = M::weights();
    let mut reads = WAYS.map(|way| move |times| read::read(memory, way, times));
    let widest = Level::detect();
    let mut works = vec![Work::new(level, &mut step)];
    works.extend(reads.iter_mut().map(|read| Work::new(widest, read)));
    let rounds = measure_all(budget, &mut works);
    let (steps, reads) = rounds.split_first().expect("the rounds of the step");
    let [runs] = measure(budget / 4, [Work::new(level, &mut run)]);
    let middle = |rounds: &Vec<f64>| median(rounds.iter().copied());
    let reads = reads.iter().min_by(|a, b| middle(a).total_cmp(&middle(b))).expect("the rounds of reading");
    Speed {
        step: middle(steps),
        read: middle(reads),
        fraction: median(reads.iter().zip(steps).map(|(read, step)| read / step)),
        run: middle(&runs) / STEPS as f64,
    }
}
