//! Accuracy over time, with those joined that no other beats in both.

use crate::plot::{Axis, Line, svg};

/// The drawing of `points`: of each its name, and the microseconds of a step with the accuracy in percent.
pub fn scatter(points: &[(String, (f64, f64))], logarithmic: bool) -> String {
    let places = || points.iter().map(|(_, place)| *place);
    let is_beaten = |(time, accuracy): (f64, f64)| {
        places().any(|(t, a)| (t < time && a >= accuracy) || (t <= time && a > accuracy))
    };
    let mut front: Vec<(f64, f64)> = places().filter(|place| !is_beaten(*place)).collect();
    front.sort_by(|a, b| a.0.total_cmp(&b.0));
    let line = |name: &str, points| Line { name: name.into(), points, dashed: false, joined: false };
    let mut lines: Vec<Line> = points.iter().map(|(name, place)| line(name, vec![*place])).collect();
    lines.push(Line { dashed: true, joined: true, ..line("not beaten in both", front) });
    let range = |of: fn((f64, f64)) -> f64| {
        places()
            .map(of)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| (low.min(it), high.max(it)))
    };
    let (times, accuracies) = (range(|place| place.0), range(|place| place.1));
    let margin = (accuracies.1 - accuracies.0).max(0.1) * 0.1;
    let (from, to) = if logarithmic { (times.0 / 1.3, times.1 * 1.3) } else { (0.0, times.1 * 1.05) };
    let x = Axis { title: "microseconds a step", from, to, logarithmic };
    let (from, to) = (accuracies.0 - margin, (accuracies.1 + margin).min(100.0));
    svg(&x, &Axis { title: "accuracy, %", from, to, logarithmic: false }, &lines)
}
