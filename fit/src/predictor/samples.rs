//! What a predictor sees at each step of the frozen network, and what the step changes.

use recurve_compiler::model::{Model, Score, Skip};
use recurve_compiler::reference::{Stream, score};
use recurve_compiler::sequences::Sequences;
use recurve_compiler::spec::Change;

use crate::parallel::each;
use crate::{Error, Progress};

/// Steps that a predictor learns from, spread over all of them.
const MOST: usize = 40_000;
/// Multiply-accumulates that running the network may take.
const WORK: u64 = 30_000_000_000;

/// Steps of sequences.
pub(super) struct Samples {
    /// Numbers of each.
    pub(super) columns: usize,
    /// `[x; h]`, step after step.
    pub(super) seen: Vec<f32>,
    /// What each step changes in `h`.
    pub(super) changes: Vec<f64>,
}

impl Samples {
    /// Steps along the way that the network takes where `decider` says which steps are executed, or where all are.
    pub(super) fn collect(
        model: &Model,
        data: &Sequences,
        sequences: &[usize],
        change: Change,
        decider: Option<&Model>,
        progress: &mut dyn Progress,
    ) -> Result<Samples, Error> {
        let sequences = within(model, data, sequences, WORK);
        let steps: usize = sequences.iter().map(|sequence| data.length(*sequence)).sum();
        let stride = steps.div_ceil(MOST).max(1);
        progress.begin("running the network", sequences.len() as u64);
        let found = each(&sequences, progress, |sequence| {
            let steps = data.inputs(sequence, data.length(sequence))?;
            let mut stream = Stream::new(model);
            let (mut seen, mut changes) = (Vec::new(), Vec::new());
            // Each sequence starts elsewhere, so that a stride of the period of the data does no harm.
            let offset = sequence % stride;
            for (at, input) in steps.as_inputs().steps().enumerate() {
                let is_sample = at % stride == offset;
                let before = stream.seen(input);
                let feeds = decider.is_none_or(|network| feeds(network, &before));
                if !is_sample && !feeds {
                    continue;
                }
                let mut next = stream.clone();
                next.execute(input);
                if is_sample {
                    changes.push(distance(change, stream.hidden(), next.hidden()));
                    seen.extend(before.into_iter().map(|number| number as f32));
                }
                if feeds {
                    stream = next;
                }
            }
            Ok((seen, changes))
        })?;
        progress.end();
        let hidden = model.last_recurrent().map_or(0, |level| level.forward.hidden_size());
        let columns = model.read_size() + hidden;
        let (mut seen, mut changes) = (Vec::new(), Vec::new());
        for (some, its) in found {
            seen.extend(some);
            changes.extend(its);
        }
        Ok(Samples { columns, seen, changes })
    }

    /// These and `others`.
    pub(super) fn with(mut self, others: Samples) -> Samples {
        self.seen.extend(others.seen);
        self.changes.extend(others.changes);
        self
    }

    /// The change that a share of the steps stay below.
    pub(super) fn quantile(&self, share: f64) -> f64 {
        quantile(&self.changes, share)
    }

    /// Whether each step changes at least as much as `boundary`.
    pub(super) fn labels(&self, boundary: f64) -> Result<Vec<bool>, Error> {
        let labels: Vec<bool> = self.changes.iter().map(|change| *change >= boundary).collect();
        let feed = labels.iter().filter(|label| **label).count();
        if feed == 0 || feed == labels.len() {
            let all = if feed == 0 { "skipped" } else { "executed" };
            let message = format!("all {} steps of the data would be labelled as {all}", labels.len());
            return Err(Error::new(message).help(
                "there is nothing to tell apart: do the steps change the state at all? another `quantile`, \
                 or more data, may help",
            ));
        }
        Ok(labels)
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.seen.chunks(self.columns.max(1))
    }

    /// Mean and deviation of each column.
    pub(super) fn scale(&self) -> Vec<(f64, f64)> {
        let count = self.changes.len().max(1) as f64;
        let mut sums = vec![(0.0, 0.0); self.columns];
        for row in self.rows() {
            for (sum, number) in sums.iter_mut().zip(row) {
                sum.0 += f64::from(*number);
                sum.1 += f64::from(*number).powi(2);
            }
        }
        sums.into_iter()
            .map(|(sum, squares)| {
                let mean = sum / count;
                let deviation = (squares / count - mean * mean).max(0.0).sqrt();
                (mean, if deviation > 1e-6 { deviation } else { 1.0 })
            })
            .collect()
    }

    /// The score that a predictor gives to each step.
    pub(super) fn scores(&self, form: &Score) -> Vec<f64> {
        self.rows().map(|row| score(form, &row.iter().map(|x| f64::from(*x)).collect::<Vec<_>>())).collect()
    }
}

/// Whether the network's predictor wants the step that sees this.
fn feeds(network: &Model, seen: &[f64]) -> bool {
    match &network.skip {
        Some(Skip::Predictor(predictor)) => score(&predictor.form, seen) >= f64::from(predictor.threshold),
        _ => true,
    }
}

/// How far `h` moved.
pub(super) fn distance(change: Change, before: &[f64], after: &[f64]) -> f64 {
    let pairs = || before.iter().zip(after);
    match change {
        Change::L2 => pairs().map(|(a, b)| (b - a).powi(2)).sum::<f64>().sqrt(),
        Change::Cosine => {
            let norm = |h: &[f64]| h.iter().map(|x| x * x).sum::<f64>().sqrt();
            let norms = norm(before) * norm(after);
            let product: f64 = pairs().map(|(a, b)| a * b).sum();
            // A vector of zeros has no direction: any that follows is as far as can be.
            if norms > 0.0 { 1.0 - product / norms } else { 1.0 }
        }
    }
}

/// As many of the sequences, spread over them, as the network can run over within `work`.
pub(super) fn within(model: &Model, data: &Sequences, sequences: &[usize], work: u64) -> Vec<usize> {
    let steps: u64 = sequences.iter().map(|sequence| data.length(*sequence) as u64).sum();
    let all = steps.saturating_mul(model.macs().max(1));
    let every = usize::try_from(all.div_ceil(work.max(1))).unwrap_or(usize::MAX).max(1);
    sequences.iter().copied().step_by(every).collect()
}

/// The number that a share of the numbers stay below.
pub(super) fn quantile(numbers: &[f64], share: f64) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (share * sorted.len() as f64) as usize;
    sorted.get(place.min(sorted.len().saturating_sub(1))).copied().unwrap_or(0.0)
}
