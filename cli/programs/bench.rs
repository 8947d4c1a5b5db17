//! Times models in turns; prints a line of nanoseconds for each.
//!
//! usage: bench WHAT SECONDS TOKENS.., with `all` or `steps`, and with the number of ids of each model, 0 where it reads
//! features

mod each;
mod models;
mod read;
mod rounds;

use std::hint::black_box;
use std::time::{Duration, Instant};

use models::{Counts, Input, Output, Visit, with_stack};
use read::WAYS;
use recurve::simd::Level;
use recurve::{SequenceToSequence, SequenceToVector, Streaming};
use rounds::{Work, measure_all, median};

/// Steps of a run.
const STEPS: usize = 32;
/// Numbers that are read to drive weights out of the caches.
const OTHERS: usize = 64 << 18;
/// Steps that are timed together: enough that those before have brought the weights into the caches that they fit in.
const TOGETHER: usize = 4;
/// Steps that are timed one by one out of cold caches.
const COLD: usize = 15;
type Repeat = Box<dyn FnMut(usize)>;

/// What is timed of a model.
struct Timed {
    /// Steps of a sequence of a bidirectional one, which has no `step`.
    step: Repeat,
    /// Steps that are timed together: more where some are skipped.
    together: usize,
    run: Repeat,
    reads: [Repeat; WAYS.len()],
}

struct Collect {
    tokens: std::vec::IntoIter<u32>,
    timed: Vec<Timed>,
}

impl Collect {
    fn inputs<I: Input>(&mut self) -> Vec<I> {
        let tokens = self.tokens.next().unwrap_or(0);
        let mut state = 1u32;
        let mut number = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            match tokens {
                0 => f32::from(u16::try_from(state >> 16).unwrap_or(0)) / 32_768.0 - 1.0,
                tokens => f32::from_bits((state >> 8) % tokens),
            }
        };
        (0..STEPS).map(|_| I::read(&(0..I::NUMBERS).map(|_| number()).collect::<Vec<f32>>())).collect()
    }

    fn add(&mut self, weight_bytes: usize, together: usize, step: Repeat, run: Repeat) {
        // No zeros: memory that the system gives as zeros is one page many times, which stays in the caches.
        let memory: &'static [[f32; 16]] = vec![[1.0; 16]; weight_bytes.div_ceil(64)].leak();
        let reads = WAYS.map(|way| -> Repeat {
            Box::new(move |times| read::read(memory.as_flattened(), way, times))
        });
        self.timed.push(Timed { step, together, run, reads });
    }
}

impl Visit for Collect {
    fn streaming<M: Streaming>(&mut self, counts: Counts<M>)
    where
        M::Input: Input,
        M::Output: Output,
    {
        let inputs = self.inputs::<M::Input>();
        let (mut one, mut all) = (M::new(), M::new());
        one.step(&inputs[0]);
        let [counted, ..] = counts(&one);
        let together = if counted > 0 { 2 * STEPS } else { TOGETHER };
        let mut at = 0;
        let of_steps = inputs.clone();
        let step = move |times| {
            for _ in 0..times {
                black_box(one.step(black_box(&of_steps[at])));
                at = (at + 1) % STEPS;
            }
        };
        let run = move |times| {
            for _ in 0..times {
                black_box(all.run(black_box(&inputs)));
            }
        };
        self.add(M::WEIGHT_BYTES, together, Box::new(step), Box::new(run));
    }

    fn to_vector<M: SequenceToVector>(&mut self, _: Counts<M>)
    where
        M::Input: Input,
        M::Output: Output,
    {
        let inputs = self.inputs::<M::Input>();
        let mut model = M::new();
        let again = inputs.clone();
        let mut other = M::new();
        let run = move |times| {
            for _ in 0..times {
                let _ = black_box(model.run(black_box(&inputs)));
            }
        };
        let step = move |times| {
            for _ in 0..times {
                let _ = black_box(other.run(black_box(&again[..1])));
            }
        };
        self.add(M::WEIGHT_BYTES, TOGETHER, Box::new(step), Box::new(run));
    }

    fn to_sequence<M: SequenceToSequence>(&mut self, _: Counts<M>)
    where
        M::Input: Input,
        M::Output: Output,
    {
        let inputs = self.inputs::<M::Input>();
        let (mut model, mut other) = (M::new(), M::new());
        let (mut outputs, mut output) = (vec![M::Output::ZERO; STEPS], [M::Output::ZERO]);
        let again = inputs.clone();
        let run = move |times| {
            for _ in 0..times {
                let _ = black_box(model.run_into(black_box(&inputs), &mut outputs));
            }
        };
        let step = move |times| {
            for _ in 0..times {
                let _ = black_box(other.run_into(black_box(&again[..1]), &mut output));
            }
        };
        self.add(M::WEIGHT_BYTES, TOGETHER, Box::new(step), Box::new(run));
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    with_stack(each::STACK, measure)
}

fn measure() {
    let mut arguments = std::env::args().skip(1);
    let is_steps = arguments.next().is_some_and(|what| what == "steps");
    let seconds: f64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1.0);
    let tokens: Vec<u32> = arguments.map(|text| text.parse().unwrap_or(0)).collect();
    let mut collect = Collect { tokens: tokens.into_iter(), timed: Vec::new() };
    each::each(&mut collect);
    let level = Level::detect();
    println!("level {level:?}");
    let budget = Duration::from_secs_f64(seconds * collect.timed.len() as f64);
    if is_steps {
        steps(budget, level, &mut collect.timed);
    } else {
        all(budget, level, &mut collect.timed);
    }
}

fn steps(budget: Duration, level: Level, models: &mut [Timed]) {
    let mut works = Vec::with_capacity(models.len());
    for timed in models {
        works.push(Work::new(level, &mut timed.step).fewest(timed.together));
    }
    for rounds in measure_all(budget, &mut works) {
        println!("step {}", median(rounds) * 1e9);
    }
}

fn all(budget: Duration, level: Level, models: &mut [Timed]) {
    let mut works = Vec::new();
    for timed in models.iter_mut() {
        works.push(Work::new(level, &mut timed.step).fewest(timed.together));
        works.push(Work::new(level, &mut timed.run));
        works.extend(timed.reads.iter_mut().map(|read| Work::new(level, read)));
    }
    let rounds = measure_all(budget, &mut works);
    drop(works);
    let of_model: Vec<&[Vec<f64>]> = rounds.chunks(2 + WAYS.len()).collect();
    let others = vec![1.0f32; OTHERS];
    for (timed, rounds) in models.iter_mut().zip(&of_model) {
        let [steps, runs, reads @ ..] = rounds else {
            continue;
        };
        let middle = |rounds: &[f64]| median(rounds.iter().copied());
        let read = reads.iter().min_by(|a, b| middle(a).total_cmp(&middle(b))).map_or(&[][..], Vec::as_slice);
        let cold = median((0..COLD).map(|_| {
            black_box(others.iter().sum::<f32>());
            let start = Instant::now();
            (timed.step)(1);
            start.elapsed().as_secs_f64()
        }));
        let against = of_model.first().map_or(&[][..], |first| first[0].as_slice());
        println!(
            "model {} {} {} {} {} {}",
            middle(steps) * 1e9,
            cold * 1e9,
            middle(runs) * 1e9 / STEPS as f64,
            middle(read) * 1e9,
            median(read.iter().zip(steps).map(|(read, step)| read / step)),
            median(against.iter().zip(steps).map(|(first, step)| first / step)),
        );
    }
}
