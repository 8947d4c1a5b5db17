//! What stays in memory from one call to the next.

use super::{DualModule, Kind, Layer, Plan, Recurrent, Skip, dual_module};
use crate::spec::Output;

/// Where the output of the last step stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputPlace {
    /// It is the hidden vector of the last layer.
    State,
    /// In a field of its own.
    Field,
    /// Nowhere: the caller gets every output.
    Caller,
}

impl Plan {
    /// Where the output of the last step stays.
    pub fn output_place(&self) -> OutputPlace {
        if self.is_bidirectional() {
            return match self.output {
                Output::Every => OutputPlace::Caller,
                Output::Last => OutputPlace::Field,
            };
        }
        match self.body.last() {
            Some(Layer::Recurrent(level)) if !level.residual && self.head.is_empty() => OutputPlace::State,
            _ => OutputPlace::Field,
        }
    }

    /// The layers of a bidirectional model whose outputs are kept for a whole sequence: all from the first
    /// recurrent one on, but the last where the model's output needs its final states alone.
    pub fn kept_layers(&self) -> &[Layer] {
        let first = self.body.iter().position(|layer| matches!(layer, Layer::Recurrent(_)));
        let (Some(first), Some(_)) = (first, self.max_steps) else {
            return &[];
        };
        let last = match self.body.last() {
            Some(Layer::Recurrent(level)) if self.output == Output::Last && level.backward.is_some() => {
                self.body.len() - 1
            }
            _ => self.body.len(),
        };
        self.body.get(first..last).unwrap_or_default()
    }

    /// Bytes of what each layer keeps from step to step; of a bidirectional model, for a whole sequence.
    pub fn layer_state_bytes(&self) -> Vec<usize> {
        let kept = self.kept_layers();
        let first = self.body.iter().position(|layer| matches!(layer, Layer::Recurrent(_))).unwrap_or(0);
        let of_body =
            self.body.iter().enumerate().map(|(at, layer)| match (self.is_bidirectional(), layer) {
                (true, layer) if (first..first + kept.len()).contains(&at) => {
                    layer.output_size() * self.max_steps.unwrap_or(0) * size_of::<f32>()
                }
                (false, Layer::Recurrent(level)) => state(level),
                _ => 0,
            });
        of_body.chain(self.head.iter().map(|_| 0)).collect()
    }

    /// Bytes of a value of the generated type.
    pub fn state_bytes(&self) -> usize {
        let states: usize = match self.is_bidirectional() {
            true => {
                let kept: usize = self.kept_layers().iter().map(Layer::output_size).sum();
                kept * self.max_steps.unwrap_or(0) * size_of::<f32>()
            }
            false => self.body.iter().filter_map(Layer::as_recurrent).map(state).sum(),
        };
        let output = match self.output_place() {
            OutputPlace::Field => self.output_size,
            OutputPlace::State | OutputPlace::Caller => 0,
        };
        let numbers = states + output * size_of::<f32>();
        let skip = self.skip.as_ref().map_or(0, Skip::state_bytes);
        let duals = self.duals().count() * dual_module::STATE_BYTES;
        // A policy's counters are aligned, and so is a state with such counters behind it.
        let aligned: usize = match self.is_bidirectional() {
            true => 0,
            false => {
                let levels = self.body.iter().filter_map(Layer::as_recurrent);
                let with = levels.filter(|level| level.forward.dual.is_some());
                with.map(|level| state(level).next_multiple_of(8) - state(level)).sum()
            }
        };
        match skip + duals {
            0 => numbers,
            policies => (numbers + aligned + policies).next_multiple_of(size_of::<u64>()),
        }
    }

    /// The dual modules of all layers, in their order, of a level forward, then backward.
    pub fn duals(&self) -> impl Iterator<Item = &DualModule> {
        let of_body = self.body.iter().flat_map(|layer| match layer {
            Layer::Embedding(_) => Vec::new(),
            Layer::Linear(linear) => linear.dual.iter().collect(),
            Layer::Recurrent(level) => std::iter::once(&level.forward)
                .chain(&level.backward)
                .filter_map(|cell| cell.dual.as_ref())
                .collect(),
        });
        of_body.chain(self.head.iter().filter_map(|linear| linear.dual.as_ref()))
    }
}

impl Layer {
    /// The level, if the layer is recurrent.
    pub fn as_recurrent(&self) -> Option<&Recurrent> {
        match self {
            Layer::Recurrent(level) => Some(level),
            Layer::Embedding(_) | Layer::Linear(_) => None,
        }
    }
}

/// Bytes of the state of a level.
fn state(level: &Recurrent) -> usize {
    let (hidden, units) = (level.forward.hidden_size, level.forward.units);
    let cell = match level.forward.kind {
        Kind::Lstm { .. } if level.forward.is_fixed => units * size_of::<i16>(),
        Kind::Lstm { .. } => units * size_of::<f32>(),
        Kind::GruAfter { .. }
        | Kind::GruBefore { .. }
        | Kind::Rnn { .. }
        | Kind::FastRnn { .. }
        | Kind::FastGrnn { .. } => 0,
    };
    (hidden * size_of::<f32>() + cell).next_multiple_of(align_of::<f32>())
}
