//! Resolves `fastrnn`.

use super::resolve::{Scope, size};
use super::stack::{Rest, Stack};
use super::{Cell, FastRnn};
use crate::diagnostic::Span;
use crate::spec::{self, Nonlinearity};
use crate::tensors::{Fast, FastShape, fast};

pub(super) fn resolve(layer: &spec::FastRnn, span: Span, scope: &mut Scope<'_>) {
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
    let nonlinearity = layer.nonlinearity.map_or(Nonlinearity::Tanh, |it| it.value);
    stack.resolve(scope, 1, |binder, input| {
        let shape = FastShape {
            input: input.clone(),
            hidden: stack.hidden(),
            input_rank: layer.input_rank.map(|rank| size("input_rank", rank)),
            recurrent_rank: layer.recurrent_rank.map(|rank| size("recurrent_rank", rank)),
            compression: layer.compression.clone(),
            biases: &["bias_update"],
            scalars: &["alpha", "beta"],
        };
        let directions = fast(binder, &shape, stack.directions())?;
        let rests = stack.rests(binder, false, 1)?;
        let cells = directions.into_iter().zip(rests);
        Some(vec![cells.map(|(fast, rest)| cell(fast, rest, nonlinearity)).collect::<Option<_>>()?])
    });
}

fn cell(fast: Fast, rest: Rest, nonlinearity: Nonlinearity) -> Option<Cell> {
    let [bias] = fast.biases.try_into().ok()?;
    let [alpha, beta] = fast.scalars.try_into().ok()?;
    Some(Cell::FastRnn(FastRnn {
        nonlinearity,
        input: fast.input,
        recurrent: fast.recurrent,
        bias,
        alpha: sigmoid(alpha),
        beta: sigmoid(beta),
        h0: rest.h0,
    }))
}

/// EdgeML stores its scalars before the sigmoid.
pub(super) fn sigmoid(x: f64) -> f32 {
    (1.0 / (1.0 + (-x).exp())) as f32
}
