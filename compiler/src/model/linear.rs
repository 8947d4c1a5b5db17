//! Resolves `linear`.

use super::resolve::{Scope, size};
use super::{Layer, Linear, Matrix, tied};
use crate::diagnostic::Span;
use crate::spec::{self, Activation};
use crate::tensors::{Dim, linear};

pub(super) fn resolve(layer: &spec::Linear, span: Span, scope: &mut Scope<'_>) {
    let units = size("units", layer.units);
    let (input, output) = (scope.width.clone(), Dim::Of(1, units));
    if !scope.can_exist(layer.units.span, &output, &input) {
        return scope.give_up();
    }
    let bound = match &layer.tied {
        Some(to) => tied::resolve(layer, to, span, scope),
        None => {
            let hint = tied::may_be(layer, scope);
            let mut binder = scope.binder(&layer.name, span);
            binder.tie = hint;
            let bound = linear(&mut binder, &input, &output);
            let complete = binder.finish();
            bound.filter(|_| complete)
        }
    };
    let Some((weight, bias)) = bound else {
        return scope.give_up();
    };
    scope.layers.push(Layer::Linear(Linear {
        name: layer.name.value.clone(),
        weight: Matrix::Dense(weight),
        bias,
        activation: layer.activation.map_or(Activation::None, |it| it.value),
        is_tied: layer.tied.is_some(),
        dual: None,
    }));
    scope.width = output.after(&layer.name);
}
