//! Layers that read the last step first.

use super::{Alternative, Group, Outcome, Trial, Way, alternative, layer};
use crate::model::{Layer, Model};

struct Backwards {
    layers: Vec<usize>,
    /// Whether the outputs stand in the order of the steps again.
    turned_back: bool,
}

pub(super) fn push(model: &Model, list: &mut Vec<Alternative>) {
    let forward = |layer: &Layer| matches!(layer, Layer::Recurrent(level) if level.backward.is_none());
    let places: Vec<usize> = (0..model.layers.len()).filter(|&place| forward(&model.layers[place])).collect();
    let first = model.layers.iter().position(|layer| matches!(layer, Layer::Recurrent(_)));
    for turned_back in [false, true] {
        let mut push = |what: &str, layers: &[usize], feeds: bool| {
            let turned = if turned_back { ", and its outputs turned back" } else { "" };
            let mend = match (feeds, turned_back) {
                (true, false) => "give the network the steps of each sequence in reverse, in the trace too",
                (true, true) => {
                    "give the network the steps of each sequence in reverse and turn its outputs back, \
                     in the trace too"
                }
                (false, _) => "train it to read forward, or `bidirectional`",
            };
            list.push(alternative(
                Group::Backwards,
                format!(
                    "{what} reading backwards, from the last step to the first{turned}, which a spec cannot say yet"
                ),
                mend.to_owned(),
                Backwards { layers: layers.to_vec(), turned_back },
            ));
        };
        for &place in &places {
            let feeds = first == Some(place) && (!turned_back || places.len() == 1);
            push(&layer(model, place), &[place], feeds);
        }
        if places.len() > 1 {
            push("every recurrent layer", &places, turned_back && first == places.first().copied());
        }
    }
}

impl Way for Backwards {
    fn is_causal(&self) -> bool {
        false
    }

    fn from(&self) -> usize {
        self.layers.first().copied().unwrap_or(0)
    }

    fn outcome(&self, trial: &Trial<'_>) -> Outcome {
        let mut steps = trial.reads(self.from()).to_vec();
        for place in self.from()..trial.model.layers.len() {
            let is_backwards = self.layers.contains(&place);
            if is_backwards {
                steps.reverse();
            }
            steps = trial.run.layer(place, steps);
            if is_backwards && self.turned_back {
                steps.reverse();
            }
        }
        Outcome::of(steps)
    }
}
