//! The layout of what decides which steps are executed.

use super::{Blob, Layer, Place};
use crate::model::{self, Ends, Model, Node, Score};
use crate::reference::Stream;
use crate::spec::Time;

/// Numbers of a vector register; rows of weights are padded to a multiple.
const LANES: usize = 16;

/// A policy with its numbers placed.
#[derive(Debug, Clone)]
pub struct Skip {
    pub kind: SkipKind,
    /// Numbers that a predictor reads of each input.
    pub read_size: usize,
    /// The output before the first executed step, unless that is a state.
    pub rest: Option<Place>,
    /// Multiply-accumulates of a decision.
    pub macs: u64,
}

#[derive(Debug, Clone)]
pub enum SkipKind {
    Window {
        gate: Affine,
        time: Time,
        budget: usize,
        threshold: f32,
    },
    SkipRnn {
        gate: Affine,
        threshold: f32,
        adjustable: bool,
    },
    Logistic {
        weight: Affine,
        threshold: f32,
    },
    Mlp {
        layers: Box<[Affine; 3]>,
        threshold: f32,
    },
    Forest {
        trees: usize,
        nodes: usize,
        feature: Place,
        at: Place,
        children: Place,
        value: Place,
        threshold: f32,
    },
    StopTokens(Vec<u32>),
    Concat(Ends),
}

/// Rows of weights, each padded with zeros.
#[derive(Debug, Clone, Copy)]
pub struct Affine {
    pub rows: usize,
    /// Groups of 16 in a row.
    pub groups: usize,
    pub weight: Place,
    pub bias: Place,
}

impl Skip {
    /// `body` are the layers that it belongs to.
    pub(super) fn new(skip: &model::Skip, model: &Model, body: &[Layer], weights: &mut Blob) -> Skip {
        let kind = match skip {
            model::Skip::Window(window) => SkipKind::Window {
                gate: Affine::new(&window.gate, weights),
                time: window.time,
                budget: window.budget,
                threshold: window.threshold,
            },
            model::Skip::SkipRnn(skip) => SkipKind::SkipRnn {
                gate: Affine::new(&skip.gate, weights),
                threshold: skip.threshold,
                adjustable: skip.adjustable,
            },
            model::Skip::Predictor(predictor) => self::predictor(predictor, weights),
            model::Skip::StopTokens(ids) => SkipKind::StopTokens(ids.clone()),
            model::Skip::Concat(ends) => SkipKind::Concat(*ends),
        };
        // Behind a residual connection the output at rest is that of an input of zeros.
        let is_state = matches!(body.last(), Some(Layer::Recurrent(level)) if !level.residual)
            && body.len() == model.layers.len();
        let output = Stream::new(model).output().to_vec();
        let rest = (!is_state).then(|| weights.f32s(output.iter().map(|number| *number as f32)));
        Skip { kind, read_size: model.read_size(), rest, macs: skip.macs() }
    }

    /// Bytes of what it remembers.
    pub fn state_bytes(&self) -> usize {
        const COUNT: usize = 3 * size_of::<u64>();
        let bytes = match &self.kind {
            SkipKind::Window { gate, .. } => COUNT + 4 * gate.rows + 2 * gate.rows + 3 * 4 + 3 * 2 + 1,
            SkipKind::SkipRnn { .. } => COUNT + 3 * 4,
            SkipKind::Logistic { .. } | SkipKind::Mlp { .. } | SkipKind::Forest { .. } => COUNT + 4,
            SkipKind::StopTokens(_) | SkipKind::Concat(_) => COUNT,
        };
        bytes.next_multiple_of(size_of::<u64>())
    }

    /// Bytes of the arrays that a decision needs on the stack.
    pub fn scratch_bytes(&self) -> usize {
        let affine = |affine: &Affine| size_of::<f32>() * (affine.groups * LANES + affine.rows);
        match &self.kind {
            SkipKind::Window { gate, .. } | SkipKind::SkipRnn { gate, .. } => affine(gate),
            SkipKind::Logistic { weight, .. } => affine(weight),
            SkipKind::Mlp { layers, .. } => layers.iter().map(affine).sum(),
            SkipKind::Forest { .. } | SkipKind::StopTokens(_) | SkipKind::Concat(_) => 0,
        }
    }

    /// What it is, for documentation: `window of 10`.
    pub fn title(&self) -> String {
        match &self.kind {
            SkipKind::Window { gate, .. } => format!("window of {}", gate.rows),
            SkipKind::SkipRnn { adjustable: false, .. } => "skip_rnn".into(),
            SkipKind::SkipRnn { adjustable: true, .. } => "thr_rnn".into(),
            SkipKind::Logistic { .. } => "logistic predictor".into(),
            SkipKind::Mlp { layers, .. } => {
                let [first, second, _] = &**layers;
                format!("predictor of {} and {} units", first.rows, second.rows)
            }
            SkipKind::Forest { trees: 1, .. } => "decision tree".into(),
            SkipKind::Forest { trees, .. } => format!("forest of {trees} trees"),
            SkipKind::StopTokens(ids) => format!("{} stop tokens", ids.len()),
            SkipKind::Concat(ends) => format!("the first {} and the last {} inputs", ends.first, ends.last),
        }
    }

    /// Whether the model can be given an input without those after it.
    pub fn is_streaming(&self) -> bool {
        !matches!(self.kind, SkipKind::Concat(_))
    }

    /// Steps of a window, where there are windows.
    pub fn window(&self) -> Option<usize> {
        match &self.kind {
            SkipKind::Window { gate, .. } => Some(gate.rows),
            SkipKind::SkipRnn { .. }
            | SkipKind::Logistic { .. }
            | SkipKind::Mlp { .. }
            | SkipKind::Forest { .. }
            | SkipKind::StopTokens(_)
            | SkipKind::Concat(_) => None,
        }
    }

    /// Whether there is a threshold that can be moved at run time.
    pub fn has_threshold(&self) -> bool {
        match &self.kind {
            SkipKind::SkipRnn { adjustable, .. } => *adjustable,
            SkipKind::StopTokens(_) | SkipKind::Concat(_) => false,
            SkipKind::Window { .. }
            | SkipKind::Logistic { .. }
            | SkipKind::Mlp { .. }
            | SkipKind::Forest { .. } => true,
        }
    }

    /// Whether inputs that will be skipped are known before they are there.
    pub fn foresees(&self) -> bool {
        matches!(self.kind, SkipKind::Window { .. } | SkipKind::SkipRnn { .. })
    }
}

impl Affine {
    fn new(affine: &model::Affine, weights: &mut Blob) -> Affine {
        let columns = affine.weight.columns;
        let groups = columns.div_ceil(LANES);
        let padding = groups * LANES - columns;
        let rows = affine.weight.data.chunks(columns.max(1));
        let padded = rows.flat_map(|row| row.iter().copied().chain(std::iter::repeat_n(0.0, padding)));
        Affine {
            rows: affine.bias.len(),
            groups,
            weight: weights.f32s(padded),
            bias: weights.f32s(affine.bias.iter().copied()),
        }
    }
}

fn predictor(predictor: &model::Predictor, weights: &mut Blob) -> SkipKind {
    let threshold = predictor.threshold;
    match &predictor.form {
        Score::Logistic(weight) => SkipKind::Logistic { weight: Affine::new(weight, weights), threshold },
        Score::Mlp(layers) => {
            let layers = layers.each_ref().map(|layer| Affine::new(layer, weights));
            SkipKind::Mlp { layers: Box::new(layers), threshold }
        }
        Score::Trees(trees) => {
            let all = || trees.iter().flatten();
            // Nodes and features are fewer than 2^16: a spec that had more was refused.
            let short = |number: usize| number as u16;
            let children = |node: &Node| [short(node.left), short(node.right)];
            SkipKind::Forest {
                trees: trees.len(),
                nodes: trees.first().map_or(0, Vec::len),
                feature: weights.u16s(all().map(|node| short(node.feature))),
                at: weights.f32s(all().map(|node| node.threshold)),
                children: weights.u16s(all().flat_map(children)),
                value: weights.f32s(all().map(|node| node.value)),
                threshold,
            }
        }
    }
}
