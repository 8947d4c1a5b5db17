//! Resolves `embedding`.

use super::resolve::{Scope, size};
use super::{Embedding, Layer, tied};
use crate::diagnostic::{Span, Spanned, quoted};
use crate::spec::{self, InputKind};
use crate::tensors::{Dim, embedding, has_table};

pub(super) fn resolve(layer: &spec::Embedding, span: Span, scope: &mut Scope<'_>) {
    let dim = size("dim", layer.dim);
    let output = Dim::Of(1, dim.clone());
    let tokens = match scope.spec.input.kind {
        InputKind::Tokens(tokens) => Dim::Of(1, size("tokens", tokens)),
        InputKind::Features(_) => Dim::Any,
    };
    if !scope.can_exist(layer.dim.span, &tokens, &output) {
        return scope.give_up();
    }
    let others: Vec<&Spanned<String>> = tied::layers(scope.spec, &layer.name).collect();
    let candidates: Vec<&Spanned<String>> =
        tokens.value().into_iter().flat_map(|tokens| tied::candidates(scope.spec, tokens)).collect();
    let mut binder = scope.binder(&layer.name, span);
    let candidate = candidates.into_iter().find(|linear| has_table(&mut binder, linear, &tokens, &dim));
    binder.tie = candidate.map(|linear| {
        format!(
            "the matrix of {} has this shape: if the two are tied, write `tied: {}` in {}",
            quoted(linear),
            layer.name.value,
            quoted(linear)
        )
    });
    let table = embedding(&mut binder, &tokens, &dim, &others);
    let complete = binder.finish();
    let Some(table) = table.filter(|_| complete) else {
        return scope.give_up();
    };
    scope.layers.push(Layer::Embedding(Embedding { name: layer.name.value.clone(), table }));
    scope.width = output.after(&layer.name);
}
