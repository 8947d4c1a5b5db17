//! Whether a reading computes what the golden trace says.

use std::collections::BTreeMap;
use std::rc::Rc;

use recurve_compiler::diagnostic::Diagnostics;
use recurve_compiler::files::Memory;
use recurve_compiler::golden::{Expected, TOLERANCE, expected};
use recurve_compiler::model::{Input, Model};
use recurve_compiler::reference::{Inputs, run};
use recurve_compiler::spec::Output;
use recurve_compiler::{spec, unfitted_spec};

/// Facts that decide how a trace is read.
type Shape = (Input, usize, Output);

/// Compares readings with the trace, within bounds.
pub(super) struct Judge<'a> {
    files: &'a Memory,
    traces: BTreeMap<String, Rc<Vec<Expected>>>,
    /// Multiply-accumulates that may still be spent; about, as it is noticed afterwards.
    pub(super) left: u64,
}

/// Steps that are compared before longer parts of a sequence are.
const FEW: [usize; 2] = [4, 64];

impl<'a> Judge<'a> {
    pub(super) fn new(files: &'a Memory) -> Judge<'a> {
        Judge { files, traces: BTreeMap::new(), left: 0 }
    }

    /// Whether the network of this spec computes the trace, as far as up to `most` multiply-accumulates show, and one
    /// sequence at least.
    pub(super) fn agrees(&mut self, text: &str, most: u64) -> bool {
        let mut found = Diagnostics::new();
        let Some(spec) = spec::read(text, &mut found) else {
            return false;
        };
        let Ok(unfitted) = unfitted_spec(&spec, self.files) else {
            return false;
        };
        let model = &unfitted.trained;
        let shape: Shape = (model.input, model.output_size(), model.output);
        let key = format!("{shape:?} {}", model.is_bidirectional());
        let trace = match self.traces.get(&key) {
            Some(trace) => Rc::clone(trace),
            None => {
                let Ok(mut trace) = expected(&spec, model, self.files) else {
                    return false;
                };
                trace.sort_by_key(|one| one.inputs.as_inputs().len());
                let trace = Rc::new(trace);
                self.traces.insert(key, Rc::clone(&trace));
                trace
            }
        };
        // Reading the weights takes about as long as a step.
        let mut spent = model.macs();
        let mut agrees = !trace.is_empty();
        for (at, one) in trace.iter().enumerate() {
            if at > 0 && spent > most {
                break;
            }
            agrees = agrees && sequence_agrees(model, one, &mut spent);
            if !agrees {
                break;
            }
        }
        self.left = self.left.saturating_sub(spent);
        agrees
    }
}

fn sequence_agrees(model: &Model, one: &Expected, spent: &mut u64) -> bool {
    let inputs = one.inputs.as_inputs();
    let (steps, size) = (inputs.len(), model.output_size());
    let every = one.outputs.len() == steps * size;
    let parts = FEW.into_iter().filter(|few| every && !model.is_bidirectional() && *few < steps);
    for part in parts.chain([steps]) {
        *spent = spent.saturating_add(model.macs().saturating_mul(part as u64));
        let first = match inputs {
            Inputs::Features(steps) => Inputs::Features(&steps[..part]),
            Inputs::Tokens(ids) => Inputs::Tokens(&ids[..part]),
        };
        let mut outputs = run(model, &first);
        if !every {
            outputs.drain(..outputs.len().saturating_sub(1));
        }
        let found = outputs.iter().flatten();
        // What is not a number is no agreement either.
        if !found.zip(&one.outputs).all(|(found, expected)| {
            let expected = f64::from(*expected);
            (found - expected).abs() / expected.abs().max(1.0) <= TOLERANCE
        }) {
            return false;
        }
    }
    true
}
