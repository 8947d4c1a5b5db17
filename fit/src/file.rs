//! The fit file.

use std::path::Path;

use recurve_compiler::replace;
use recurve_compiler::tensors::RECORDS;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::Error;

/// A tensor of the fit file.
#[derive(Debug, Clone)]
pub(crate) struct Tensor {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) numbers: Numbers,
}

/// What a tensor holds.
#[derive(Debug, Clone)]
pub(crate) enum Numbers {
    Floats(Vec<f32>),
    Integers(Vec<i32>),
    Signs(Vec<i8>),
}

impl Numbers {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Numbers::Floats(numbers) => numbers.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Numbers::Integers(numbers) => numbers.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Numbers::Signs(numbers) => numbers.iter().map(|x| x.cast_unsigned()).collect(),
        }
    }

    fn dtype(&self) -> Dtype {
        match self {
            Numbers::Floats(_) => Dtype::F32,
            Numbers::Integers(_) => Dtype::I32,
            Numbers::Signs(_) => Dtype::I8,
        }
    }
}

/// The same bytes for the same tensors and records.
pub(crate) fn serialize(tensors: &[Tensor], records: String) -> Result<Vec<u8>, Error> {
    let fault =
        |error: safetensors::SafeTensorError| Error::new(format!("cannot encode the fit file: {error}"));
    let bytes: Vec<Vec<u8>> = tensors.iter().map(|tensor| tensor.numbers.bytes()).collect();
    let views = tensors.iter().zip(&bytes).map(|(tensor, bytes)| {
        TensorView::new(tensor.numbers.dtype(), tensor.shape.clone(), bytes)
            .map(|view| (tensor.name.as_str(), view))
    });
    let views: Vec<_> = views.collect::<Result<_, _>>().map_err(fault)?;
    let metadata = [(RECORDS.to_owned(), records)].into_iter().collect();
    safetensors::serialize(views, Some(metadata)).map_err(fault)
}

/// Writes a file beside its place first, so that no half of it is ever seen.
///
/// # Errors
/// Where the folder or the file cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace::write(path, bytes)
        .map_err(|error| Error::new(format!("cannot write `{}`: {error}", path.display())))
}
