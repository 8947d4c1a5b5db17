//! How often and how far predictions are wrong.

use recurve_predict::{Candidate, Choices, Machine, grid};
use serde_json::{Value, json};

use super::{TimedModel, median};
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
    fn new(machine: &Machine, base: &TimedModel, choice: &TimedModel) -> Result<Pair, Failure> {
        let predict = |model: &TimedModel| machine.step_ns(&model.compiled).map_err(Failure::new);
        let predicted = predict(choice)?;
        let speedups: Vec<f64> =
            base.steps.iter().zip(&choice.steps).map(|(base, step)| base / step).collect();
        Ok(Pair {
            title: choice.title.clone(),
            predicted,
            measured: median(&choice.steps),
            predicted_speedup: predict(base)? / predicted,
            measured_speedup: median(&speedups),
        })
    }

    /// Whether the choice passes the cutoff.
    fn passes(&self) -> bool {
        self.measured_speedup >= CUTOFF
    }

    fn is_right(&self) -> bool {
        (self.predicted_speedup >= CUTOFF) == self.passes()
    }

    fn error(&self) -> f64 {
        (self.predicted / self.measured - 1.0).abs()
    }
}

/// The models of the grid, each with every choice that is possible; the others are added to `impossible`.
pub(super) fn groups(impossible: &mut Vec<String>) -> Vec<Vec<Candidate>> {
    let mut possible = |candidate: &Candidate| {
        let is_possible = candidate.compile().is_ok();
        if !is_possible {
            impossible.push(candidate.title());
        }
        is_possible
    };
    let group = |shape: Choices| {
        std::iter::once(shape.base).chain(shape.choices.into_iter().filter(&mut possible)).collect()
    };
    grid().into_iter().map(group).collect()
}

/// Compares what was timed with what `machine` says.
pub(super) fn run(
    machine: &Machine,
    timed: &[Vec<TimedModel>],
    impossible: &[String],
    json: bool,
) -> Result<(), Failure> {
    let mut pairs = Vec::new();
    for models in timed {
        if let [base, choices @ ..] = models.as_slice() {
            for choice in choices {
                pairs.push(Pair::new(machine, base, choice)?);
            }
        }
    }
    if json {
        println!("{:#}", for_programs(&pairs, impossible));
    } else {
        print(&pairs, impossible);
    }
    Ok(())
}

fn right(pairs: &[Pair]) -> f64 {
    pairs.iter().filter(|pair| pair.is_right()).count() as f64 / pairs.len().max(1) as f64
}

/// The share of pairs of which the better constant answer, always yes or always no, is right.
fn base_rate(pairs: &[Pair]) -> f64 {
    let passing = pairs.iter().filter(|pair| pair.passes()).count();
    passing.max(pairs.len() - passing) as f64 / pairs.len().max(1) as f64
}

fn median_error(pairs: &[Pair]) -> f64 {
    median(&pairs.iter().map(Pair::error).collect::<Vec<f64>>())
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
        "{} pairs: whether a choice is {CUTOFF} times as fast is said rightly of {:.1} %, by a constant answer of {:.1} %; \
         the median error of a step's time is {:.1} %",
        pairs.len(),
        100.0 * right(pairs),
        100.0 * base_rate(pairs),
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
        "base_rate": base_rate(pairs),
        "median_error": median_error(pairs),
        "pairs": pairs.iter().map(pair).collect::<Vec<Value>>(),
        "impossible": impossible,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(speedups: &[(f64, f64)]) -> Vec<Pair> {
        let pair = |&(predicted_speedup, measured_speedup): &(f64, f64)| Pair {
            title: String::new(),
            predicted: 1.0,
            measured: 1.0,
            predicted_speedup,
            measured_speedup,
        };
        speedups.iter().map(pair).collect()
    }

    #[test]
    fn base_rate_is_that_of_the_better_constant_answer() {
        let mostly_slow = pairs(&[(2.0, 1.0), (1.0, 1.2), (2.0, 2.0), (1.0, 1.4)]);
        assert_eq!((right(&mostly_slow), base_rate(&mostly_slow)), (0.75, 0.75));
        let mostly_fast = pairs(&[(1.0, 1.5), (2.0, 3.0), (2.0, 1.6), (2.0, 2.0), (1.0, 1.0)]);
        assert_eq!((right(&mostly_fast), base_rate(&mostly_fast)), (0.8, 0.8));
        let all_wrong = pairs(&[(1.0, 2.0), (2.0, 1.0)]);
        assert_eq!((right(&all_wrong), base_rate(&all_wrong)), (0.0, 0.5));
        assert_eq!(base_rate(&[]), 0.0);
    }
}
