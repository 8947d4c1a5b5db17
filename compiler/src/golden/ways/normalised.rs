//! What flows between two layers, normalised.

use super::{Outcome, Trial, Way};
use crate::model::Layer;
use crate::reference::{activate, sums};

pub(super) struct Normalised {
    pub(super) place: Place,
    pub(super) norm: Norm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In front of the layer; behind the last one for as many layers as there are.
    Before(usize),
    /// Between the sums of the linear layer and their activation.
    BeforeActivation(usize),
}

#[derive(Debug, Clone)]
pub(super) enum Norm {
    /// `scale * x + shift`; one number stands for all.
    Affine { scale: Vec<f64>, shift: Vec<f64> },
    /// `gain * (x - mean) / sqrt(var + epsilon) + shift`, with the mean and the variance of the numbers of a step.
    OfStep { gain: Vec<f64>, shift: Vec<f64>, epsilon: f64 },
    /// `(x - mean) / deviation` of each feature, over the steps of the sequence.
    OfSequence,
}

impl Way for Normalised {
    fn is_causal(&self) -> bool {
        !matches!(self.norm, Norm::OfSequence)
    }

    fn from(&self) -> usize {
        let (Place::Before(place) | Place::BeforeActivation(place)) = self.place;
        place
    }

    fn outcome(&self, trial: &Trial<'_>) -> Outcome {
        let place = self.from();
        let steps = trial.reads(place);
        Outcome::of(match (self.place, trial.model.layers.get(place)) {
            (Place::BeforeActivation(_), Some(Layer::Linear(linear))) => {
                let sums = self.norm.apply(steps.iter().map(|x| sums(linear, x)).collect());
                let activated = sums.into_iter().map(|y| activate(linear.activation, y)).collect();
                trial.onwards(place + 1, activated)
            }
            _ => trial.onwards(place, self.norm.apply(steps.to_vec())),
        })
    }
}

impl Norm {
    fn apply(&self, mut steps: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
        match self {
            Norm::Affine { scale, shift } => {
                for step in &mut steps {
                    each(step, |place, x| pick(scale, place) * x + pick(shift, place));
                }
            }
            Norm::OfStep { gain, shift, epsilon } => {
                for step in &mut steps {
                    let (mean, variance) = moments(step.iter().copied());
                    let deviation = (variance + epsilon).sqrt();
                    each(step, |place, x| pick(gain, place) * ((x - mean) / deviation) + pick(shift, place));
                }
            }
            Norm::OfSequence => {
                for place in 0..steps.first().map_or(0, Vec::len) {
                    let (mean, variance) = moments(steps.iter().map(|step| step[place]));
                    let deviation = if variance > 0.0 { variance.sqrt() } else { 1.0 };
                    for step in &mut steps {
                        step[place] = (step[place] - mean) / deviation;
                    }
                }
            }
        }
        steps
    }
}

fn each(step: &mut [f64], change: impl Fn(usize, f64) -> f64) {
    for (place, x) in step.iter_mut().enumerate() {
        *x = change(place, *x);
    }
}

fn pick(numbers: &[f64], place: usize) -> f64 {
    numbers.get(place).or(numbers.first()).copied().unwrap_or(0.0)
}

/// Mean and variance.
fn moments(numbers: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let count = numbers.clone().count().max(1) as f64;
    let mean = numbers.clone().sum::<f64>() / count;
    (mean, numbers.map(|x| (x - mean) * (x - mean)).sum::<f64>() / count)
}
