//! Resolves `gru`.

use super::resolve::Scope;
use super::stack::{Rest, Stack, rounded_sums};
use super::{Cell, Gru};
use crate::diagnostic::Span;
use crate::spec::{self, Reset};
use crate::tensors::{Gated, Kind};

pub(super) fn resolve(layer: &spec::Gru, span: Span, scope: &mut Scope<'_>) {
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
    let kind = Kind::Gru(layer.reset);
    stack.resolve(scope, kind.gates(), |binder, input| {
        stack.gated(binder, input, kind, |gated, rest| cell(gated, rest, layer.reset.value))
    });
}

pub(super) fn cell(gated: Gated, rest: Rest, reset: Reset) -> Cell {
    let hidden = rest.h0.len();
    let Gated { input, recurrent, input_bias, mut recurrent_bias, .. } = gated;
    let candidate_bias = match reset {
        Reset::After => recurrent_bias.split_off(2 * hidden),
        Reset::Before => vec![0.0; hidden],
    };
    // Of a candidate with a bias of its own the input's bias stands alone.
    recurrent_bias.resize(3 * hidden, 0.0);
    let bias = rounded_sums(&input_bias, &recurrent_bias);
    let candidate_bias = candidate_bias.into_iter().map(|bias| bias as f32).collect();
    Cell::Gru(Gru { reset, input, recurrent, bias, candidate_bias, h0: rest.h0 })
}
