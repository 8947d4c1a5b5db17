//! Linear layers whose matrix is the table of the embedding. Press & Wolf 2017.

use super::resolve::Scope;
use super::{Dense, Embedding, Layer};
use crate::diagnostic::{Code, Diagnostic, Span, Spanned, nearest, quoted};
use crate::spec::{self, Precision};
use crate::tensors::{Dim, list, tied};

/// The names of the linear layers that are tied to an embedding.
pub(super) fn layers<'a>(
    spec: &'a spec::Spec,
    embedding: &'a str,
) -> impl Iterator<Item = &'a Spanned<String>> {
    linears(spec)
        .filter(move |layer| layer.tied.as_ref().is_some_and(|to| to.value == embedding))
        .map(|layer| &layer.name)
}

/// The table and the bias of a layer that is tied `to` an embedding.
pub(super) fn resolve(
    layer: &spec::Linear,
    to: &Spanned<String>,
    span: Span,
    scope: &mut Scope<'_>,
) -> Option<(Dense, Vec<f32>)> {
    let name = quoted(&layer.name);
    let table = match table(to, scope) {
        Ok(table) => table?,
        Err(error) => {
            scope.fail(error);
            return None;
        }
    };
    let (tokens, dim) = (table.rows, table.columns);
    let fits = layer.units.value == tokens && scope.width.value().is_none_or(|width| width == dim);
    if !fits {
        let matrix = [Dim::Exactly(layer.units.value), scope.width.clone()];
        let message = format!(
            "{name} has a matrix of the shape {}, and the table of {} has the shape {}",
            list(&matrix),
            quoted(to),
            list(&[tokens, dim])
        );
        let error = Diagnostic::error(Code::TiedWeight, to.span, message);
        scope.fail(match layer.units.value == tokens {
            true => error.help(format!("the layer before {name} has to give {dim} numbers")),
            false => error.related(layer.units.span, "the rows of the matrix").help(format!(
                "a tied layer has a row for each id, and reads what an id's row has: `units: {tokens}`, after a layer that \
                 gives {dim} numbers"
            )),
        });
        return None;
    }
    let of_table = scope.spec.layers.iter().flatten().find(|layer| layer.value.name().value == to.value);
    let of_table = of_table.and_then(|layer| layer.value.precision());
    if let Err(error) = same_precision(layer, to, of_table) {
        scope.fail(error);
        return None;
    }
    let others: Vec<&Spanned<String>> = layers(scope.spec, to).collect();
    let mut binder = scope.binder(&layer.name, span);
    let bias = tied(&mut binder, &table, to, &others);
    let complete = binder.finish();
    Some((table, bias.filter(|_| complete)?))
}

/// The table of the embedding; `None` where that is broken.
fn table(to: &Spanned<String>, scope: &Scope<'_>) -> Result<Option<Dense>, Diagnostic> {
    let of_embedding = |layer: &Layer| match layer {
        Layer::Embedding(Embedding { name, table }) if *name == to.value => Some(table.clone()),
        Layer::Embedding(_) | Layer::Recurrent(_) | Layer::Linear(_) => None,
    };
    if let Some(table) = scope.layers.iter().find_map(of_embedding) {
        return Ok(Some(table));
    }
    let names = || scope.spec.layers.iter().flatten().map(|layer| layer.value.name().value.as_str());
    let found = scope.spec.layers.iter().flatten().find(|layer| layer.value.name().value == to.value);
    match found {
        Some(layer) if matches!(layer.value, spec::Layer::Embedding(_)) => Ok(None),
        Some(layer) => {
            let message = format!("{} is no `embedding`, and only one has a table", quoted(to));
            Err(Diagnostic::error(Code::TiedWeight, to.span, message).related(layer.span, "this layer"))
        }
        None => {
            let error =
                Diagnostic::error(Code::TiedWeight, to.span, format!("there is no layer {}", quoted(to)));
            Err(match nearest(to, names()) {
                Some(nearest) => error.help(format!("did you mean {}?", quoted(nearest))),
                None => error.help("`tied` is the `name` of the `embedding` that the layers begin with"),
            })
        }
    }
}

fn same_precision(
    layer: &spec::Linear,
    to: &Spanned<String>,
    of_table: Option<Spanned<Precision>>,
) -> Result<(), Diagnostic> {
    let value = |precision: Option<Spanned<Precision>>| precision.map_or(Precision::F32, |it| it.value);
    let (own, other) = (value(layer.precision), value(of_table));
    let at = layer.precision.map_or(to.span, |precision| precision.span);
    if own == Precision::Int16x8 {
        let message = format!("{} is `int16x8`, and no table is", quoted(&layer.name));
        return Err(Diagnostic::error(Code::TiedWeight, at, message)
            .related(to.span, "its matrix is the table of this layer")
            .help("write `precision: int8` in both layers, or remove `tied`"));
    }
    if own == other {
        return Ok(());
    }
    let message = format!(
        "{} has its numbers in `{}`, and the table of {} is in `{}`",
        quoted(&layer.name),
        own.word(),
        quoted(to),
        other.word()
    );
    let error = Diagnostic::error(Code::TiedWeight, at, message);
    let error = match of_table {
        Some(precision) => error.related(precision.span, "the table's precision"),
        None => error,
    };
    Err(error.help(format!(
        "one table has one precision: write `precision: {}` in both layers, or remove `tied`",
        if own == Precision::F32 { other.word() } else { own.word() }
    )))
}

/// What to write where the matrix of a layer may be the table of the embedding.
pub(super) fn may_be(layer: &spec::Linear, scope: &Scope<'_>) -> Option<String> {
    let Some(Layer::Embedding(Embedding { name, table })) = scope.layers.first() else {
        return None;
    };
    let fits = layer.units.value == table.rows && scope.width.value() == Some(table.columns);
    fits.then(|| {
        format!(
            "the table of {} has this shape: if the two are tied, write `tied: {name}` in {}",
            quoted(name),
            quoted(&layer.name)
        )
    })
}

/// The linear layers that are not tied and have as many units as the embedding has ids.
pub(super) fn candidates(spec: &spec::Spec, tokens: usize) -> impl Iterator<Item = &Spanned<String>> {
    linears(spec)
        .filter(move |layer| layer.tied.is_none() && layer.units.value == tokens)
        .map(|layer| &layer.name)
}

fn linears(spec: &spec::Spec) -> impl Iterator<Item = &spec::Linear> {
    spec.layers.iter().flatten().filter_map(|layer| match &layer.value {
        spec::Layer::Linear(linear) => Some(linear),
        spec::Layer::Lstm(_)
        | spec::Layer::Gru(_)
        | spec::Layer::Rnn(_)
        | spec::Layer::FastRnn(_)
        | spec::Layer::FastGrnn(_)
        | spec::Layer::Embedding(_) => None,
    })
}
