//! What each insensitive ratio saves and loses.

use recurve_compiler::model::{DualModule, Layer, Model, Thresholds};
use recurve_compiler::plan::Plan;
use recurve_compiler::reference::{run, run_counting};
use recurve_compiler::sequences::Sequences;

use crate::evaluate::largest;
use crate::parallel::each;
use crate::{Error, Progress};

/// Multiply-accumulates that one point may take.
const WORK: u64 = 4_000_000_000;
const RATIOS: [f32; 10] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/// What a network with dual modules saves and loses on sequences that they have not seen.
#[derive(Debug, Clone)]
pub struct Curve {
    /// Sequences that were run.
    pub sequences: usize,
    /// By the insensitive ratio of calibration.
    pub points: Vec<Point>,
}

/// A point of a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The insensitive ratio that was asked for.
    pub ratio: f64,
    /// The share of rows that was not read.
    pub insensitive: f64,
    /// Bytes of the layers' weights that were read, the little modules' included, over all.
    pub bytes: f64,
    /// The share of outputs whose largest number is at the same place as without little modules.
    pub agreement: f64,
    /// `|y - y'| / |y|` over all outputs.
    pub difference: f64,
}

/// Runs `model`, which has dual modules, at each ratio over the sequences that they were not learned from.
///
/// # Errors
/// Where the data has no such sequences, or cannot be read.
pub fn trade_off(model: &Model, data: &Sequences, progress: &mut dyn Progress) -> Result<Curve, Error> {
    let held_out = super::split(data)?.1;
    let plan = Plan::new(model);
    let cost = 2 * model.macs().max(1);
    let mut left = WORK;
    let mut chosen = Vec::new();
    for sequence in held_out {
        let work = cost.saturating_mul(data.length(sequence) as u64);
        if work > left && !chosen.is_empty() {
            break;
        }
        left = left.saturating_sub(work);
        chosen.push(sequence);
    }
    progress.begin("drawing the curve", (chosen.len() * (RATIOS.len() + 1)) as u64);
    let dense = without(model);
    let plain = each(&chosen, progress, |sequence| {
        let inputs = data.inputs(sequence, data.length(sequence))?;
        Ok(run(&dense, &inputs.as_inputs()))
    })?;
    let mut points = Vec::new();
    for ratio in RATIOS {
        let turned = at_ratio(model, ratio);
        let runs = each(&chosen, progress, |sequence| {
            let inputs = data.inputs(sequence, data.length(sequence))?;
            Ok(run_counting(&turned, &inputs.as_inputs()))
        })?;
        let (mut same, mut all, mut apart, mut norm) = (0, 0, 0.0, 0.0);
        let (mut read, mut of, mut bytes, mut bytes_of) = (0, 0, 0, 0);
        for ((found, rows), expected) in runs.iter().zip(&plain) {
            for (found, expected) in found.iter().zip(expected) {
                all += 1;
                same += usize::from(largest(found) == largest(expected));
                apart += found.iter().zip(expected).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
                norm += expected.iter().map(|x| x.powi(2)).sum::<f64>();
            }
            for step in rows {
                for ((rows, _), dual) in step.iter().zip(plan.duals()) {
                    let row = dual.rows.row_bytes();
                    read += rows;
                    of += dual.rows.count;
                    bytes += rows * row + dual.little_bytes;
                    bytes_of += dual.rows.count * row;
                }
            }
        }
        points.push(Point {
            ratio: f64::from(ratio),
            insensitive: 1.0 - read as f64 / of.max(1) as f64,
            bytes: bytes as f64 / bytes_of.max(1) as f64,
            agreement: same as f64 / all.max(1) as f64,
            difference: (apart / norm.max(f64::MIN_POSITIVE)).sqrt(),
        });
    }
    progress.end();
    Ok(Curve { sequences: chosen.len(), points })
}

/// The network whose rows are all read.
fn without(model: &Model) -> Model {
    let mut model = model.clone();
    for layer in &mut model.layers {
        match layer {
            Layer::Recurrent(level) => level.dual.clear(),
            Layer::Linear(linear) => linear.dual = None,
            Layer::Embedding(_) => {}
        }
    }
    model
}

fn at_ratio(model: &Model, ratio: f32) -> Model {
    fn turn<L>(dual: &mut DualModule<L>, ratio: f32) {
        dual.thresholds = Thresholds::at(&dual.curve, ratio);
        dual.row_budget = None;
    }
    let mut model = model.clone();
    for layer in &mut model.layers {
        match layer {
            Layer::Recurrent(level) => level.dual.iter_mut().for_each(|dual| turn(dual, ratio)),
            Layer::Linear(linear) => linear.dual.iter_mut().for_each(|dual| turn(dual, ratio)),
            Layer::Embedding(_) => {}
        }
    }
    model
}
