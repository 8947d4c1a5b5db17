//! Resolves `lstm`.

use super::resolve::Scope;
use super::stack::{Rest, Stack, rounded_sums};
use super::{Cell, Lstm};
use crate::diagnostic::Span;
use crate::spec;
use crate::tensors::{Gated, Kind};

pub(super) fn resolve(layer: &spec::Lstm, span: Span, scope: &mut Scope<'_>) {
    let stack = Stack {
        name: &layer.name,
        span,
        hidden_size: layer.hidden_size,
        proj_size: layer.proj_size,
        num_layers: layer.num_layers,
        bidirectional: layer.bidirectional,
        residual: layer.residual,
        compression: layer.compression.as_ref(),
    };
    let forget_bias = layer.forget_bias.map_or(0.0, |bias| bias.value);
    stack.resolve(scope, Kind::Lstm.gates(), |binder, input| {
        stack.gated(binder, input, Kind::Lstm, |gated, rest| cell(gated, rest, forget_bias))
    });
}

pub(super) fn cell(mut gated: Gated, rest: Rest, forget_bias: f64) -> Cell {
    let units = rest.c0.len();
    for bias in gated.input_bias.iter_mut().skip(units).take(units) {
        *bias += forget_bias;
    }
    let bias = rounded_sums(&gated.input_bias, &gated.recurrent_bias);
    Cell::Lstm(Lstm {
        input: gated.input,
        recurrent: gated.recurrent,
        projection: gated.projection,
        bias,
        h0: rest.h0,
        c0: rest.c0,
    })
}
