//! Gates that are straight lines between 0 and 1.

use super::{Alternative, Group, Outcome, Trial, Way, alternative};
use crate::diagnostic::quoted;
use crate::model::{Cell, Layer, Model};
use crate::reference::Gate;

struct HardGates {
    layers: Vec<usize>,
    gate: Gate,
}

fn of_fifths(x: f64) -> f64 {
    (0.2 * x + 0.5).clamp(0.0, 1.0)
}

fn of_sixths(x: f64) -> f64 {
    (x / 6.0 + 0.5).clamp(0.0, 1.0)
}

const GATES: [(Gate, &str); 2] = [
    (of_fifths, "`0.2 x + 0.5` as in Keras 2 and ONNX"),
    (of_sixths, "`x / 6 + 0.5` as in PyTorch and Keras 3"),
];

pub(super) fn push(model: &Model, list: &mut Vec<Alternative>) {
    let has_gates = |layer: &Layer| match layer {
        Layer::Recurrent(level) => {
            level.dual.is_empty() && matches!(level.forward, Cell::Lstm(_) | Cell::Gru(_))
        }
        Layer::Embedding(_) | Layer::Linear(_) => false,
    };
    let places: Vec<usize> =
        (0..model.layers.len()).filter(|&place| has_gates(&model.layers[place])).collect();
    let mut names: Vec<&str> = places.iter().map(|&place| model.layers[place].name()).collect();
    names.dedup();
    let mut groups = vec![(String::new(), places.clone())];
    if names.len() > 1 {
        groups.extend(names.into_iter().map(|name| {
            let of_layer = places.iter().copied().filter(|&place| model.layers[place].name() == name);
            (format!(" in layer {}", quoted(name)), of_layer.collect())
        }));
    }
    for (which, layers) in groups.into_iter().filter(|(_, layers)| !layers.is_empty()) {
        for (gate, slope) in GATES {
            list.push(alternative(
                Group::HardGates,
                format!("`hard_sigmoid` gates{which}, {slope}, which a spec cannot say yet"),
                "train with `sigmoid` gates: `recurrent_activation=\"sigmoid\"` in Keras".to_owned(),
                HardGates { layers: layers.clone(), gate },
            ));
        }
    }
}

impl Way for HardGates {
    fn from(&self) -> usize {
        self.layers.first().copied().unwrap_or(0)
    }

    fn outcome(&self, trial: &Trial<'_>) -> Outcome {
        let run = |steps, place| match self.layers.contains(&place) {
            true => trial.run.layer_with(place, steps, self.gate),
            false => trial.run.layer(place, steps),
        };
        let from = self.from();
        Outcome::of((from..trial.model.layers.len()).fold(trial.reads(from).to_vec(), run))
    }
}
