//! A part of a trace, and what flows between the layers over it.

use super::super::compare::{Excerpt, apart};
use super::super::shapes::Outputs;
use super::super::trace::Trace;
use crate::diagnostic::Diagnostic;
use crate::model::Model;
use crate::reference::{Inputs, Run, entering};
use crate::sequences::Steps;

/// The vectors that flow through the network over an excerpt of the trace.
pub(in super::super) struct Trial<'a> {
    pub(super) model: &'a Model,
    pub(super) trace: &'a Trace,
    pub(in super::super) excerpt: Excerpt,
    pub(super) inputs: Steps,
    pub(super) run: Run<'a>,
    expected: Vec<f32>,
    /// The first layer that reads vectors.
    first: usize,
    /// What each layer from `first` on reads, and the outputs.
    flow: Vec<Vec<Vec<f64>>>,
}

/// The outputs of another way to run the network.
pub(in super::super) struct Outcome {
    /// The step of the first output.
    pub(super) first: usize,
    pub(super) outputs: Vec<Vec<f64>>,
}

impl Outcome {
    /// Outputs from the first step on.
    pub(super) fn of(outputs: Vec<Vec<f64>>) -> Self {
        Outcome { first: 0, outputs }
    }
}

impl<'a> Trial<'a> {
    pub(in super::super) fn new(
        trace: &'a Trace,
        model: &'a Model,
        excerpt: Excerpt,
    ) -> Result<Self, Diagnostic> {
        let (inputs, expected) = (trace.inputs(excerpt)?, trace.expected(excerpt)?);
        let run = Run::new(model);
        let (first, steps) = entering(model, &inputs.as_inputs());
        let mut flow = vec![steps];
        for place in first..model.layers.len() {
            let steps = flow.last().cloned().unwrap_or_default();
            flow.push(run.layer(place, steps));
        }
        Ok(Trial { model, trace, excerpt, inputs, run, expected, first, flow })
    }

    /// What the layer at `place` reads; behind the last layer the outputs.
    pub(super) fn reads(&self, place: usize) -> &[Vec<f64>] {
        place.checked_sub(self.first).and_then(|at| self.flow.get(at)).map_or(&[], Vec::as_slice)
    }

    /// The outputs of the network as it is.
    pub(super) fn plain(&self) -> Outcome {
        Outcome::of(self.reads(self.model.layers.len()).to_vec())
    }

    /// The outputs where the layer at `place` reads these vectors.
    pub(super) fn onwards(&self, place: usize, steps: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
        (place..self.model.layers.len()).fold(steps, |steps, place| self.run.layer(place, steps))
    }

    /// The outputs of the network for other inputs.
    pub(super) fn outputs(&self, inputs: &Inputs<'_>) -> Vec<Vec<f64>> {
        let (first, steps) = entering(self.model, inputs);
        self.onwards(first, steps)
    }

    /// Whether the trace has one output a step.
    pub(super) fn has_every_step(&self) -> bool {
        self.trace.outputs() == Outputs::EveryStep
    }

    /// What the trace says of each step that it says something of.
    pub(super) fn expected(&self) -> impl Iterator<Item = &[f32]> {
        self.expected.chunks(self.model.output_size().max(1))
    }

    /// Whether what comes out is what the trace says.
    pub(in super::super) fn agrees(&self, outcome: &Outcome, tolerance: f64) -> bool {
        let Outcome { first, outputs } = outcome;
        let (first, outputs) = match self.trace.outputs() {
            Outputs::EveryStep => (*first, outputs.as_slice()),
            Outputs::LastStep => (0, outputs.last().map_or(&[][..], std::slice::from_ref)),
        };
        let mut pairs = outputs.iter().zip(self.expected().skip(first)).peekable();
        pairs.peek().is_some() && pairs.all(|(output, expected)| are_near(output, expected, tolerance))
    }
}

pub(super) fn are_near(output: &[f64], expected: &[f32], tolerance: f64) -> bool {
    output.len() == expected.len()
        && output.iter().zip(expected).all(|(&found, &expected)| apart(found, expected) <= tolerance)
}
