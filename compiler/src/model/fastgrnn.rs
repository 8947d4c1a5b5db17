//! Resolves `fastgrnn`.

use super::fastrnn::sigmoid;
use super::resolve::{Scope, size};
use super::stack::{Rest, Stack};
use super::{Cell, FastGrnn};
use crate::diagnostic::Span;
use crate::spec::{self, Nonlinearity};
use crate::tensors::{Fast, FastShape, fast};

pub(super) fn resolve(layer: &spec::FastGrnn, span: Span, scope: &mut Scope<'_>) {
    let stack = Stack {
        name: &layer.name,
        span,
        hidden_size: layer.hidden_size,
        proj_size: None,
        num_layers: None,
        bidirectional: layer.bidirectional,
        residual: layer.residual,
        compression: layer.compression.as_ref(),
    };
    stack.resolve(scope, 1, |binder, input| {
        let shape = FastShape {
            input: input.clone(),
            hidden: stack.hidden(),
            input_rank: layer.input_rank.map(|rank| size("input_rank", rank)),
            recurrent_rank: layer.recurrent_rank.map(|rank| size("recurrent_rank", rank)),
            compression: layer.compression.clone(),
            biases: &["bias_gate", "bias_update"],
            scalars: &["zeta", "nu"],
        };
        let directions = fast(binder, &shape, stack.directions())?;
        let rests = stack.rests(binder, false, 1)?;
        let cells = directions.into_iter().zip(rests);
        Some(vec![cells.map(|(fast, rest)| cell(fast, rest, layer)).collect::<Option<_>>()?])
    });
}

fn cell(fast: Fast, rest: Rest, layer: &spec::FastGrnn) -> Option<Cell> {
    let [bias_gate, bias_update] = fast.biases.try_into().ok()?;
    let [zeta, nu] = fast.scalars.try_into().ok()?;
    Some(Cell::FastGrnn(FastGrnn {
        gate_nonlinearity: layer.gate_nonlinearity.map_or(Nonlinearity::Sigmoid, |it| it.value),
        update_nonlinearity: layer.update_nonlinearity.map_or(Nonlinearity::Tanh, |it| it.value),
        input: fast.input,
        recurrent: fast.recurrent,
        bias_gate,
        bias_update,
        zeta: sigmoid(zeta),
        nu: sigmoid(nu),
        h0: rest.h0,
    }))
}
