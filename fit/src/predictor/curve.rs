//! What each threshold saves and loses, beside the ideal predictor and the published baselines.

use std::collections::BTreeMap;

use recurve_compiler::model::{Ends, Model, Skip};
use recurve_compiler::reference::{Stream, run, run_skipping};
use recurve_compiler::sequences::{Sequences, Steps};
use recurve_compiler::spec::Change;

use super::samples::{distance, quantile, within};
use crate::evaluate::largest;
use crate::parallel::each;
use crate::{Error, Progress};

/// Multiply-accumulates that one point may take.
const WORK: u64 = 6_000_000_000;
/// Points of the predictor's curve, at these shares of the scores.
const SHARES: [f64; 12] = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.85];
/// Points of the ideal predictor's and of the baselines' curves.
const BOUNDS: [f64; 7] = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
/// A threshold may lose this share of sequences (Tao et al. 2019).
pub const LOSS: f64 = 0.003;
/// It may give this share another class. Where the network was trained on the data its accuracy hides what is lost: there
/// many of its classes are right however they come about.
pub const CHANGED: f64 = 0.01;

/// What a network that skips saves and loses on sequences that its predictor has not seen.
#[derive(Debug, Clone)]
pub struct Curve {
    /// Sequences that were run.
    pub sequences: usize,
    /// Every step executed.
    pub plain: Point,
    /// The predictor, by its threshold.
    pub predictor: Vec<Point>,
    /// The ideal predictor, by the change of a step that is not worth it: it computes what it skips, and saves nothing.
    pub ideal: Vec<Point>,
    /// `concat`, by the inputs at each end.
    pub concat: Vec<Point>,
    /// `stop_tokens`, by how many of the most frequent ids are left out; empty for features.
    pub stop_tokens: Vec<Point>,
    /// The threshold with the fewest multiply-accumulates among those that lose at most [`LOSS`] and change at most
    /// [`CHANGED`]; 0 where there is none that saves anything.
    pub chosen: f64,
}

/// A point of a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// What the curve is drawn by.
    pub at: f64,
    /// The share of steps that are executed.
    pub updates: f64,
    /// Multiply-accumulates, the predictor's included, over those of every step executed.
    pub macs: f64,
    /// The share of sequences that get the class of their label, where there are labels.
    pub accuracy: Option<f64>,
    /// The share of sequences with the same largest output as every step executed gives.
    pub agreement: f64,
    /// `|y - y'| / |y|` over the last outputs.
    pub difference: f64,
}

impl Point {
    /// Whether little enough is lost against `plain`.
    fn is_good(&self, plain: &Point) -> bool {
        let lost = self.accuracy.zip(plain.accuracy).map_or(0.0, |(accuracy, plain)| plain - accuracy);
        lost <= LOSS && 1.0 - self.agreement <= CHANGED
    }
}

pub(super) struct Sweep<'a> {
    pub(super) model: &'a Model,
    pub(super) data: &'a Sequences,
    pub(super) held_out: &'a [usize],
    pub(super) training: &'a [usize],
    pub(super) change: Change,
    /// What the steps change where every one is executed.
    pub(super) changes: &'a [f64],
}

impl Sweep<'_> {
    pub(super) fn run(
        &self,
        network: &Model,
        scores: &[f64],
        progress: &mut dyn Progress,
    ) -> Result<Curve, Error> {
        let sequences = within(self.model, self.data, self.held_out, WORK);
        let labels = self.data.labels()?;
        let frequent = self.frequent_ids()?;
        let points = 1 + SHARES.len() + BOUNDS.len() * if frequent.is_empty() { 2 } else { 3 };
        progress.begin("measuring thresholds", (points * sequences.len()) as u64);
        let mut bench = Bench {
            data: self.data,
            labels: labels.as_deref(),
            sequences: &sequences,
            macs: self.model.macs().max(1) as f64,
            plain: Vec::new(),
            progress,
        };
        bench.plain = each(bench.sequences, bench.progress, |sequence| {
            let steps = self.data.inputs(sequence, self.data.length(sequence))?;
            Ok(run(self.model, &steps.as_inputs()).pop().unwrap_or_default())
        })?;
        let plain = bench.summary(1.0, 0.0, &bench.plain, self.steps(&sequences));

        let mut predictor = Vec::new();
        for threshold in thresholds(scores) {
            let network = with_threshold(network, threshold);
            let decision = network.skip.as_ref().map_or(0, Skip::macs) as f64;
            predictor.push(bench.point(threshold, decision, |steps| skipping(&network, steps))?);
        }
        let mut ideal = Vec::new();
        for share in BOUNDS {
            let boundary = quantile(self.changes, share);
            ideal.push(bench.point(boundary, 0.0, |steps| self.ideally(steps, boundary))?);
        }
        let mean = self.steps(&sequences) as f64 / sequences.len().max(1) as f64;
        let mut concat = Vec::new();
        for share in BOUNDS {
            let ends = ((1.0 - share) * mean / 2.0).round() as usize;
            let network = with(self.model, Skip::Concat(Ends { first: ends, last: ends }));
            concat.push(bench.point(ends as f64, 0.0, |steps| skipping(&network, steps))?);
        }
        let mut stop_tokens = Vec::new();
        if !frequent.is_empty() {
            for share in BOUNDS {
                let mut ids = covering(&frequent, share);
                ids.sort_unstable();
                let network = with(self.model, Skip::StopTokens(ids.clone()));
                stop_tokens.push(bench.point(ids.len() as f64, 0.0, |steps| skipping(&network, steps))?);
            }
        }
        bench.progress.end();
        let good = predictor.iter().filter(|point| point.is_good(&plain) && point.macs < 1.0);
        let chosen = good.min_by(|a, b| a.macs.total_cmp(&b.macs)).map_or(0.0, |point| point.at);
        Ok(Curve { sequences: sequences.len(), plain, predictor, ideal, concat, stop_tokens, chosen })
    }

    fn steps(&self, sequences: &[usize]) -> usize {
        sequences.iter().map(|sequence| self.data.length(*sequence)).sum()
    }

    /// Executes a step and takes it back where it changed less than `boundary`.
    fn ideally(&self, steps: &Steps, boundary: f64) -> (Vec<f64>, usize) {
        let mut stream = Stream::new(self.model);
        let mut updates = 0;
        for input in steps.as_inputs().steps() {
            let mut next = stream.clone();
            next.execute(input);
            if distance(self.change, stream.hidden(), next.hidden()) >= boundary {
                stream = next;
                updates += 1;
            }
        }
        (stream.output().to_vec(), updates)
    }

    /// The ids of the training sequences, the most frequent first, with how often they occur.
    fn frequent_ids(&self) -> Result<Vec<(u32, usize)>, Error> {
        let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
        for sequence in self.training {
            if let Steps::Tokens(ids) = self.data.inputs(*sequence, self.data.length(*sequence))? {
                ids.into_iter().for_each(|id| *counts.entry(id).or_default() += 1);
            }
        }
        let mut ids: Vec<(u32, usize)> = counts.into_iter().collect();
        ids.sort_by_key(|(id, count)| (std::cmp::Reverse(*count), *id));
        Ok(ids)
    }
}

/// Scores that let these shares of the steps through, one half, and 0.
fn thresholds(scores: &[f64]) -> Vec<f64> {
    let mut sorted = scores.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |share: &f64| sorted.get((share * sorted.len() as f64) as usize).copied();
    let mut all: Vec<f64> = SHARES.iter().filter_map(at).map(|score| f64::from(score as f32)).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}

/// The most frequent ids that make up about this share of all.
fn covering(frequent: &[(u32, usize)], share: f64) -> Vec<u32> {
    let all: usize = frequent.iter().map(|(_, count)| count).sum();
    let mut covered = 0;
    let within = frequent.iter().take_while(|(_, count)| {
        covered += count;
        covered as f64 <= share * all as f64
    });
    within.map(|(id, _)| *id).collect()
}

fn with(model: &Model, skip: Skip) -> Model {
    Model { skip: Some(skip), ..model.clone() }
}

fn with_threshold(network: &Model, threshold: f64) -> Model {
    let mut network = network.clone();
    if let Some(Skip::Predictor(predictor)) = &mut network.skip {
        predictor.threshold = threshold as f32;
    }
    network
}

/// The last output, and how many steps were executed.
fn skipping(network: &Model, steps: &Steps) -> (Vec<f64>, usize) {
    let (mut outputs, decisions) = run_skipping(network, &steps.as_inputs());
    let updates = decisions.iter().filter(|decision| decision.update).count();
    (outputs.pop().unwrap_or_default(), updates)
}

struct Bench<'a> {
    data: &'a Sequences,
    labels: Option<&'a [u32]>,
    sequences: &'a [usize],
    /// Of an executed step.
    macs: f64,
    /// The last output of each sequence with every step executed.
    plain: Vec<Vec<f64>>,
    progress: &'a mut dyn Progress,
}

impl Bench<'_> {
    fn point(
        &mut self,
        at: f64,
        decision: f64,
        run: impl Fn(&Steps) -> (Vec<f64>, usize) + Sync,
    ) -> Result<Point, Error> {
        let data = self.data;
        let found = each(self.sequences, self.progress, |sequence| {
            Ok(run(&data.inputs(sequence, data.length(sequence))?))
        })?;
        let updates = found.iter().map(|(_, updates)| updates).sum();
        let outputs: Vec<Vec<f64>> = found.into_iter().map(|(output, _)| output).collect();
        Ok(self.summary(at, decision, &outputs, updates))
    }

    fn summary(&self, at: f64, decision: f64, outputs: &[Vec<f64>], updates: usize) -> Point {
        let steps: usize = self.sequences.iter().map(|sequence| self.data.length(*sequence)).sum();
        let share = |count: usize| count as f64 / self.sequences.len().max(1) as f64;
        let right = self.labels.map(|labels| {
            let pairs = self.sequences.iter().zip(outputs);
            let of = |sequence: &usize| labels.get(*sequence).map(|label| *label as usize);
            share(pairs.filter(|(sequence, output)| of(sequence) == largest(output)).count())
        });
        let pairs = || self.plain.iter().zip(outputs);
        let same = pairs().filter(|(plain, output)| largest(plain) == largest(output)).count();
        let squares = |numbers: &mut dyn Iterator<Item = f64>| numbers.map(|x| x * x).sum::<f64>();
        let missed: f64 =
            pairs().map(|(plain, output)| squares(&mut plain.iter().zip(output).map(|(a, b)| a - b))).sum();
        let all: f64 = self.plain.iter().map(|plain| squares(&mut plain.iter().copied())).sum();
        let updates = updates as f64 / steps.max(1) as f64;
        Point {
            at,
            updates,
            macs: updates + decision / self.macs,
            accuracy: right,
            agreement: share(same),
            difference: if all > 0.0 { (missed / all).sqrt() } else { 0.0 },
        }
    }
}
