//! The trace's outputs, beside its inputs.

use super::compare::Excerpt;
use super::ids;
use super::shapes::{Outputs, kind};
use crate::diagnostic::{Code, Diagnostic, Spanned};
use crate::files::Files;
use crate::model::Model;
use crate::sequences::{FLAGS, Fault, NUMBERS, Sequences, Steps};
use crate::tensors::{list, read_file};

/// Sequences of inputs and what the training framework computed from them.
#[derive(Debug)]
pub(super) struct Trace {
    sequences: Sequences,
    path: Spanned<String>,
    output_size: usize,
    outputs: Outputs,
}

const OUTPUTS: &str = "outputs";
const UPDATES: &str = "updates";
const ROWS: &str = "rows";

impl Trace {
    pub(super) fn read(
        path: &Spanned<String>,
        model: &Model,
        files: &dyn Files,
    ) -> Result<Trace, Diagnostic> {
        let file = read_file(files, path)?;
        let fault = |fault: Fault| at(path, fault);
        let sequences = Sequences::read(file, model.input, "the trace").map_err(fault)?;
        let found = sequences.shape(OUTPUTS).ok_or_else(|| {
            let what = "the golden trace has no tensor `outputs`".to_owned();
            fault(Fault { code: Code::GoldenShape, what, help: None })
                .help("a trace has `inputs` of [steps, features] and `outputs` of [steps, outputs]")
        })?;
        let (batched, count) = (sequences.is_batched(), sequences.count());
        let outputs = kind(model, batched, count, sequences.stride(), found).map_err(|expected| {
            let what =
                format!("the trace's `outputs` have the shape {}, and {expected} is expected", list(found));
            fault(Fault { code: Code::GoldenShape, what, help: None })
        })?;
        sequences.check_type(OUTPUTS, &NUMBERS).map_err(fault)?;
        let steps = if batched { vec![count, sequences.stride()] } else { vec![sequences.stride()] };
        if let Some(found) = sequences.shape(ROWS) {
            let modules = model.dual_modules();
            let expected = [steps.as_slice(), &[modules]].concat();
            let what = if modules == 0 {
                "the trace has `rows`, and the network reads all of them".to_owned()
            } else {
                format!("the trace's `rows` have the shape {}, and {expected:?} is expected", list(found))
            };
            if modules == 0 || found != expected {
                let help = Some("`rows` say of each step and each dual module how many rows are read");
                return Err(fault(Fault { code: Code::GoldenShape, what, help }));
            }
            sequences.check_type(ROWS, &FLAGS).map_err(fault)?;
        }
        if let Some(found) = sequences.shape(UPDATES) {
            let expected = steps;
            let message = if found != expected {
                format!("the trace's `updates` have the shape {}, and {expected:?} is expected", list(found))
            } else if model.skip.is_none() {
                "the trace has `updates`, and the network executes every step".to_owned()
            } else {
                String::new()
            };
            if !message.is_empty() {
                let help = Some(
                    "`updates` say of each step whether the policy under `runtime: {skip: ..}` executes it",
                );
                return Err(fault(Fault { code: Code::GoldenShape, what: message, help }));
            }
            sequences.check_type(UPDATES, &FLAGS).map_err(fault)?;
        }
        ids::check(&sequences).map_err(fault)?;
        let output_size = model.output_size();
        Ok(Trace { sequences, path: path.clone(), output_size, outputs })
    }

    pub(super) fn outputs(&self) -> Outputs {
        self.outputs
    }

    pub(super) fn output_size(&self) -> usize {
        self.output_size
    }

    /// Steps of each sequence.
    pub(super) fn lengths(&self) -> &[usize] {
        self.sequences.lengths()
    }

    pub(super) fn length(&self, sequence: usize) -> usize {
        self.sequences.length(sequence)
    }

    /// How many sequences there are.
    pub(super) fn sequences(&self) -> usize {
        self.sequences.count()
    }

    pub(super) fn steps_in_all(&self) -> usize {
        self.lengths().iter().sum()
    }

    /// The inputs of the first steps of a sequence.
    pub(super) fn inputs(&self, excerpt: Excerpt) -> Result<Steps, Diagnostic> {
        self.sequences.inputs(excerpt.sequence, excerpt.steps).map_err(|fault| at(&self.path, fault))
    }

    /// Which of the first steps of a sequence are executed, where the trace says so.
    pub(super) fn updates(&self, excerpt: Excerpt) -> Result<Option<Vec<bool>>, Diagnostic> {
        if self.sequences.shape(UPDATES).is_none() {
            return Ok(None);
        }
        let first = excerpt.sequence * self.sequences.stride();
        self.sequences.flags(UPDATES, first, excerpt.steps).map(Some).map_err(|fault| at(&self.path, fault))
    }

    /// How many rows each dual module reads in the first steps of a sequence, where the trace says so.
    pub(super) fn rows(&self, excerpt: Excerpt) -> Result<Option<Vec<usize>>, Diagnostic> {
        let Some(modules) = self.sequences.shape(ROWS).and_then(|shape| shape.last().copied()) else {
            return Ok(None);
        };
        let first = excerpt.sequence * self.sequences.stride() * modules;
        let counts = self.sequences.counts(ROWS, first, excerpt.steps * modules);
        counts.map(Some).map_err(|fault| at(&self.path, fault))
    }

    /// The outputs of the first steps of a sequence, or the one after its last.
    pub(super) fn expected(&self, excerpt: Excerpt) -> Result<Vec<f32>, Diagnostic> {
        let size = self.output_size;
        let (first, count) = match self.outputs {
            Outputs::EveryStep => (excerpt.sequence * self.sequences.stride() * size, excerpt.steps * size),
            Outputs::LastStep => (excerpt.sequence * size, size),
        };
        self.sequences.numbers(OUTPUTS, first, count).map_err(|fault| at(&self.path, fault))
    }
}

fn at(path: &Spanned<String>, fault: Fault) -> Diagnostic {
    let error = Diagnostic::error(fault.code, path.span, fault.what);
    match fault.help {
        Some(help) => error.help(help),
        None => error,
    }
}
