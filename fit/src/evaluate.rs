//! What a network lost on the way from training to deployment.

use recurve_compiler::model::Model;
use recurve_compiler::reference::{run, run_skipping};
use recurve_compiler::sequences::Sequences;

use crate::parallel::each;
use crate::{Error, Progress};

/// A network beside the one that was trained, both executed by the reference executor.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Sequences that were run.
    pub sequences: usize,
    /// The share of sequences that each assigns to their class, where the data has labels.
    pub accuracy: Option<Accuracy>,
    /// `|y - y'| / |y|` over the last outputs of all sequences.
    pub difference: f64,
    /// The share of sequences with the same largest output.
    pub agreement: f64,
    /// The share of steps that the deployed network executes.
    pub updates: f64,
}

/// Shares of sequences whose largest last output is the one of their label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Accuracy {
    /// Of the network that was trained.
    pub trained: f64,
    /// Of the network that is deployed.
    pub deployed: f64,
}

#[derive(Default)]
struct Sums {
    trained: usize,
    deployed: usize,
    agree: usize,
    missed: f64,
    all: f64,
    steps: usize,
    updates: usize,
}

/// Runs both networks over all sequences, on all processors.
///
/// # Errors
/// Data that cannot be read, has no sequence, or labels beyond the outputs.
pub fn evaluate(
    trained: &Model,
    deployed: &Model,
    data: &Sequences,
    progress: &mut dyn Progress,
) -> Result<Evaluation, Error> {
    let labels = data.labels()?;
    if let Some(label) = labels.iter().flatten().find(|label| **label as usize >= trained.output_size()) {
        let message = format!("a label is {label}, and the network has {} outputs", trained.output_size());
        return Err(Error::new(message).help("`labels` count from 0"));
    }
    let sequences: Vec<usize> = (0..data.count()).filter(|at| data.length(*at) > 0).collect();
    if sequences.is_empty() {
        return Err(Error::new("the data has no sequence with a step"));
    }
    progress.begin("evaluating", sequences.len() as u64);
    let mut sums = Sums::default();
    for one in
        each(&sequences, progress, |sequence| of_one(trained, deployed, data, labels.as_deref(), sequence))?
    {
        sums.add(&one);
    }
    progress.end();
    let share = |count: usize| count as f64 / sequences.len() as f64;
    Ok(Evaluation {
        sequences: sequences.len(),
        accuracy: labels.map(|_| Accuracy { trained: share(sums.trained), deployed: share(sums.deployed) }),
        difference: if sums.all > 0.0 { (sums.missed / sums.all).sqrt() } else { 0.0 },
        agreement: share(sums.agree),
        updates: sums.updates as f64 / sums.steps.max(1) as f64,
    })
}

fn of_one(
    trained: &Model,
    deployed: &Model,
    data: &Sequences,
    labels: Option<&[u32]>,
    sequence: usize,
) -> Result<Sums, Error> {
    let steps = data.inputs(sequence, data.length(sequence))?;
    let expected = run(trained, &steps.as_inputs()).pop().unwrap_or_default();
    let (found, updates) = match deployed.skip {
        None => (run(deployed, &steps.as_inputs()).pop().unwrap_or_default(), steps.as_inputs().len()),
        Some(_) => {
            let (mut outputs, decisions) = run_skipping(deployed, &steps.as_inputs());
            (outputs.pop().unwrap_or_default(), decisions.iter().filter(|decision| decision.update).count())
        }
    };
    let (of_trained, of_deployed) = (largest(&expected), largest(&found));
    let label = labels.and_then(|labels| labels.get(sequence)).map(|label| *label as usize);
    Ok(Sums {
        trained: usize::from(label == of_trained),
        deployed: usize::from(label == of_deployed),
        agree: usize::from(of_trained == of_deployed),
        missed: expected.iter().zip(&found).map(|(y, other)| (y - other).powi(2)).sum(),
        all: expected.iter().map(|y| y * y).sum(),
        steps: steps.as_inputs().len(),
        updates,
    })
}

pub(crate) fn largest(outputs: &[f64]) -> Option<usize> {
    outputs.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map(|(place, _)| place)
}

impl Sums {
    fn add(&mut self, other: &Sums) {
        self.trained += other.trained;
        self.deployed += other.deployed;
        self.agree += other.agree;
        self.missed += other.missed;
        self.all += other.all;
        self.steps += other.steps;
        self.updates += other.updates;
    }
}
