//! Decodes the tensors that a layer takes, and says what is wrong with their numbers.

use super::bind::Binder;
use super::safetensors::dtype_name;
use super::shape::{Dim, list};
use super::{decode, weight_norm};
use crate::diagnostic::{Code, Diagnostic, Span, quoted};

/// A decoded tensor.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) shape: Vec<usize>,
    pub(crate) data: Vec<f32>,
}

impl Binder<'_> {
    /// The tensor, of one of these shapes. A fault is noted; the first shape is the one it names.
    pub(crate) fn take(&mut self, name: &str, shapes: &[&[Dim]]) -> Option<Tensor> {
        self.is_there(name, shapes).then(|| self.take_if_there(name, shapes))?
    }

    /// The same, without a fault where there is none of this name.
    pub(crate) fn take_if_there(&mut self, name: &str, shapes: &[&[Dim]]) -> Option<Tensor> {
        let (shape, data) = self.read(name, shapes)?;
        Some(Tensor { shape, data })
    }

    /// The numbers of a tensor that others are added to before all are rounded together.
    pub(crate) fn take_exact(&mut self, name: &str, shapes: &[&[Dim]]) -> Option<Vec<f64>> {
        self.is_there(name, shapes).then(|| self.take_exact_if_there(name, shapes))?
    }

    /// The same, without a fault where there is none of this name.
    pub(crate) fn take_exact_if_there(&mut self, name: &str, shapes: &[&[Dim]]) -> Option<Vec<f64>> {
        Some(self.read(name, shapes)?.1)
    }

    /// Shape and numbers of the tensor, or of the matrix under weight normalization.
    fn read<T: decode::Number + Default>(
        &mut self,
        name: &str,
        shapes: &[&[Dim]],
    ) -> Option<(Vec<usize>, Vec<T>)> {
        if !self.has_shape(name, shapes) {
            return None;
        }
        let shape = self.shape(name)?.to_vec();
        let numbers = match self.store.pair(name).cloned() {
            None => self.numbers(name)?,
            Some(pair) => self.normalized(&pair)?.into_iter().map(T::of).collect(),
        };
        let numbers = self.store.in_row_major(name, &shape, numbers);
        self.use_up(name);
        Some((shape, numbers))
    }

    /// The numbers of a tensor of whatever shape.
    fn numbers<T: decode::Number>(&mut self, name: &str) -> Option<Vec<T>> {
        let stored = self.store.get(name)?;
        let Some(numbers) = T::decode(stored.dtype, stored.bytes) else {
            self.mistyped.push((name.to_owned(), stored.dtype));
            return None;
        };
        if let Some((first, count)) = decode::not_finite(&numbers) {
            let exact = decode::doubles(stored.dtype, stored.bytes).unwrap_or_default();
            let error = match exact.get(first).filter(|number| number.is_finite()) {
                Some(number) => beyond(self.layer, name, first, *number),
                None => not_finite(self.layer, name, first, count, numbers.len()),
            };
            self.fail(error);
            return None;
        }
        Some(numbers)
    }

    /// The matrix that weight normalization makes of its two tensors.
    fn normalized(&mut self, pair: &weight_norm::Pair) -> Option<Vec<f64>> {
        let (g, v) = (self.numbers::<f64>(&pair.magnitude), self.numbers::<f64>(&pair.direction));
        let (g, v) = (g?, v?);
        let shape = self.shape(&pair.direction)?.to_vec();
        let of_g = self.shape(&pair.magnitude)?.to_vec();
        let Ok(kept) = weight_norm::kept(&of_g, &shape) else {
            let mut each_row = vec![1; shape.len()];
            each_row.iter_mut().zip(&shape).take(1).for_each(|(first, rows)| *first = *rows);
            let message = format!(
                "tensor {} has the shape {}, and {} is expected",
                quoted(&pair.magnitude),
                list(&of_g),
                list(&each_row)
            );
            self.fail(Diagnostic::error(Code::TensorShape, self.layer, message).help(format!(
                "weight_norm has one magnitude for each row of {}, which has the shape {}",
                quoted(&pair.direction),
                list(&shape)
            )));
            return None;
        };
        match weight_norm::fold(&g, &v, &shape, kept) {
            Ok(matrix) => Some(matrix),
            Err(index) => {
                let what = match kept {
                    None => "as a whole".to_owned(),
                    Some(0) => format!("in row {index}"),
                    Some(_) => format!("in column {index}"),
                };
                let message = format!("tensor {} has the norm 0 {what}", quoted(&pair.direction));
                self.fail(Diagnostic::error(Code::NotFinite, self.layer, message).help(format!(
                    "weight_norm divides by it: {} is `g * v / norm(v)`",
                    quoted(&pair.matrix)
                )));
                None
            }
        }
    }

    /// A tensor of integers, of one of these shapes. A fault is noted.
    pub(super) fn take_integers(&mut self, name: &str, shapes: &[&[Dim]]) -> Option<Vec<i64>> {
        if !self.is_there(name, shapes) || !self.has_shape(name, shapes) {
            return None;
        }
        let Some(stored) = self.store.get(name) else {
            let message = format!("tensor {} is under weight_norm, and integers are expected", quoted(name));
            self.fail(Diagnostic::error(Code::TensorDtype, self.layer, message));
            return None;
        };
        let Some(wide) = decode::integers(stored.dtype, stored.bytes) else {
            let message =
                format!("tensor {} is {}, and integers are expected", quoted(name), dtype_name(stored.dtype));
            self.fail(Diagnostic::error(Code::TensorDtype, self.layer, message));
            return None;
        };
        self.use_up(name);
        // Whatever no `i64` holds is no place of anything.
        Some(wide.into_iter().map(|number| i64::try_from(number).unwrap_or(i64::MAX)).collect())
    }
}

fn beyond(layer: Span, name: &str, first: usize, number: f64) -> Diagnostic {
    let message =
        format!("tensor {} has the element {number:e}, which is beyond the range of float32", quoted(name));
    Diagnostic::error(Code::OutOfRange, layer, message).help(format!(
        "it is element {first}, counted row after row, and weights run as float32, up to 3.4e38"
    ))
}

fn not_finite(layer: Span, name: &str, first: usize, count: usize, of: usize) -> Diagnostic {
    let message =
        format!("tensor {} has {count} of {of} elements that are infinite or not a number", quoted(name));
    Diagnostic::error(Code::NotFinite, layer, message)
        .help(format!("the first is element {first}, counted row after row"))
        .help("did the training diverge, or did a conversion to float16 overflow?")
}
