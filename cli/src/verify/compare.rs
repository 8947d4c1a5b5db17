//! What the compiled model gave beside what it should have given.

use recurve_compiler::Compiled;
use recurve_compiler::golden::{Expected, Saturated, saturated};
use recurve_compiler::model::Input;
use recurve_compiler::reference::{Ranges, run_measuring};
use recurve_compiler::sequences::Steps;
use recurve_compiler::spec::Output;
use recurve_fit::Progress;

use super::{Run, gives_each, tolerance};
use crate::bar::Bar;
use crate::failure::Failure;

/// Multiply-accumulates that the reference executor does over data; it takes some seconds for them.
const REFERENCE_MACS: u64 = 1 << 30;

/// On one instruction set.
pub(super) struct Level {
    pub(super) name: String,
    /// Outputs of a run that are not those of the steps to the last bit.
    pub(super) different: usize,
    /// The largest `|a - b| / max(1, |b|)` from the reference executor.
    pub(super) from_reference: f64,
    /// The share of outputs further from it than what is accepted.
    pub(super) beyond: f64,
    /// The same distance from the training framework.
    pub(super) from_trace: Option<f64>,
}

/// Over the golden trace.
pub(super) struct OnTrace {
    pub(super) sequences: usize,
    pub(super) steps: usize,
    pub(super) levels: Vec<Level>,
    /// Numbers of the rounded network that left their ranges.
    pub(super) saturated: Vec<Saturated>,
}

/// Over data.
pub(super) struct OnData {
    pub(super) sequences: usize,
    pub(super) steps: usize,
    /// Sequences that the reference executor read too.
    pub(super) compared: usize,
    pub(super) levels: Vec<Level>,
    /// The share of sequences whose largest last output is their label's.
    pub(super) accuracy: Option<f64>,
    /// Of the ids that follow.
    pub(super) perplexity: Option<f64>,
    /// Both of the network as it was trained, where that is another.
    pub(super) trained: Option<Scores>,
    /// `|y - y'| / |y|` over all outputs, against the reference executor.
    pub(super) error: f64,
    /// The share of steps that were executed, and of rows that were read.
    pub(super) updates: Option<f64>,
    pub(super) rows: Option<f64>,
    /// Numbers that left their ranges, where the reference executor read.
    pub(super) saturated: Vec<Saturated>,
}

/// How often a network is right.
pub(super) struct Scores {
    pub(super) accuracy: Option<f64>,
    pub(super) perplexity: Option<f64>,
}

/// `|a - b| / max(1, |b|)`; not a number where either is none.
fn distance(found: f32, expected: f64) -> f64 {
    (f64::from(found) - expected).abs() / expected.abs().max(1.0)
}

fn largest(distances: impl Iterator<Item = f64>) -> f64 {
    // `max` would drop what is not a number.
    distances.fold(0.0, |most, one| if one > most || one.is_nan() { one } else { most })
}

/// The outputs of the reference executor in place of the model's; counts its numbers in `ranges`.
fn reference(compiled: &Compiled, steps: &Steps, ranges: &mut [Ranges]) -> Vec<f64> {
    let found = run_measuring(&compiled.model, &steps.as_inputs());
    for (all, of_sequence) in ranges.iter_mut().zip(&found.ranges) {
        all.add(of_sequence);
    }
    let mut outputs = found.outputs;
    if !gives_each(compiled) {
        outputs.drain(..outputs.len().saturating_sub(1));
    }
    outputs.concat()
}

fn level(compiled: &Compiled, run: &Run, expected: &[Vec<f64>], trace: Option<&[Expected]>) -> Level {
    let accepted = tolerance(compiled);
    let distances = || {
        let pairs = run.outputs.iter().flatten().zip(expected.iter().flatten());
        pairs.map(|(found, expected)| distance(*found, *expected))
    };
    let beyond = distances().filter(|distance| distance.is_nan() || *distance > accepted).count();
    let from_trace = trace.map(|trace| {
        let of_sequence = |(found, expected): (&Vec<f32>, &Expected)| {
            // A trace may have the outputs after the last steps alone.
            let found = &found[found.len().saturating_sub(expected.outputs.len())..];
            largest(found.iter().zip(&expected.outputs).map(|(a, b)| distance(*a, f64::from(*b))))
        };
        largest(run.outputs.iter().zip(trace).map(of_sequence))
    });
    Level {
        name: run.level.clone(),
        different: run.different,
        from_reference: largest(distances()),
        beyond: beyond as f64 / distances().count().max(1) as f64,
        from_trace,
    }
}

pub(super) fn with_trace(compiled: &Compiled, trace: &[Expected], runs: Vec<Run>) -> OnTrace {
    let mut bar = Bar::default();
    bar.begin("the reference executor reads the trace", trace.len() as u64);
    let mut ranges = vec![Ranges::default(); compiled.model.layers.len()];
    let expected: Vec<Vec<f64>> = trace
        .iter()
        .map(|one| {
            bar.advance(1);
            reference(compiled, &one.inputs, &mut ranges)
        })
        .collect();
    bar.end();
    OnTrace {
        sequences: trace.len(),
        steps: trace.iter().map(|one| one.inputs.as_inputs().len()).sum(),
        levels: runs.iter().map(|run| level(compiled, run, &expected, Some(trace))).collect(),
        saturated: saturated(&compiled.model, &ranges),
    }
}

pub(super) fn with_data(
    compiled: &Compiled,
    data: &[Steps],
    labels: Option<&[u32]>,
    runs: Vec<Run>,
) -> Result<OnData, Failure> {
    let size = compiled.plan.output_size;
    if let Some(label) = labels.unwrap_or_default().iter().find(|label| **label as usize >= size) {
        let message =
            format!("a label is {label}, and the network has {size} outputs\n  help: `labels` count from 0");
        return Err(Failure::new(message));
    }
    let Some(best) = runs.last() else {
        return Err(Failure::new("the model ran on no instruction set"));
    };
    let steps: usize = data.iter().map(|steps| steps.as_inputs().len()).sum();
    let affordable = (REFERENCE_MACS / compiled.model.macs().max(1)).max(1);
    let mut bar = Bar::default();
    bar.begin("the reference executor reads data", data.len() as u64);
    let (mut expected, mut read) = (Vec::new(), 0);
    let mut ranges = vec![Ranges::default(); compiled.model.layers.len()];
    for steps in data {
        read += steps.as_inputs().len() as u64;
        if !expected.is_empty() && read > affordable {
            break;
        }
        expected.push(reference(compiled, steps, &mut ranges));
        bar.advance(1);
    }
    bar.end();
    let levels = runs.iter().map(|run| level(compiled, run, &expected, None)).collect();
    let pairs = || best.outputs.iter().flatten().zip(expected.iter().flatten());
    let missed: f64 = pairs().map(|(found, expected)| (f64::from(*found) - expected).powi(2)).sum();
    let all: f64 = pairs().map(|(_, expected)| expected.powi(2)).sum();
    let share = |part: u64, of: u64| (of > 0).then(|| part as f64 / of as f64);
    let [gone, updates, rows_read, rows] = best.counts;
    let Scores { accuracy, perplexity } = scores(compiled, data, labels, &runs);
    Ok(OnData {
        sequences: data.len(),
        steps,
        compared: expected.len(),
        levels,
        accuracy,
        perplexity,
        trained: None,
        error: if all > 0.0 { (missed / all).sqrt() } else { 0.0 },
        updates: share(updates, gone),
        rows: share(rows_read, rows),
        saturated: saturated(&compiled.model, &ranges),
    })
}

/// How often the model is right on the largest instruction set.
pub(super) fn scores(compiled: &Compiled, data: &[Steps], labels: Option<&[u32]>, runs: &[Run]) -> Scores {
    let outputs = runs.last().map_or(&[][..], |run| &run.outputs);
    let accuracy = labels.map(|labels| accuracy(outputs, labels, compiled.plan.output_size));
    Scores { accuracy, perplexity: perplexity(compiled, data, outputs) }
}

fn accuracy(outputs: &[Vec<f32>], labels: &[u32], size: usize) -> f64 {
    let hit = |(outputs, label): (&Vec<f32>, &u32)| {
        let last = &outputs[outputs.len().saturating_sub(size)..];
        let class = last.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map(|(class, _)| class);
        class == Some(*label as usize)
    };
    outputs.iter().zip(labels).filter(|pair| hit(*pair)).count() as f64 / labels.len().max(1) as f64
}

/// Where each output is a distribution over the ids, one of which follows.
fn perplexity(compiled: &Compiled, data: &[Steps], outputs: &[Vec<f32>]) -> Option<f64> {
    let size = compiled.plan.output_size;
    let predicts = compiled.model.input == Input::Tokens(size) && compiled.plan.output == Output::Every;
    if !predicts || compiled.plan.is_bidirectional() {
        return None;
    }
    let (mut loss, mut count) = (0.0, 0usize);
    for (steps, outputs) in data.iter().zip(outputs) {
        let Steps::Tokens(ids) = steps else {
            return None;
        };
        for (output, next) in outputs.chunks(size.max(1)).zip(ids.iter().skip(1)) {
            let of_next = output.get(*next as usize).copied().unwrap_or(0.0);
            loss -= f64::from(of_next.max(f32::MIN_POSITIVE)).ln();
            count += 1;
        }
    }
    (count > 0).then(|| (loss / count as f64).exp())
}
