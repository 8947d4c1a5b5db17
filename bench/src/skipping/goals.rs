//! What was aimed at, and how near the tables come.

use crate::data::Input;
use crate::section::{Row, Section};

/// The variance of the sum of two numbers in -0.5..0.5 is 1/6; a hundredth of it is as good as solved.
const SOLVED: f64 = 1.0 / 600.0;
const SHARE_OF_ADDING: f64 = 0.5;
const SHARE_OF_ACTIVITY: f64 = 0.15;
const POINTS_OF_ACTIVITY: f64 = 1.0;
const MACS_OF_PREDICTOR: f64 = 0.75;
const POINTS_OF_PREDICTOR: f64 = 0.3;

/// Solved with half of the inputs.
pub fn adding<I: Input, const OUTPUT: usize>(section: &Section<I, OUTPUT>) -> String {
    let goal = "the adding task solved, MSE below 1/600 = 1.7e-3, with at most 50 % of the inputs";
    match section.best(|row| row.inputs <= SHARE_OF_ADDING) {
        Some(row) => {
            let found = format!("{}: {:.1e} with {:.1} %", title(row), row.score, row.inputs * 100.0);
            line(goal, row.score < SOLVED, &found)
        }
        None => line(goal, false, "no setting reads so few"),
    }
}

/// The published ordering: the smaller the budget, the fewer the inputs and the larger the error.
pub fn ordering<I: Input, const OUTPUT: usize>(section: &Section<I, OUTPUT>) -> String {
    let goal = "its error rises and its inputs fall as the budget of a window falls";
    match section.disorder.as_deref() {
        Some([]) => line(goal, true, "with each smaller budget"),
        Some(budgets) => line(goal, false, &format!("but not below a budget of {}", budgets.join(", "))),
        None => String::new(),
    }
}

/// At most a point lost with 15 % of the inputs.
pub fn activity<I: Input, const OUTPUT: usize>(section: &Section<I, OUTPUT>) -> String {
    let goal = "human activity with at most 15 % of the inputs: at most 1 point lost";
    let best = section.best(|row| row.inputs <= SHARE_OF_ACTIVITY);
    match section.dense().zip(best) {
        Some((dense, row)) => {
            let lost = dense.score - row.score;
            let found = format!("{}: {lost:.2} points lost, with {:.1} %", title(row), row.inputs * 100.0);
            line(goal, lost <= POINTS_OF_ACTIVITY, &found)
        }
        None => line(goal, false, "no setting reads so few"),
    }
}

/// A quarter fewer multiply-accumulates for at most 0.3 points.
pub fn predictor<I: Input, const OUTPUT: usize>(task: &str, section: &Section<I, OUTPUT>) -> String {
    let goal = format!("a predictor on {task}: at least 25 % fewer MACs, at most 0.3 points lost");
    let Some(dense) = section.dense() else {
        return String::new();
    };
    let best = section
        .best(|row| row.network.starts_with("predictor") && row.macs <= MACS_OF_PREDICTOR * dense.macs);
    match best {
        Some(row) => {
            let lost = dense.score - row.score;
            let fewer = 100.0 * (1.0 - row.macs / dense.macs);
            let found = format!("{}: {lost:.2} points lost, {fewer:.1} % fewer", title(row));
            line(&goal, lost <= POINTS_OF_PREDICTOR, &found)
        }
        None => String::new(),
    }
}

fn title(row: &Row) -> String {
    match row.setting.as_str() {
        "" => format!("`{}`", row.network),
        setting => format!("`{}`, {setting}", row.network),
    }
}

fn line(goal: &str, reached: bool, found: &str) -> String {
    format!("| {goal} | {} | {found} |\n", if reached { "yes" } else { "no" })
}
