//! A server listens to many callers at once, each of whom says a digit. Frames arrive when they do; the streams of those
//! who have sent one take a step together and share what is read of the weights.
//!
//! `cargo run --release -p sessions`

mod calls;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use calls::{Call, LINES, Scores, Tick};
use recurve::Batch;
use recurve::simd::Level;

recurve::rnn_model!("../../specs/spoken_digits/dense.yaml");

/// The share of the callers who send a frame at a time.
const LOADS: [f64; 4] = [0.1, 0.25, 0.5, 1.0];
/// Calls that a load is measured with, and how often.
const CALLS: usize = 400;
const ROUNDS: usize = 15;
/// How far an answer may be from that of the training framework.
const TOLERANCE: f32 = 1e-4;

fn main() -> ExitCode {
    match calls::read() {
        Ok(recordings) => {
            show(&recordings);
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn show(recordings: &[Call]) {
    println!("{CALLS} calls over {LINES} lines, one thread, {:?}:\n", Level::current());
    println!("  frames at a time    right  alone us/frame  together us/frame  faster");
    for load in LOADS {
        let ticks = calls::schedule(recordings, CALLS, load);
        let frames: usize = ticks.iter().map(|tick| tick.frames.iter().flatten().count()).sum();
        let right = right(recordings, &together(&ticks));
        let mut times: Vec<[f64; 2]> = (0..ROUNDS)
            .map(|_| {
                [alone, together].map(|listen: fn(&[Tick]) -> Answers| {
                    let start = Instant::now();
                    black_box(listen(black_box(&ticks)));
                    start.elapsed().as_secs_f64() * 1e6 / frames as f64
                })
            })
            .collect();
        times.sort_by(|[a, b], [c, d]| (a / b).total_cmp(&(c / d)));
        let [alone, together] = times[ROUNDS / 2];
        println!(
            "  {:>7.1} of {LINES} {:>7} {alone:>15.3} {together:>18.3} {:>6.2}x",
            frames as f64 / ticks.len() as f64,
            format!("{right}/{CALLS}"),
            alone / together
        );
    }
}

/// For each call that has ended: which recording it was, and what the network made of it.
type Answers = Vec<(usize, Scores)>;

/// How many answers are those of the training framework.
fn right(recordings: &[Call], answers: &Answers) -> usize {
    let is_right = |(recording, scores): &&(usize, Scores)| {
        let expected = &recordings[*recording].scores;
        scores.iter().zip(expected).all(|(score, expected)| (score - expected).abs() <= TOLERANCE)
    };
    answers.iter().filter(is_right).count()
}

/// Each line has a network of its own.
fn alone(ticks: &[Tick]) -> Answers {
    let mut networks: [SpokenDigitsDense; LINES] = std::array::from_fn(|_| SpokenDigitsDense::new());
    let mut answers = Answers::new();
    for tick in ticks {
        for line in &tick.opened {
            networks[*line].reset();
        }
        for (network, frame) in networks.iter_mut().zip(&tick.frames) {
            if let Some(frame) = frame {
                network.step(frame);
            }
        }
        answers.extend(tick.closed.iter().map(|(line, recording)| (*recording, *networks[*line].run(&[]))));
    }
    answers
}

/// The lines share the weights.
fn together(ticks: &[Tick]) -> Answers {
    let mut lines = Batch::<SpokenDigitsDense, LINES>::new();
    let mut answers = Answers::new();
    for tick in ticks {
        for line in &tick.opened {
            lines.streams_mut()[*line].reset();
        }
        let scores = lines.step_some(&tick.frames);
        answers.extend(tick.closed.iter().map(|(line, recording)| (*recording, *scores[*line])));
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_gets_the_answer_of_the_training_framework() {
        let recordings = calls::read().expect("recordings");
        for load in LOADS {
            let ticks = calls::schedule(&recordings, 40, load);
            let answers = together(&ticks);
            assert_eq!(right(&recordings, &answers), 40);
            assert_eq!(answers, alone(&ticks));
        }
    }
}
