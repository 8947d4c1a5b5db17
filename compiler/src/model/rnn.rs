//! Resolves `rnn`.

use super::resolve::Scope;
use super::stack::{Rest, Stack, rounded_sums};
use super::{Cell, Rnn};
use crate::diagnostic::Span;
use crate::spec::{self, Nonlinearity};
use crate::tensors::{Gated, Kind};

pub(super) fn resolve(layer: &spec::Rnn, span: Span, scope: &mut Scope<'_>) {
    let stack = Stack {
        name: &layer.name,
        span,
        hidden_size: layer.hidden_size,
        proj_size: None,
        num_layers: layer.num_layers,
        bidirectional: layer.bidirectional,
        residual: layer.residual,
        compression: layer.compression.as_ref(),
    };
    let nonlinearity = layer.nonlinearity.map_or(Nonlinearity::Tanh, |it| it.value);
    stack.resolve(scope, Kind::Rnn.gates(), |binder, input| {
        stack.gated(binder, input, Kind::Rnn, |gated, rest| cell(gated, rest, nonlinearity))
    });
}

fn cell(gated: Gated, rest: Rest, nonlinearity: Nonlinearity) -> Cell {
    let Gated { input, recurrent, input_bias, recurrent_bias, .. } = gated;
    let bias = rounded_sums(&input_bias, &recurrent_bias);
    Cell::Rnn(Rnn { nonlinearity, input, recurrent, bias, h0: rest.h0 })
}
