//! Sequences of inputs in a safetensors file: `inputs`, and `lengths` where they differ.
//!
//! Golden traces have `outputs` beside them, data to calibrate and evaluate with has `labels`.

use safetensors::Dtype;

use crate::diagnostic::Code;
use crate::files::Files;
use crate::model::Input;
use crate::reference::Inputs;
use crate::tensors::{FLOATS, File, dtype_name, floats, ids, integers, list, not_finite, read_file};

const INPUTS: &str = "inputs";
const LENGTHS: &str = "lengths";
const LABELS: &str = "labels";

/// Sequences of inputs of a model.
#[derive(Debug)]
pub struct Sequences {
    file: File,
    /// How messages call the file: "the trace".
    whose: String,
    input: Input,
    /// Steps of each sequence.
    lengths: Vec<usize>,
    /// Steps that each sequence is stored with.
    stride: usize,
    batched: bool,
}

/// The decoded inputs of a sequence.
#[derive(Debug)]
pub enum Steps {
    /// A vector a step.
    Features(Vec<Vec<f32>>),
    /// An id a step.
    Tokens(Vec<u32>),
}

impl Steps {
    /// As the reference executor takes them.
    pub fn as_inputs(&self) -> Inputs<'_> {
        match self {
            Steps::Features(steps) => Inputs::Features(steps),
            Steps::Tokens(ids) => Inputs::Tokens(ids),
        }
    }
}

/// What is wrong with a file of sequences.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Its kind.
    pub code: Code,
    /// What was found and expected.
    pub what: String,
    /// How to mend it.
    pub help: Option<&'static str>,
}

/// Element types that a tensor may have, what they are called, and how to get them.
pub(crate) struct Types(&'static [Dtype], &'static str, &'static str);

pub(crate) const NUMBERS: Types = Types(
    FLOATS,
    "floats of 16, 32 or 64 bits",
    "convert them when saving the trace: `tensor.float()` in PyTorch, `array.astype(\"float32\")` in numpy",
);
pub(crate) const FLAGS: Types = Types(
    &[Dtype::BOOL, Dtype::U8, Dtype::I32, Dtype::U32, Dtype::I64, Dtype::U64],
    "truth values or integers",
    "convert them when saving the trace",
);
const INTEGERS: Types = Types(
    &[Dtype::I32, Dtype::U32, Dtype::I64, Dtype::U64],
    "integers of 32 or 64 bits",
    "convert them when saving the trace",
);

impl Sequences {
    /// Reads data to calibrate or evaluate with: `inputs` of [sequences, steps, features], or [sequences, steps]
    /// of ids, `lengths` and `labels`.
    ///
    /// # Errors
    /// A file that cannot be read, or whose tensors are not those of a model with this `input`.
    pub fn open(files: &dyn Files, path: &str, input: Input) -> Result<Sequences, Fault> {
        let spanned = crate::diagnostic::Spanned::new(path.to_owned(), Default::default());
        let file = read_file(files, &spanned).map_err(|error| Fault {
            code: error.code,
            what: error.message,
            help: None,
        })?;
        Sequences::read(file, input, &format!("`{path}`"))
    }

    pub(crate) fn read(file: File, input: Input, whose: &str) -> Result<Sequences, Fault> {
        let fault = |what: String, help| Fault { code: Code::GoldenShape, what, help };
        let shape = match file.get(INPUTS) {
            Some(tensor) => tensor.shape.clone(),
            None => {
                return Err(fault(
                    format!("{whose} has no tensor `inputs`"),
                    Some("`inputs` are of [steps, features] or [sequences, steps, features]"),
                ));
            }
        };
        let (count, stride) = count(input, &shape).map_err(|expected| {
            let shape = list(&shape);
            fault(format!("{whose}'s `inputs` have the shape {shape}, and {expected} is expected"), None)
        })?;
        let batched = shape.len() > steps_rank(input);
        let mut sequences =
            Sequences { file, whose: whose.to_owned(), input, lengths: Vec::new(), stride, batched };
        sequences.check_type(
            INPUTS,
            match input {
                Input::Features(_) => &NUMBERS,
                Input::Tokens(_) => &INTEGERS,
            },
        )?;
        sequences.check_type(LENGTHS, &INTEGERS)?;
        sequences.lengths = sequences.read_lengths(count)?;
        Ok(sequences)
    }

    /// What a step of the model reads.
    pub(crate) fn input(&self) -> Input {
        self.input
    }

    /// How many sequences there are.
    pub fn count(&self) -> usize {
        self.lengths.len()
    }

    /// Steps of each sequence.
    pub fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    /// Steps of a sequence, 0 where there is no such sequence.
    pub fn length(&self, sequence: usize) -> usize {
        self.lengths.get(sequence).copied().unwrap_or(0)
    }

    /// The class of each sequence, where the file has `labels`.
    ///
    /// # Errors
    /// Labels that are not one integer for each sequence.
    pub fn labels(&self) -> Result<Option<Vec<u32>>, Fault> {
        let Some(tensor) = self.file.get(LABELS) else {
            return Ok(None);
        };
        self.check_type(LABELS, &INTEGERS)?;
        match ids(tensor.dtype, self.file.data(tensor)).and_then(Result::ok) {
            Some(labels) if labels.len() == self.count() => Ok(Some(labels)),
            _ => {
                let shape = list(&tensor.shape);
                let what = format!(
                    "{}'s `labels` have the shape {shape}, and {} numbers from 0 on are expected",
                    self.whose,
                    self.count()
                );
                Err(self.fault(what, Some("`labels` has one class for each sequence")))
            }
        }
    }

    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    pub(crate) fn is_batched(&self) -> bool {
        self.batched
    }

    pub(crate) fn shape(&self, name: &str) -> Option<&[usize]> {
        Some(&self.file.get(name)?.shape)
    }

    fn fault(&self, what: String, help: Option<&'static str>) -> Fault {
        Fault { code: Code::GoldenShape, what, help }
    }

    /// Whether the tensor, where it is there, has one of these types.
    pub(crate) fn check_type(&self, name: &str, types: &Types) -> Result<(), Fault> {
        let Types(types, called, help) = types;
        match self.file.get(name) {
            Some(tensor) if !types.contains(&tensor.dtype) => {
                let found = dtype_name(tensor.dtype);
                let what = format!("{}'s `{name}` are {found}, and {called} are expected", self.whose);
                Err(Fault { code: Code::TensorDtype, what, help: Some(help) })
            }
            _ => Ok(()),
        }
    }

    fn read_lengths(&self, count: usize) -> Result<Vec<usize>, Fault> {
        let Some(tensor) = self.file.get(LENGTHS) else {
            return Ok(vec![self.stride; count]);
        };
        let stride = self.stride;
        let fault = || {
            let what = format!(
                "{}'s `lengths` have the shape {}, and {count} numbers up to {stride} are expected",
                self.whose,
                list(&tensor.shape)
            );
            self.fault(what, Some("`lengths` has one number for each sequence"))
        };
        let lengths = ids(tensor.dtype, self.file.data(tensor)).and_then(Result::ok).ok_or_else(fault)?;
        let lengths: Vec<usize> =
            lengths.into_iter().map(|length| usize::try_from(length).unwrap_or(usize::MAX)).collect();
        if lengths.len() != count || lengths.iter().any(|&length| length > stride) {
            return Err(fault());
        }
        Ok(lengths)
    }

    /// The inputs of the first `steps` steps of a sequence.
    ///
    /// # Errors
    /// Numbers that are not finite, ids that are no `u32`.
    pub fn inputs(&self, sequence: usize, steps: usize) -> Result<Steps, Fault> {
        let first = sequence * self.stride;
        match self.input {
            Input::Features(size) => {
                let numbers = self.numbers(INPUTS, first * size, steps * size)?;
                Ok(Steps::Features(numbers.chunks(size.max(1)).map(<[f32]>::to_vec).collect()))
            }
            Input::Tokens(_) => {
                let (dtype, bytes) = self.bytes(INPUTS, first, steps)?;
                match ids(dtype, bytes) {
                    Some(Ok(ids)) => Ok(Steps::Tokens(ids)),
                    Some(Err(id)) => Err(self
                        .fault(format!("{}'s `inputs` have the id {id}, which is no u32", self.whose), None)),
                    None => Err(self.cut_short(INPUTS)),
                }
            }
        }
    }

    pub(crate) fn numbers(&self, name: &str, first: usize, count: usize) -> Result<Vec<f32>, Fault> {
        let (dtype, bytes) = self.bytes(name, first, count)?;
        let numbers = floats(dtype, bytes).ok_or_else(|| self.cut_short(name))?;
        match not_finite(&numbers) {
            None => Ok(numbers),
            Some((at, _)) => {
                let at = first + at;
                let beyond = if dtype == Dtype::F64 { ", or beyond the range of float32" } else { "" };
                let what =
                    format!("element {at} of {}'s `{name}` is infinite or not a number{beyond}", self.whose);
                let help = Some("record the trace again, on inputs that are finite");
                Err(Fault { code: Code::NotFinite, what, help })
            }
        }
    }

    /// Which of these numbers are not 0.
    pub(crate) fn flags(&self, name: &str, first: usize, count: usize) -> Result<Vec<bool>, Fault> {
        let (dtype, bytes) = self.bytes(name, first, count)?;
        let numbers = integers(dtype, bytes).ok_or_else(|| self.cut_short(name))?;
        Ok(numbers.into_iter().map(|number| number != 0).collect())
    }

    /// `count` counts of a tensor from number `first` on.
    pub(crate) fn counts(&self, name: &str, first: usize, count: usize) -> Result<Vec<usize>, Fault> {
        let (dtype, bytes) = self.bytes(name, first, count)?;
        let numbers = integers(dtype, bytes).ok_or_else(|| self.cut_short(name))?;
        Ok(numbers.into_iter().map(|number| usize::try_from(number).unwrap_or(usize::MAX)).collect())
    }

    fn bytes(&self, name: &str, first: usize, count: usize) -> Result<(Dtype, &[u8]), Fault> {
        let tensor = self.file.get(name).ok_or_else(|| self.cut_short(name))?;
        let size = tensor.dtype.bitsize() / 8;
        let bytes = self.file.data(tensor).get(first * size..(first + count) * size);
        Ok((tensor.dtype, bytes.ok_or_else(|| self.cut_short(name))?))
    }

    fn cut_short(&self, name: &str) -> Fault {
        self.fault(format!("{}'s `{name}` are cut short", self.whose), None)
    }
}

/// How many numbers the shape of one sequence has.
fn steps_rank(input: Input) -> usize {
    match input {
        Input::Features(_) => 2,
        Input::Tokens(_) => 1,
    }
}

/// Sequences, and steps of each; what is expected if the shape has none.
fn count(input: Input, shape: &[usize]) -> Result<(usize, usize), String> {
    // Lists of sequences are as long as the shape says, so it has to stand for data.
    if shape.contains(&0) {
        return Err("at least one step".to_owned());
    }
    match (input, shape) {
        (Input::Features(size), &[steps, width]) if width == size => Ok((1, steps)),
        (Input::Features(size), &[count, steps, width]) if width == size => Ok((count, steps)),
        (Input::Tokens(_), &[steps]) => Ok((1, steps)),
        (Input::Tokens(_), &[count, steps]) => Ok((count, steps)),
        (Input::Features(size), _) => Err(format!("[steps, {size}] or [sequences, steps, {size}]")),
        (Input::Tokens(_), _) => Err("[steps] or [sequences, steps]".to_owned()),
    }
}
