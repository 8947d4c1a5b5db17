//! The trace's file: `inputs`, `outputs` and `lengths`.

use safetensors::Dtype;

use super::shapes::{Outputs, kind, sequences, steps_rank};
use super::{Excerpt, Work};
use crate::diagnostic::{Code, Diagnostic, Span, Spanned};
use crate::files::Files;
use crate::model::{Input, Model};
use crate::reference::Inputs;
use crate::tensors::{File, dtype_name, floats, ids, list, not_finite, read_file};

/// Sequences of inputs and what the training framework computed from them.
#[derive(Debug)]
pub(super) struct Trace {
    file: File,
    span: Span,
    input: Input,
    output_size: usize,
    outputs: Outputs,
    /// Steps of each sequence.
    lengths: Vec<usize>,
    /// Steps that each sequence is stored with.
    stride: usize,
}

/// The decoded inputs of a sequence.
#[derive(Debug)]
pub(super) enum Steps {
    Features(Vec<Vec<f32>>),
    Tokens(Vec<u32>),
}

impl Steps {
    pub(super) fn as_inputs(&self) -> Inputs<'_> {
        match self {
            Steps::Features(steps) => Inputs::Features(steps),
            Steps::Tokens(ids) => Inputs::Tokens(ids),
        }
    }
}

const INPUTS: &str = "inputs";
const OUTPUTS: &str = "outputs";
const LENGTHS: &str = "lengths";

impl Trace {
    pub(super) fn read(
        path: &Spanned<String>,
        model: &Model,
        files: &dyn Files,
    ) -> Result<Trace, Diagnostic> {
        let file = read_file(files, path)?;
        let fault = |message: String| Diagnostic::error(Code::GoldenShape, path.span, message);
        let shape = |name: &str| match file.get(name) {
            Some(tensor) => Ok(tensor.shape.clone()),
            None => Err(fault(format!("the golden trace has no tensor `{name}`"))
                .help("a trace has `inputs` of [steps, features] and `outputs` of [steps, outputs]")),
        };
        let (inputs, found) = (shape(INPUTS)?, shape(OUTPUTS)?);
        let (count, stride) = sequences(model.input, &inputs).map_err(|expected| {
            fault(format!(
                "the trace's `inputs` have the shape {}, and {expected} is expected",
                list(&inputs)
            ))
        })?;
        let batched = inputs.len() > steps_rank(model.input);
        let outputs = kind(model, batched, count, stride, &found).map_err(|expected| {
            fault(format!(
                "the trace's `outputs` have the shape {}, and {expected} is expected",
                list(&found)
            ))
        })?;
        let mut trace = Trace {
            file,
            span: path.span,
            input: model.input,
            output_size: model.output_size(),
            outputs,
            lengths: Vec::new(),
            stride,
        };
        trace.check_types()?;
        trace.lengths = trace.read_lengths(count)?;
        Ok(trace)
    }

    fn fault(&self, code: Code, message: String) -> Diagnostic {
        Diagnostic::error(code, self.span, message)
    }

    fn check_types(&self) -> Result<(), Diagnostic> {
        for tensor in &self.file.tensors {
            let wanted = match (tensor.name.as_str(), self.input) {
                (INPUTS, Input::Tokens(_)) | (LENGTHS, _) => {
                    let types = &[Dtype::I32, Dtype::U32, Dtype::I64, Dtype::U64][..];
                    (types, "integers of 32 or 64 bits", "convert them when saving the trace")
                }
                (INPUTS | OUTPUTS, _) => {
                    let help = "convert them when saving the trace: `tensor.float()` in PyTorch, \
                                `array.astype(\"float32\")` in numpy";
                    (&[Dtype::F32, Dtype::F16][..], "float32 or float16", help)
                }
                _ => continue,
            };
            if !wanted.0.contains(&tensor.dtype) {
                let message = format!(
                    "the trace's `{}` are {}, and {} are expected",
                    tensor.name,
                    dtype_name(tensor.dtype),
                    wanted.1
                );
                return Err(self.fault(Code::TensorDtype, message).help(wanted.2));
            }
        }
        Ok(())
    }

    fn read_lengths(&self, count: usize) -> Result<Vec<usize>, Diagnostic> {
        let Some(tensor) = self.file.get(LENGTHS) else {
            return Ok(vec![self.stride; count]);
        };
        let stride = self.stride;
        let fault = || {
            let message = format!(
                "the trace's `lengths` have the shape {}, and {count} numbers up to {stride} are expected",
                list(&tensor.shape)
            );
            self.fault(Code::GoldenShape, message).help("`lengths` has one number for each sequence")
        };
        let lengths = ids(tensor.dtype, self.file.data(tensor)).and_then(Result::ok).ok_or_else(fault)?;
        let lengths: Vec<usize> =
            lengths.into_iter().map(|length| usize::try_from(length).unwrap_or(usize::MAX)).collect();
        if lengths.len() != count || lengths.iter().any(|&length| length > stride) {
            return Err(fault());
        }
        Ok(lengths)
    }

    /// The sequences and steps that fit the work.
    pub(super) fn excerpts(&self, model: &Model, work: Work) -> Vec<Excerpt> {
        let cost = model.macs().max(1);
        let mut left = match work {
            Work::All => u64::MAX,
            Work::Bounded(macs) => macs / cost,
        };
        let mut excerpts: Vec<Excerpt> = Vec::new();
        for (sequence, &length) in self.lengths.iter().enumerate().filter(|(_, length)| **length > 0) {
            let mut steps = length;
            if self.can_be_cut(model) {
                if excerpts.is_empty() {
                    left = left.max(1);
                }
                steps = length.min(usize::try_from(left).unwrap_or(usize::MAX));
            }
            if steps == 0 {
                break;
            }
            if let Some(rest) = left.checked_sub(steps as u64) {
                left = rest;
                excerpts.push(Excerpt { sequence, steps });
            }
        }
        excerpts
    }

    /// Whether the first steps of a sequence can be compared without the rest.
    pub(super) fn can_be_cut(&self, model: &Model) -> bool {
        self.outputs == Outputs::EveryStep && !model.is_bidirectional()
    }

    pub(super) fn outputs(&self) -> Outputs {
        self.outputs
    }

    pub(super) fn length(&self, sequence: usize) -> usize {
        self.lengths.get(sequence).copied().unwrap_or(0)
    }

    pub(super) fn steps_in_all(&self) -> usize {
        self.lengths.iter().sum()
    }

    /// The inputs of the first steps of a sequence.
    pub(super) fn inputs(&self, excerpt: Excerpt) -> Result<Steps, Diagnostic> {
        let first = excerpt.sequence * self.stride;
        match self.input {
            Input::Features(size) => {
                let numbers = self.numbers(INPUTS, first * size, excerpt.steps * size)?;
                Ok(Steps::Features(numbers.chunks(size.max(1)).map(<[f32]>::to_vec).collect()))
            }
            Input::Tokens(_) => {
                let (dtype, bytes) = self.bytes(INPUTS, first, excerpt.steps)?;
                match ids(dtype, bytes) {
                    Some(Ok(ids)) => Ok(Steps::Tokens(ids)),
                    Some(Err(id)) => Err(self.fault(
                        Code::GoldenShape,
                        format!("the trace's `inputs` have the id {id}, which is no u32"),
                    )),
                    None => Err(self.cut_short(INPUTS)),
                }
            }
        }
    }

    /// The outputs of the first steps of a sequence, or the one after its last.
    pub(super) fn expected(&self, excerpt: Excerpt) -> Result<Vec<f32>, Diagnostic> {
        let size = self.output_size;
        match self.outputs {
            Outputs::EveryStep => {
                self.numbers(OUTPUTS, excerpt.sequence * self.stride * size, excerpt.steps * size)
            }
            Outputs::LastStep => self.numbers(OUTPUTS, excerpt.sequence * size, size),
        }
    }

    fn numbers(&self, name: &str, first: usize, count: usize) -> Result<Vec<f32>, Diagnostic> {
        let (dtype, bytes) = self.bytes(name, first, count)?;
        let numbers = floats(dtype, bytes).ok_or_else(|| self.cut_short(name))?;
        match not_finite(&numbers) {
            None => Ok(numbers),
            Some((at, _)) => {
                let message =
                    format!("element {} of the trace's `{name}` is infinite or not a number", first + at);
                Err(self
                    .fault(Code::NotFinite, message)
                    .help("record the trace again, on inputs that are finite"))
            }
        }
    }

    fn bytes(&self, name: &str, first: usize, count: usize) -> Result<(Dtype, &[u8]), Diagnostic> {
        let tensor = self.file.get(name).ok_or_else(|| self.cut_short(name))?;
        let size = tensor.dtype.bitsize() / 8;
        let bytes = self.file.data(tensor).get(first * size..(first + count) * size);
        Ok((tensor.dtype, bytes.ok_or_else(|| self.cut_short(name))?))
    }

    fn cut_short(&self, name: &str) -> Diagnostic {
        self.fault(Code::GoldenShape, format!("the trace's `{name}` are cut short"))
    }
}
