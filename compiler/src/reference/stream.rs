//! A sequence step by step, as a policy wants it.

use super::policy::{Decision, Policy};
use super::sequence::{add, step};
use super::{Inputs, Ranges, State, linear, wide};
use crate::model::{Layer, Model, Skip};

/// What a step reads.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    /// A vector of numbers.
    Features(&'a [f32]),
    /// An id.
    Token(u32),
}

/// A network that reads forward, between two steps of a sequence.
#[derive(Debug, Clone)]
pub struct Stream<'m> {
    model: &'m Model,
    policy: Policy<'m>,
    /// Of each recurrent level.
    states: Vec<State>,
    output: Vec<f64>,
    /// Of each layer.
    ranges: Vec<Ranges>,
}

impl<'m> Stream<'m> {
    /// The network at rest. Its output is that of the layers behind the last recurrent one for the state at rest.
    pub fn new(model: &'m Model) -> Self {
        let levels = model.layers.iter().filter_map(|layer| match layer {
            Layer::Recurrent(level) => Some(&level.forward),
            Layer::Embedding(_) | Layer::Linear(_) => None,
        });
        let states = levels.map(|cell| State { h: wide(cell.h0()), c: wide(cell.c0()) }).collect();
        let (policy, output) = (Policy::new(model.skip.as_ref()), Vec::new());
        let ranges = vec![Ranges::default(); model.layers.len()];
        let mut stream = Stream { model, policy, states, output, ranges };
        let last = stream.states.last().map(|state| state.h.clone());
        stream.output = last.map_or_else(|| vec![0.0; model.output_size()], |h| stream.behind(h));
        stream
    }

    /// What the layers behind the last recurrent one give.
    fn behind(&self, mut x: Vec<f64>) -> Vec<f64> {
        let last = self.model.layers.iter().rposition(|layer| matches!(layer, Layer::Recurrent(_)));
        for layer in self.model.layers.iter().skip(last.map_or(0, |last| last + 1)) {
            if let Layer::Linear(layer) = layer {
                x = linear::apply(layer, &x, &mut Ranges::default());
            }
        }
        x
    }

    /// Reads an input if the policy wants it.
    ///
    /// # Panics
    /// Where the input has fewer numbers than the model takes.
    pub fn step(&mut self, input: Step<'_>) -> Decision {
        let x = self.read(input);
        let token = match input {
            Step::Token(id) => Some(id),
            Step::Features(_) => None,
        };
        let (h, gate) = (self.hidden().to_vec(), self.gate_input().to_vec());
        let decision = self.policy.decide(token, &x, &h, &gate);
        if decision.update {
            self.execute(input);
        }
        decision
    }

    /// Reads an input, whatever the policy says.
    ///
    /// # Panics
    /// Where the input has fewer numbers than the model takes.
    pub fn execute(&mut self, input: Step<'_>) {
        let mut x = self.read(input);
        let mut states = self.states.iter_mut();
        for (layer, ranges) in self.model.layers.iter().zip(&mut self.ranges) {
            match layer {
                Layer::Embedding(_) => {}
                Layer::Linear(layer) => x = linear::apply(layer, &x, ranges),
                Layer::Recurrent(level) => {
                    if let Some(state) = states.next() {
                        *state = step(&level.forward, level.dual.first(), state, &x, ranges).0;
                        let mut output = state.h.clone();
                        if level.residual {
                            add(&mut output, &x);
                        }
                        x = output;
                    }
                }
            }
        }
        self.output = x;
        let gate = self.gate_input().to_vec();
        self.policy.executed(&gate);
    }

    /// The input, or the row of its id; zeros for an id without one.
    fn read(&self, input: Step<'_>) -> Vec<f64> {
        match (input, self.model.layers.first()) {
            (Step::Features(x), _) => wide(x),
            (Step::Token(id), Some(Layer::Embedding(embedding))) => match usize::try_from(id) {
                Ok(id) if id < embedding.tokens() => wide(embedding.table.row(id)),
                _ => vec![0.0; embedding.dim()],
            },
            (Step::Token(_), _) => Vec::new(),
        }
    }

    /// The output after the last executed step.
    pub fn output(&self) -> &[f64] {
        &self.output
    }

    /// The numbers of each layer in `int16x8`, counted over all executed steps.
    pub fn ranges(&self) -> &[Ranges] {
        &self.ranges
    }

    /// The hidden vector of the last recurrent level.
    pub fn hidden(&self) -> &[f64] {
        self.states.last().map_or(&[], |state| &state.h)
    }

    /// What a predictor reads: the input, or the row of its id, and the hidden vector before it.
    pub fn seen(&self, input: Step<'_>) -> Vec<f64> {
        self.read(input).into_iter().chain(self.hidden().iter().copied()).collect()
    }

    /// What a gate reads: the cell state of an LSTM, as Skip RNN has it, the hidden vector of others.
    fn gate_input(&self) -> &[f64] {
        self.states.last().map_or(&[], |state| if state.c.is_empty() { &state.h } else { &state.c })
    }

    /// Changes the budget of a window policy.
    pub fn set_budget(&mut self, budget: usize) {
        self.policy.set_budget(budget);
    }

    /// Changes the threshold of a policy that has one.
    pub fn set_threshold(&mut self, threshold: f64) {
        self.policy.set_threshold(threshold);
    }
}

/// The output after each step of a sequence, and what was decided on it, for a model that reads forward.
///
/// # Panics
/// Where a step has fewer numbers than the model takes.
pub fn run_skipping(model: &Model, inputs: &Inputs<'_>) -> (Vec<Vec<f64>>, Vec<Decision>) {
    run_stream(&mut Stream::new(model), inputs)
}

pub(super) fn run_stream(stream: &mut Stream<'_>, inputs: &Inputs<'_>) -> (Vec<Vec<f64>>, Vec<Decision>) {
    let ends = match &stream.model.skip {
        Some(Skip::Concat(ends)) => Some(*ends),
        _ => None,
    };
    let (mut outputs, mut decisions) = (Vec::new(), Vec::new());
    for (at, input) in inputs.steps().enumerate() {
        let decision = match ends {
            Some(ends) if !ends.reads(at, inputs.len()) => Decision { update: false, margin: f64::INFINITY },
            _ => stream.step(input),
        };
        decisions.push(decision);
        outputs.push(stream.output().to_vec());
    }
    (outputs, decisions)
}
