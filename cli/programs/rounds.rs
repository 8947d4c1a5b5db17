//! Measures several things in turns, so that what disturbs the machine disturbs them alike.

#![allow(dead_code, reason = "not every program uses all of it")]

use std::time::{Duration, Instant};

use recurve::simd::Level;

/// How long a block of one thing lasts, at least one call.
const BLOCK: Duration = Duration::from_micros(400);
/// How often the length of a block is tried.
const TRIALS: usize = 5;
/// Rounds at least.
const FEWEST: usize = 11;

/// Something that is done as often as it is told to.
pub struct Work<'a> {
    /// With at most this instruction set.
    level: Level,
    /// A block is a multiple of so many times.
    fewest: usize,
    repeat: &'a mut dyn FnMut(usize),
}

impl<'a> Work<'a> {
    pub fn new(level: Level, repeat: &'a mut dyn FnMut(usize)) -> Self {
        Work { level, fewest: 1, repeat }
    }

    /// Where only so many times in a row show what one takes in the mean.
    pub fn fewest(self, times: usize) -> Self {
        Work { fewest: times, ..self }
    }

    /// Seconds that `times` take.
    fn time(&mut self, times: usize) -> f64 {
        let start = Instant::now();
        (self.repeat)(times);
        start.elapsed().as_secs_f64()
    }

    /// How many times fill a block, where nothing disturbs it.
    fn block(&mut self) -> usize {
        Level::limit(self.level);
        let mut times = self.fewest;
        while (0..TRIALS).any(|_| self.time(times) < BLOCK.as_secs_f64() / 2.0) {
            times *= 2;
        }
        times
    }
}

/// Takes turns for about as long as `budget`. Gives for each work the seconds for one time, by round.
pub fn measure<const N: usize>(budget: Duration, mut works: [Work<'_>; N]) -> [Vec<f64>; N] {
    let mut rounds = measure_all(budget, &mut works).into_iter();
    std::array::from_fn(|_| rounds.next().unwrap_or_default())
}

/// As [`measure`].
pub fn measure_all(budget: Duration, works: &mut [Work<'_>]) -> Vec<Vec<f64>> {
    let blocks: Vec<usize> = works.iter_mut().map(Work::block).collect();
    let mut rounds = vec![Vec::new(); works.len()];
    let start = Instant::now();
    let mut round = 0;
    while start.elapsed() < budget || round < FEWEST {
        for ((work, times), seconds) in works.iter_mut().zip(&blocks).zip(&mut rounds) {
            Level::limit(work.level);
            // Not measured: it brings back to the caches what the others drove out.
            (work.repeat)(times.div_ceil(4).next_multiple_of(work.fewest));
            seconds.push(work.time(*times) / *times as f64);
        }
        round += 1;
    }
    rounds
}

/// The one in the middle.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
