//! The tensors of linear layers, also where they were trained as convolutions of one step, and embeddings.

use super::bind::Binder;
use super::keras;
use super::layout::{self, Layout, PLAIN};
use super::shape::{Dim, Size};
use crate::model::Dense;
use crate::spec::Convention;

/// A weight of `[units, input]` and a bias of `[units]`, zeros where the file has none.
pub(crate) fn linear(binder: &mut Binder<'_>, input: &Dim, units: &Dim) -> Option<(Dense, Vec<f32>)> {
    let weight = weight(binder, input, units);
    let bias = bias(binder, units);
    let weight = weight?;
    let bias = bias.unwrap_or_else(|| vec![0.0; weight.rows]);
    Some((weight, bias))
}

/// `[units, input]`.
fn weight(binder: &mut Binder<'_>, input: &Dim, units: &Dim) -> Option<Dense> {
    let weight = weight_name(binder);
    let (input, units, one) = (input.clone(), units.clone(), Dim::Exactly(1));
    if binder.convention == Convention::Keras {
        let shape = [one.clone(), one, input, units];
        let tensor = binder.take(&weight, &[&shape[2..], &shape[1..], &shape])?;
        return Some(Layout::Columns.matrix(&PLAIN, &tensor.shape, tensor.data));
    }
    let shape = [units, input, one.clone(), one];
    let tensor = binder.take(&weight, &[&shape[..2], &shape[..3], &shape])?;
    Some(Layout::Rows.matrix(&PLAIN, &tensor.shape[..2], tensor.data))
}

/// `[units]`, where the file has one.
fn bias(binder: &mut Binder<'_>, units: &Dim) -> Option<Vec<f32>> {
    let bias = name(binder, "bias");
    let row = [Dim::Exactly(1), units.clone()];
    Some(binder.take_if_there(&bias, &[&row[1..], &row])?.data)
}

fn weight_name(binder: &Binder<'_>) -> String {
    name(binder, if binder.convention == Convention::Keras { "kernel" } else { "weight" })
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
        Convention::Pytorch | Convention::Onnx => format!("{layer}.{part}"),
    }
}
