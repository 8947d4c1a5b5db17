//! The tensors of linear layers and embeddings.

use super::bind::Binder;
use super::keras;
use super::layout::{self, PLAIN};
use super::name::full_name;
use super::shape::{Dim, Size};
use crate::model::Dense;
use crate::spec::Convention;

/// A weight of `[units, input]` and a bias of `[units]`, zeros where the file has none.
pub(crate) fn linear(binder: &mut Binder<'_>, input: &Dim, units: &Dim) -> Option<(Dense, Vec<f32>)> {
    let by_columns = binder.convention == Convention::Keras;
    let (weight, shape) = if by_columns {
        (name(binder, "kernel"), [input.clone(), units.clone()])
    } else {
        (name(binder, "weight"), [units.clone(), input.clone()])
    };
    let bias = name(binder, "bias");
    let weight = binder.take(&weight, &[&shape]);
    let bias = binder.take_if_there(&bias, &[std::slice::from_ref(units)]);

    let weight = weight?;
    let (first, second) = (weight.shape[0], weight.shape[1]);
    let weight = if by_columns {
        layout::columns(&PLAIN, second, first, &weight.data)
    } else {
        layout::rows(&PLAIN, first, second, weight.data)
    };
    let bias = bias.map_or_else(|| vec![0.0; weight.rows], |bias| bias.data);
    Some((weight, bias))
}

/// A table of `[tokens, dim]`.
pub(crate) fn embedding(binder: &mut Binder<'_>, tokens: &Dim, dim: &Size) -> Option<Dense> {
    let table = match binder.convention {
        Convention::Keras => name(binder, "embeddings"),
        Convention::Pytorch | Convention::Onnx => name(binder, "weight"),
    };
    let tensor = binder.take(&table, &[&[tokens.clone(), Dim::Of(1, dim.clone())]])?;
    Some(layout::rows(&PLAIN, tensor.shape[0], tensor.shape[1], tensor.data))
}

fn name(binder: &Binder<'_>, part: &str) -> String {
    let layer = &binder.name.value;
    match binder.convention {
        Convention::Keras => keras::find(binder.store, layer, None, part),
        Convention::Pytorch | Convention::Onnx => full_name(layer, part),
    }
}
