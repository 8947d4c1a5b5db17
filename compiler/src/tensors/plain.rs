//! The tensors of linear layers, also where they were trained as convolutions of one step, and embeddings.

use super::bind::Binder;
use super::keras;
use super::layout::{self, Layout, PLAIN};
use super::name::full_name;
use super::shape::{Dim, Size, fits};
use crate::diagnostic::{Code, Diagnostic, Spanned, quoted};
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

/// A table of `[tokens, dim]`; that of a layer that is `tied` to it where the file has it under that name alone.
pub(crate) fn embedding(
    binder: &mut Binder<'_>,
    tokens: &Dim,
    dim: &Size,
    tied: &[&Spanned<String>],
) -> Option<Dense> {
    let table = table_name(binder);
    let columns = Dim::Of(1, dim.clone());
    if let Some(linear) = only_tied(binder, &table, tied) {
        return binder.under(linear, |binder| weight(binder, &columns, tokens));
    }
    let tensor = binder.take(&table, &[&[tokens.clone(), columns]])?;
    Some(layout::rows(&PLAIN, tensor.shape[0], tensor.shape[1], tensor.data))
}

/// The bias of a layer with the `table` of the embedding `of`, to which `others` are tied as well. A matrix of its own
/// has to be the same one.
pub(crate) fn tied(
    binder: &mut Binder<'_>,
    table: &Dense,
    of: &Spanned<String>,
    others: &[&Spanned<String>],
) -> Option<Vec<f32>> {
    let units = Dim::Exactly(table.rows);
    let bias = bias(binder, &units);
    let of_table = binder.under(of, |binder| table_name(binder));
    let own = weight_name(binder);
    let is_the_table = only_tied(binder, &of_table, others).is_some_and(|first| first == binder.name);
    if binder.has(&own) && !is_the_table {
        let weight = weight(binder, &Dim::Exactly(table.columns), &units)?;
        if weight.data != table.data {
            let message = format!("tensor {} differs from the table of {}", quoted(&own), quoted(of));
            binder.fail(
                Diagnostic::error(Code::TiedWeight, of.span, message)
                    .help("the two were not tied when they were saved: remove `tied`"),
            );
            return None;
        }
    }
    Some(bias.unwrap_or_else(|| vec![0.0; table.rows]))
}

/// Whether a linear layer has a matrix that could be the table of the embedding at hand.
pub(crate) fn has_table(binder: &mut Binder<'_>, linear: &Spanned<String>, tokens: &Dim, dim: &Size) -> bool {
    let shape = Layout::Rows.shape(tokens.clone(), Dim::Of(1, dim.clone()));
    let turned = Layout::Columns.shape(tokens.clone(), Dim::Of(1, dim.clone()));
    let expected = if binder.convention == Convention::Keras { turned } else { shape };
    let own = table_name(binder);
    !binder.has(&own)
        && binder.under(linear, |binder| {
            let weight = weight_name(binder);
            binder.shape(&weight).is_some_and(|found| fits(&expected, found))
        })
}

/// The first of the layers tied to an embedding whose matrix is in the file, where the embedding's `table` is not.
fn only_tied<'a>(
    binder: &mut Binder<'_>,
    table: &str,
    tied: &[&'a Spanned<String>],
) -> Option<&'a Spanned<String>> {
    if binder.has(table) {
        return None;
    }
    tied.iter().copied().find(|linear| {
        binder.under(linear, |binder| {
            let weight = weight_name(binder);
            binder.has(&weight)
        })
    })
}

fn table_name(binder: &Binder<'_>) -> String {
    name(binder, if binder.convention == Convention::Keras { "embeddings" } else { "weight" })
}

fn name(binder: &Binder<'_>, part: &str) -> String {
    let layer = &binder.name.value;
    match binder.convention {
        Convention::Keras => keras::find(binder.store, layer, None, part),
        Convention::Pytorch | Convention::Onnx => full_name(layer, part),
    }
}
