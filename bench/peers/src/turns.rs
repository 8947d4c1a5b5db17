//! Measures several things in turns, so that what disturbs the machine disturbs them alike.

use std::time::{Duration, Instant};

use crate::Fault;

/// How long a block of one thing lasts, at least one call.
const BLOCK: f64 = 400e-6;
/// Rounds at least.
const FEWEST: usize = 7;

/// Gives the seconds that so many calls take.
pub type Work<'a> = Box<dyn FnMut(usize) -> Result<f64, Fault> + 'a>;

/// Takes turns for about as long as `budget`. Gives for each work the seconds of a call, by round.
///
/// In each of its turns a work makes `passes` calls at least before it is measured.
pub fn measure(budget: Duration, passes: usize, works: &mut [Work<'_>]) -> Result<Vec<Vec<f64>>, Fault> {
    let mut blocks = Vec::new();
    for work in &mut *works {
        let mut times = 1;
        // The first calls bring everything to the caches.
        work(times)?;
        while work(times)? < BLOCK / 2.0 {
            times *= 2;
        }
        blocks.push(times);
    }
    let mut rounds = vec![Vec::new(); works.len()];
    let start = Instant::now();
    while start.elapsed() < budget || rounds.first().is_some_and(|first| first.len() < FEWEST) {
        for ((work, times), seconds) in works.iter_mut().zip(&blocks).zip(&mut rounds) {
            // Not measured: it brings back to the caches what the others drove out. A large one keeps only what it
            // has seen several times.
            work(times.div_ceil(4).max(passes))?;
            seconds.push(work(*times)? / *times as f64);
        }
    }
    Ok(rounds)
}
