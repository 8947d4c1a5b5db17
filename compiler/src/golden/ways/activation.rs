//! Another activation of a linear layer.

use super::{Outcome, Trial, Way};
use crate::model::{Layer, Model};
use crate::reference::{activate, sums};
use crate::spec::Activation;

/// A linear layer with another activation.
pub(in super::super) struct OtherActivation {
    place: usize,
    activation: Activation,
}

impl OtherActivation {
    /// `None` for a layer that has to be run as a whole.
    pub(in super::super) fn new(model: &Model, place: usize, activation: Activation) -> Option<Self> {
        match model.layers.get(place)? {
            Layer::Linear(linear) if linear.dual.is_none() && model.skip.is_none() => {
                Some(OtherActivation { place, activation })
            }
            Layer::Embedding(_) | Layer::Recurrent(_) | Layer::Linear(_) => None,
        }
    }
}

impl Way for OtherActivation {
    fn from(&self) -> usize {
        self.place
    }

    fn outcome(&self, trial: &Trial<'_>) -> Outcome {
        let Some(Layer::Linear(linear)) = trial.model.layers.get(self.place) else {
            return trial.plain();
        };
        let outputs = trial.reads(self.place).iter().map(|x| activate(self.activation, sums(linear, x)));
        Outcome::of(trial.onwards(self.place + 1, outputs.collect()))
    }
}
