//! How often and how far predictions are wrong.

use std::path::Path;

use recurve_fit::Progress;
use recurve_predict::{Candidate, grid};
use serde_json::{Value, json};

use super::{read, timed};
use crate::arguments;
use crate::bar::Bar;
use crate::failure::Failure;

/// The speed-up that a choice passes or does not.
const CUTOFF: f64 = 1.5;

/// A model and a choice, both timed.
struct Pair {
    title: String,
    /// Nanoseconds of a step of the choice.
    predicted: f64,
    measured: f64,
    /// Against the model without it.
    predicted_speedup: f64,
    measured_speedup: f64,
}

impl Pair {
    fn is_right(&self) -> bool {
        (self.predicted_speedup >= CUTOFF) == (self.measured_speedup >= CUTOFF)
    }

    fn error(&self) -> f64 {
        (self.predicted / self.measured - 1.0).abs()
    }
}

pub(super) fn run(path: &Path, arguments: &arguments::Machine) -> Result<(), Failure> {
    let machine = read(path)?;
    let grid = grid();
    let mut bar = Bar::default();
    bar.begin("validating", grid.len() as u64);
    let (mut pairs, mut impossible) = (Vec::new(), Vec::new());
    for shape in grid {
        let possible = |candidate: &Candidate| match candidate.compile() {
            Ok(_) => true,
            Err(_) => {
                impossible.push(candidate.title());
                false
            }
        };
        let choices = shape.choices.into_iter().filter(possible);
        let candidates: Vec<Candidate> = std::iter::once(shape.base).chain(choices).collect();
        let timed = timed(&candidates, arguments.seconds)?;
        if timed.instructions != machine.instructions {
            let message = format!(
                "`{}` is about {}, and this machine has {}",
                path.display(),
                machine.instructions,
                timed.instructions
            );
            return Err(Failure::new(message));
        }
        let predict = |at: usize| machine.step_ns(&timed.models[at].0).map_err(Failure::new);
        let base = predict(0)?;
        for (at, candidate) in candidates.iter().enumerate().skip(1) {
            let (predicted, measured) = (predict(at)?, timed.models[at].1);
            pairs.push(Pair {
                title: candidate.title(),
                predicted,
                measured,
                predicted_speedup: base / predicted,
                measured_speedup: timed.models[0].1 / measured,
            });
        }
        bar.advance(1);
    }
    bar.end();
    if arguments.json {
        println!("{:#}", for_programs(&pairs, &impossible));
    } else {
        print(&pairs, &impossible);
    }
    Ok(())
}

fn right(pairs: &[Pair]) -> f64 {
    pairs.iter().filter(|pair| pair.is_right()).count() as f64 / pairs.len().max(1) as f64
}

fn median_error(pairs: &[Pair]) -> f64 {
    let mut errors: Vec<f64> = pairs.iter().map(Pair::error).collect();
    errors.sort_by(f64::total_cmp);
    errors.get(errors.len() / 2).copied().unwrap_or(f64::NAN)
}

fn print(pairs: &[Pair], impossible: &[String]) {
    let width = pairs.iter().map(|pair| pair.title.len()).max().unwrap_or(0);
    println!(
        "{:<width$}  {:>12}  {:>12}  {:>7}  {:>9}  {:>9}",
        "choice", "predicted us", "measured us", "error", "predicted", "measured"
    );
    for pair in pairs {
        println!(
            "{:<width$}  {:>12.3}  {:>12.3}  {:>6.1} %  {:>8.2}x  {:>8.2}x{}",
            pair.title,
            pair.predicted / 1e3,
            pair.measured / 1e3,
            100.0 * (pair.predicted / pair.measured - 1.0),
            pair.predicted_speedup,
            pair.measured_speedup,
            if pair.is_right() { "" } else { "  wrong" }
        );
    }
    for title in impossible {
        println!("{title}: not possible");
    }
    println!(
        "{} pairs: whether a choice is {CUTOFF} times as fast is said rightly of {:.1} %; the median error of a step's time \
         is {:.1} %",
        pairs.len(),
        100.0 * right(pairs),
        100.0 * median_error(pairs)
    );
}

fn for_programs(pairs: &[Pair], impossible: &[String]) -> Value {
    let pair = |pair: &Pair| {
        json!({
            "choice": pair.title,
            "predicted_ns": pair.predicted,
            "measured_ns": pair.measured,
            "predicted_speedup": pair.predicted_speedup,
            "measured_speedup": pair.measured_speedup,
        })
    };
    json!({
        "cutoff": CUTOFF,
        "right": right(pairs),
        "median_error": median_error(pairs),
        "pairs": pairs.iter().map(pair).collect::<Vec<Value>>(),
        "impossible": impossible,
    })
}
