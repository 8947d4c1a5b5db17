//! The held-out digits.

use std::fmt::Display;
use std::path::Path;

use safetensors::{Dtype, SafeTensors};

/// Rows of a digit, and pixels of a row.
pub(crate) const SIZE: usize = 8;

/// A row of pixels, 0 (paper) to 1 (ink).
pub(crate) type Row = [f32; SIZE];

/// A handwritten digit, and which one it is.
pub(crate) struct Digit {
    pub(crate) rows: [Row; SIZE],
    pub(crate) label: usize,
}

/// Reads `inputs`, `f32[n, 8, 8]`, and `labels`, `u32[n]`.
pub(crate) fn read(path: &Path) -> Result<Vec<Digit>, String> {
    let error = |error: &dyn Display| format!("cannot read `{}`: {error}", path.display());
    let bytes = std::fs::read(path).map_err(|e| error(&e))?;
    let file = SafeTensors::deserialize(&bytes).map_err(|e| error(&e))?;
    let tensor = |name, dtype| match file.tensor(name) {
        Ok(tensor) if tensor.dtype() == dtype => Ok(tensor),
        Ok(tensor) => Err(error(&format!("`{name}` is {:?}", tensor.dtype()))),
        Err(e) => Err(error(&e)),
    };
    let (inputs, labels) = (tensor("inputs", Dtype::F32)?, tensor("labels", Dtype::U32)?);
    if inputs.shape() != [labels.shape().iter().product(), SIZE, SIZE] {
        return Err(error(&"`inputs` and `labels` do not match"));
    }
    let (pixels, _) = inputs.data().as_chunks();
    let pixels: Vec<f32> = pixels.iter().map(|b| f32::from_le_bytes(*b)).collect();
    let (labels, _) = labels.data().as_chunks();
    let labels = labels.iter().map(|b| u32::from_le_bytes(*b) as usize);
    let (rows, _) = pixels.as_chunks().0.as_chunks();
    let digits = rows.iter().zip(labels);
    Ok(digits.map(|(rows, label)| Digit { rows: *rows, label }).collect())
}
