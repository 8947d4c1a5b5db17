//! What crosses the boundary between a cache and the memory behind it in a sequence.
//!
//! A cache keeps what was read last. Weights that fit into it are read once; of more, read again and again in the same
//! order, nothing is left when its turn comes, and of those read back and forth what it has room for. That is how a cache
//! that replaces what was used longest ago behaves, and what cachegrind counts of the same models (`bench/traffic.sh`).
//!
//! Data reuse efficiency: the bytes that have to move, each weight, input and output once and the state there and
//! back, over those that do. It is 1 where nothing moves twice. The name is that of *Measuring scheduling efficiency of
//! RNNs for NLP applications* (Thakker et al., Fastpath 2019).

use recurve_compiler::Compiled;
use recurve_compiler::model::{Input, Layer, Skip};
use recurve_compiler::plan::{self, Plan};
use recurve_compiler::spec::{Output, Spec};
use serde::Serialize;

/// Steps whose integer products share a pass over the weights.
const TOGETHER: usize = 16;

/// What crosses the boundary of a cache in a sequence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Traffic {
    /// Steps of the sequence.
    pub steps: usize,
    /// Bytes of the cache.
    pub cache_bytes: usize,
    /// Bytes that any order of work has to move.
    pub least_bytes: f64,
    /// Step by step; not of a bidirectional model, which takes whole sequences.
    pub by_steps: Option<Boundary>,
    /// In a run.
    pub run: Boundary,
}

/// One way to read a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Boundary {
    /// Bytes that move.
    pub bytes: f64,
    /// Bytes that have to move over those that do.
    pub data_reuse_efficiency: f64,
}

/// What of a model is read, and when.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    layers: Vec<Part>,
    /// A row of an embedding.
    row: f64,
    table: f64,
    /// Bytes of an input, and of an output.
    input: f64,
    output: f64,
    state: f64,
    /// Steps whose input products a run forms at once, 1 where it does not.
    block: usize,
    is_bidirectional: bool,
    gives_every: bool,
    /// The share of steps that are executed.
    executed: f64,
}

/// Bytes of a layer that a step reads.
#[derive(Debug, Clone, Copy)]
struct Part {
    /// What multiplies inputs, and how many passes over it a block takes.
    input: f64,
    passes: usize,
    others: f64,
    is_back_and_forth: bool,
}

impl Part {
    /// Bytes that a step finds in `cache`, where `between` others were read since the last step read them, and all do not
    /// fit.
    fn kept(&self, bytes: f64, between: f64, cache: f64) -> f64 {
        if self.is_back_and_forth { (cache - between).clamp(0.0, bytes) } else { 0.0 }
    }

    fn all(&self) -> f64 {
        self.input + self.others
    }
}

impl Reading {
    pub(crate) fn new(spec: &Spec, compiled: &Compiled) -> Reading {
        let Compiled { model, plan, .. } = compiled;
        let block = if model.skip.is_some() { 1 } else { plan.memory.steps };
        let mut layers = Vec::new();
        let (mut row, mut table) = (0.0, 0.0);
        for (index, (layer, cost)) in model.layers.iter().zip(&plan.cost.layers).enumerate() {
            if let Layer::Embedding(_) = layer {
                (row, table) = (cost.bytes_per_step as f64, cost.bytes as f64);
                continue;
            }
            let share = 1.0 - insensitive(spec, plan, layer.name()) / cost.bytes_per_step.max(1) as f64;
            let input = cost.input_bytes as f64;
            layers.push(Part {
                input,
                passes: if is_integer(layer) { block.div_ceil(TOGETHER) } else { 1 },
                others: cost.bytes_per_step as f64 * share - input,
                is_back_and_forth: match plan.body.get(index) {
                    Some(plan::Layer::Recurrent(level)) => level.forward.kind.is_back_and_forth(),
                    _ => false,
                },
            });
        }
        if let Some(policy) = &plan.cost.policy {
            let others = policy.bytes as f64;
            layers.push(Part { input: 0.0, passes: 1, others, is_back_and_forth: false });
        }
        let features = match model.input {
            Input::Features(size) => size,
            Input::Tokens(_) => 1,
        };
        Reading {
            layers,
            row,
            table,
            input: (size_of::<f32>() * features) as f64,
            output: (size_of::<f32>() * model.output_size()) as f64,
            state: plan.state_bytes() as f64,
            block,
            is_bidirectional: model.is_bidirectional(),
            gives_every: model.output == Output::Every,
            executed: model.skip.as_ref().map_or(1.0, Skip::most_executed),
        }
    }

    /// Bytes of weights that an executed step reads.
    pub(crate) fn per_step(&self) -> f64 {
        self.row + self.layers.iter().map(Part::all).sum::<f64>()
    }

    /// The share of steps that are executed.
    pub(crate) fn executed(&self) -> f64 {
        self.executed
    }

    fn weights(&self) -> f64 {
        self.layers.iter().map(Part::all).sum()
    }

    fn by_steps(&self, steps: f64, cache: f64) -> f64 {
        let (all, again) = (self.weights(), (steps * self.executed - 1.0).max(0.0));
        if all + self.state <= cache {
            return all;
        }
        let kept = self.layers.iter().map(|part| part.kept(part.all(), all - part.all(), cache));
        all + again * (all - kept.sum::<f64>())
    }

    fn in_a_run(&self, steps: f64, cache: f64) -> f64 {
        if self.block == 1 {
            return self.by_steps(steps, cache);
        }
        if self.weights() + self.state <= cache && !self.is_bidirectional {
            return self.weights();
        }
        let blocks = (steps / self.block as f64).ceil();
        let of_layer = |part: &Part| {
            let fits = |bytes: f64| bytes <= cache;
            if self.is_bidirectional && fits(part.all()) {
                return part.all();
            }
            let passes = if fits(part.input) { blocks } else { blocks * part.passes as f64 };
            let others = match (fits(part.others), self.is_bidirectional) {
                (true, true) => part.others,
                (true, false) => blocks * part.others,
                (false, _) => {
                    part.others + (steps - 1.0) * (part.others - part.kept(part.others, 0.0, cache))
                }
            };
            passes * part.input + others
        };
        self.layers.iter().map(of_layer).sum()
    }
}

impl Traffic {
    pub(crate) fn new(reading: &Reading, steps: usize, cache_bytes: usize) -> Traffic {
        let (length, cache) = (steps as f64, cache_bytes as f64);
        let executed = length * reading.executed;
        let once = (executed * reading.row).min(reading.table);
        let rows = if reading.table <= cache { once } else { executed * reading.row };
        let outputs = if reading.gives_every { length } else { 1.0 };
        let besides = length * reading.input + outputs * reading.output + 2.0 * reading.state;
        let least = reading.weights() + once + besides;
        let boundary = |weights: f64| {
            let bytes = weights + rows + besides;
            Boundary { bytes, data_reuse_efficiency: least / bytes }
        };
        Traffic {
            steps,
            cache_bytes,
            least_bytes: least,
            by_steps: (!reading.is_bidirectional).then(|| boundary(reading.by_steps(length, cache))),
            run: boundary(reading.in_a_run(length, cache)),
        }
    }
}

/// Bytes of the rows of a layer that its little modules leave out, by the ratio in the spec.
fn insensitive(spec: &Spec, plan: &Plan, layer: &str) -> f64 {
    let knobs = spec.runtime.dual_module.iter().flatten();
    let Some(knobs) = knobs.map(|knobs| &knobs.value).find(|knobs| knobs.layer.value == layer) else {
        return 0.0;
    };
    let duals = plan.duals().filter(|dual| dual.layer == layer);
    let bytes =
        duals.map(|dual| (dual.rows.count * dual.rows.row_bytes()) as f64 * knobs.ratio(dual.rows.count));
    bytes.sum()
}

fn is_integer(layer: &Layer) -> bool {
    match layer {
        Layer::Recurrent(level) => level.forward.input().factors().iter().any(|part| part.is_integer()),
        Layer::Embedding(_) | Layer::Linear(_) => false,
    }
}
