//! Resolves `embedding`.

use super::resolve::{Scope, size};
use super::{Embedding, Layer};
use crate::diagnostic::Span;
use crate::spec::{self, InputKind};
use crate::tensors::{Dim, embedding};

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
    let mut binder = scope.binder(&layer.name, span);
    let table = embedding(&mut binder, &tokens, &dim);
    let complete = binder.finish();
    let Some(table) = table.filter(|_| complete) else {
        return scope.give_up();
    };
    scope.layers.push(Layer::Embedding(Embedding { name: layer.name.value.clone(), table }));
    scope.width = output.after(&layer.name);
}
