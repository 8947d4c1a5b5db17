//! What streams in lock-step gain: a step of 16 of them at once against 16 steps of one, and a step of every fourth.
//!
//! `cargo run --release --manifest-path bench/Cargo.toml --bin batch`. Before anything is timed, each stream of a batch is
//! compared with the same stream by itself, to the last bit. All take turns in one run, on one thread.

#[path = "../random.rs"]
mod random;
#[path = "../../../cli/programs/rounds.rs"]
mod rounds;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use random::Random;
use recurve::simd::Level;
use recurve::{Batch, Lockstep};
use rounds::{Work, measure, median};

recurve::include_model!("kws");
recurve::include_model!("har");
recurve::include_model!("har_int8");
recurve::include_model!("medium");
recurve::include_model!("medium_int8");
recurve::include_model!("medium_gru");
recurve::include_model!("large");
recurve::include_model!("large_int8");

const STREAMS: usize = 16;
/// Of so many streams one has an input where not all have.
const EVERY: usize = 4;
const BUDGET: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    println!("  {STREAMS} streams, one thread, {:?}\n", Level::detect());
    let few = format!("{} of them us", STREAMS / EVERY);
    println!("  {:<22} {:>12} {:>12} {:>8} {:>14}", "model", "apart us", "together us", "faster", few);
    let rows = [
        row::<Kws, _, _>("LSTM 10->118, linear 12"),
        row::<Har, _, _>("LSTM 77->179"),
        row::<HarInt8, _, _>("LSTM 77->179, int8"),
        row::<Medium, _, _>("LSTM 256->256"),
        row::<MediumInt8, _, _>("LSTM 256->256, int8"),
        row::<MediumGru, _, _>("GRU 256->256"),
        row::<Large, _, _>("LSTM 1500->1500"),
        row::<LargeInt8, _, _>("LSTM 1500->1500, int8"),
    ];
    let mut failed = false;
    for row in rows {
        match row {
            Ok(row) => println!("{row}"),
            Err(message) => {
                eprintln!("error: {message}");
                failed = true;
            }
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn row<M, const INPUT: usize, const OUTPUT: usize>(title: &str) -> Result<String, String>
where
    M: Lockstep<Input = [f32; INPUT], Output = [f32; OUTPUT]>,
{
    let mut random = Random::new(0);
    let inputs: Vec<[[f32; INPUT]; STREAMS]> =
        (0..8).map(|_| std::array::from_fn(|_| std::array::from_fn(|_| random.within(1.0)))).collect();
    let mut streams: [M; STREAMS] = std::array::from_fn(|_| M::new());
    let mut batch = Batch::<M, STREAMS>::new();
    for inputs in &inputs {
        let together = batch.step(inputs);
        for (stream, (model, input)) in streams.iter_mut().zip(inputs).enumerate() {
            if model.step(input) != together[stream] {
                return Err(format!("`{title}`: stream {stream} is not what it is by itself"));
            }
        }
    }
    let some: Vec<[Option<[f32; INPUT]>; STREAMS]> = inputs
        .iter()
        .map(|inputs| std::array::from_fn(|stream| stream.is_multiple_of(EVERY).then_some(inputs[stream])))
        .collect();
    for inputs in &some {
        let outputs = batch.step_some(inputs);
        for (stream, (model, input)) in streams.iter_mut().zip(inputs).enumerate() {
            if input.as_ref().is_some_and(|input| model.step(input) != outputs[stream]) {
                return Err(format!("`{title}`: stream {stream} of some is not what it is by itself"));
            }
        }
    }
    let mut few = batch.clone();
    let mut apart = |times| {
        for inputs in inputs.iter().cycle().take(times) {
            for (model, input) in streams.iter_mut().zip(inputs) {
                black_box(model.step(black_box(input)));
            }
        }
    };
    let mut together = |times| {
        for inputs in inputs.iter().cycle().take(times) {
            black_box(batch.step(black_box(inputs)));
        }
    };
    let mut few = |times| {
        for inputs in some.iter().cycle().take(times) {
            black_box(few.step_some(black_box(inputs)));
        }
    };
    let level = Level::detect();
    let works = [&mut apart as &mut dyn FnMut(usize), &mut together, &mut few];
    let [apart, together, few] = measure(BUDGET, works.map(|work| Work::new(level, work)));
    let faster = median(apart.iter().zip(&together).map(|(apart, together)| apart / together));
    let [apart, together, few] = [apart, together, few].map(|times| median(times) * 1e6);
    Ok(format!("  {title:<22} {apart:>12.1} {together:>12.1} {faster:>7.2}x {few:>14.1}"))
}
