//! The files that a proposal is made from.

use std::fs;
use std::path::Path;

use safetensors::{Dtype, SafeTensors};

use crate::failure::Failure;

/// A name and a shape.
pub(super) type Tensor = (String, Vec<usize>);
/// Sorted by name.
pub(super) type Tensors = [Tensor];

/// A file, and what its header says.
pub(super) struct File {
    pub(super) bytes: Vec<u8>,
    pub(super) tensors: Vec<Tensor>,
    /// Names of the tensors of integers.
    integers: Vec<String>,
}

impl File {
    pub(super) fn read(path: &Path) -> Result<File, Failure> {
        let bytes = fs::read(path)
            .map_err(|error| Failure::new(format!("cannot read `{}`: {error}", path.display())))?;
        let file = SafeTensors::deserialize(&bytes).map_err(|error| {
            let message = format!("`{}` is not a safetensors file: {error}", path.display());
            Failure::new(format!(
                "{message}\n  help: in PyTorch, `safetensors.torch.save_file(model.state_dict(), \"weights.safetensors\")` writes one"
            ))
        })?;
        let mut tensors: Vec<Tensor> =
            file.tensors().into_iter().map(|(name, view)| (name, view.shape().to_vec())).collect();
        tensors.sort();
        let is_integer = |dtype| !matches!(dtype, Dtype::F16 | Dtype::BF16 | Dtype::F32 | Dtype::F64);
        let integers = file.tensors().into_iter().filter(|(_, view)| is_integer(view.dtype()));
        let integers = integers.map(|(name, _)| name).collect();
        Ok(File { bytes, tensors, integers })
    }

    pub(super) fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.iter().find(|(found, _)| found == name).map(|(_, shape)| shape.as_slice())
    }
}

/// Properties that the shapes of a golden trace determine.
#[derive(Debug, Clone)]
pub(super) struct Trace {
    inputs: Vec<usize>,
    outputs: Vec<usize>,
    /// Whether a step reads an id.
    pub(super) ids: bool,
}

impl Trace {
    /// `None` where the file has no `inputs` or no `outputs`, which the compiler reports.
    pub(super) fn of(file: &File) -> Option<Trace> {
        let (inputs, outputs) = (file.shape("inputs")?.to_vec(), file.shape("outputs")?.to_vec());
        Some(Trace { inputs, outputs, ids: file.integers.iter().any(|name| name == "inputs") })
    }

    /// Numbers of a step, where it reads no id.
    pub(super) fn input_width(&self) -> Option<usize> {
        self.inputs.last().copied().filter(|_| !self.ids)
    }

    pub(super) fn output_width(&self) -> Option<usize> {
        self.outputs.last().copied()
    }

    /// Steps of the longest sequence.
    pub(super) fn steps(&self) -> usize {
        self.inputs.iter().rev().nth(usize::from(!self.ids)).copied().unwrap_or(0)
    }

    /// Whether the outputs may be those of every step, and whether they may be those of the last one.
    pub(super) fn outputs_of(&self) -> (bool, bool) {
        let Some((_, steps)) = self.inputs.split_last().filter(|_| !self.ids).or(Some((&0, &self.inputs)))
        else {
            return (false, false);
        };
        let every = self.outputs.split_last().is_some_and(|(_, outer)| outer == steps);
        let last = match (steps, self.outputs.as_slice()) {
            ([_], [_]) => true,
            ([_], &[count, _]) => count == 1,
            (&[count, _], &[outputs, _]) => count == outputs,
            _ => false,
        };
        (every, last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_tell_which_steps_have_outputs() {
        for (inputs, ids, outputs, expected) in [
            (&[4, 9, 3][..], false, &[4, 9, 2][..], (true, false)),
            (&[4, 9, 3], false, &[4, 2], (false, true)),
            (&[9, 3], false, &[9, 2], (true, false)),
            (&[9, 3], false, &[1, 2], (false, true)),
            (&[9, 3], false, &[2], (false, true)),
            (&[1, 3], false, &[1, 2], (true, true)),
            (&[4, 9], true, &[4, 9, 2], (true, false)),
            (&[4, 9], true, &[4, 2], (false, true)),
            (&[9], true, &[9, 2], (true, false)),
            (&[4, 9, 3], false, &[5, 2], (false, false)),
            (&[], false, &[], (false, false)),
        ] {
            let trace = Trace { inputs: inputs.to_vec(), outputs: outputs.to_vec(), ids };
            assert_eq!(trace.outputs_of(), expected, "{inputs:?} {outputs:?}");
        }
    }
}
