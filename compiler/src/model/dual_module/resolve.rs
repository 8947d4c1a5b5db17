//! Resolves `dual_module`.

use super::knobs::Knobs;
use super::{DualModule, projection_dim};
use crate::diagnostic::{Code, Diagnostic, Span, Spanned, nearest, quoted};
use crate::model::lstm::cell as lstm;
use crate::model::resolve::Scope;
use crate::model::stack::Rest;
use crate::model::{Cell, Dense, Layer, Linear, LowRank, Matrix, Model, Recurrent, gru};
use crate::spec::{self, Activation, LittlePrecision, Reset};
use crate::tensors::{DualTarget, Part, full_name, little, thresholds};

const EPSILON: f64 = 0.5;
/// Resolves one entry of `dual_module` for the layers resolved before; `None` after an error.
pub(in crate::model) fn resolve(
    module: &Spanned<spec::DualModule>,
    model: &mut Model,
    scope: &mut Scope<'_>,
) -> Option<()> {
    let at = module.value.layer.span;
    let name = &module.value.layer.value;
    let asked = scope.spec.layers.iter().flatten().find(|layer| layer.value.name().value == *name);
    let Some(asked) = asked else {
        let names = scope.spec.layers.iter().flatten().map(|layer| layer.value.name().value.as_str());
        let message = format!("there is no layer {}", quoted(name));
        let error = Diagnostic::error(Code::DualModuleMisplaced, at, message);
        scope.fail(match nearest(name, names) {
            Some(nearest) => error.help(format!("did you mean {}?", quoted(nearest))),
            None => error.help("`layer` is the `name` of a layer of this spec"),
        });
        return None;
    };
    if let Some((span, message, help)) = obstacle(asked) {
        let mut error = Diagnostic::error(Code::DualModuleMisplaced, at, message);
        if let Some(span) = span {
            error = error.related(span, "here");
        }
        scope.fail(error.help(help));
        return None;
    }
    for place in 0..model.layers.len() {
        if model.layers[place].name() != name {
            continue;
        }
        match &mut model.layers[place] {
            Layer::Recurrent(level) => level.dual = recurrent(module, level, scope)?,
            Layer::Linear(layer) => layer.dual = linear(module, layer, scope)?.map(Box::new),
            Layer::Embedding(_) => {}
        }
    }
    Some(())
}

const ONLY_THEIRS: &str = "only their rows can be left out";

fn not_gated(name: &str) -> String {
    format!("{} is neither an `lstm`, a `gru` nor a `linear` layer", quoted(name))
}

/// Why a layer can have no dual module: a place that says so, the reason, and what to do.
fn obstacle(layer: &Spanned<spec::Layer>) -> Option<(Option<Span>, String, &'static str)> {
    let name = quoted(layer.value.name());
    if let Some(compression) = layer.value.compression() {
        let message = format!("{name} has compressed matrices, and a dual module reads rows of dense ones");
        return Some((Some(compression.span), message, "remove `compression` or the dual module"));
    }
    if let Some(precision) = layer.value.precision()
        && let spec::Precision::Int4 | spec::Precision::Int16x8 = precision.value
    {
        let found = if precision.value == spec::Precision::Int4 { "int4" } else { "int16x8" };
        let message = format!("{name} is `{found}`, and rows are read of f32, f16, bf16 and int8");
        return Some((Some(precision.span), message, "choose another precision for the layer"));
    }
    if let spec::Layer::Linear(linear) = &layer.value
        && let Some(tied) = &linear.tied
    {
        let message =
            format!("{name} has the table of {}, and a dual module reads rows of dense ones", quoted(tied));
        return Some((
            Some(tied.span),
            message,
            "remove `tied`, and store the matrix twice, or the dual module",
        ));
    }
    match &layer.value {
        spec::Layer::Lstm(lstm) => {
            let output = lstm.proj_size?;
            let message = format!("{name} has a projection, and dual modules are for layers without one");
            Some((Some(output.span), message, "remove `proj_size` or the dual module"))
        }
        spec::Layer::Gru(gru) if gru.reset.value == Reset::After => None,
        spec::Layer::Gru(gru) => {
            let message =
                format!("the reset gate of {name} has to be known before its candidate is projected");
            Some((Some(gru.reset.span), message, "a dual module needs `reset: after`"))
        }
        spec::Layer::Linear(linear) => match linear.activation {
            Some(activation) if activation.value != Activation::None => None,
            _ => {
                let message = format!("{name} has no activation, so that none of its rows is insensitive");
                Some((
                    Some(layer.span),
                    message,
                    "rows can be left out before `sigmoid`, `tanh`, `relu` or `softmax`",
                ))
            }
        },
        spec::Layer::Rnn(_)
        | spec::Layer::FastRnn(_)
        | spec::Layer::FastGrnn(_)
        | spec::Layer::Embedding(_) => Some((Some(layer.span), not_gated(layer.value.name()), ONLY_THEIRS)),
    }
}

/// The little modules of a level, forward, then backward; none where `recurve fit` has to learn them first.
fn recurrent(
    module: &Spanned<spec::DualModule>,
    level: &Recurrent,
    scope: &mut Scope<'_>,
) -> Option<Vec<DualModule<Cell>>> {
    let mut modules = Vec::new();
    for (cell, reverse) in level.cells().zip(["", "_reverse"]) {
        let end = format!("_l{}{reverse}", level.level);
        let (input, hidden, rows) = (cell.input_size(), cell.hidden_size(), cell.input().rows());
        let parts = [
            Part { name: "ih", columns: input, dim: dim(module, rows, input, scope)? },
            Part { name: "hh", columns: hidden, dim: dim(module, rows, hidden, scope)? },
        ];
        let knobs = Knobs::of(module, [("sigmoid", true), ("tanh", true)], rows, scope)?;
        let Some(bound) = bind(module, &end, rows, &parts, &knobs, scope)? else {
            continue;
        };
        let (parts, curve) = bound;
        let [(input, input_bias), (recurrent, recurrent_bias)] = <[_; 2]>::try_from(parts).ok()?;
        let rest = Rest { h0: cell.h0().to_vec(), c0: cell.c0().to_vec() };
        let gated = crate::tensors::Gated { input, recurrent, projection: None, input_bias, recurrent_bias };
        let little = match cell {
            Cell::Gru(_) => gru::cell(gated, rest, Reset::After),
            Cell::Lstm(_) => lstm(gated, rest, 0.0),
            Cell::Rnn(_) | Cell::FastRnn(_) | Cell::FastGrnn(_) => {
                let message = not_gated(&level.name);
                let error = Diagnostic::error(Code::DualModuleMisplaced, module.value.layer.span, message);
                scope.fail(error.help(ONLY_THEIRS));
                return None;
            }
        };
        modules.push(knobs.module(little, curve, module));
    }
    Some(modules)
}

/// The little module of a linear layer; none where `recurve fit` has to learn it first.
fn linear(
    module: &Spanned<spec::DualModule>,
    layer: &Linear,
    scope: &mut Scope<'_>,
) -> Option<Option<DualModule<Linear>>> {
    let (rows, input) = (layer.units(), layer.weight.columns());
    let parts = [Part { name: "", columns: input, dim: dim(module, rows, input, scope)? }];
    let keys = match layer.activation {
        Activation::Tanh => [("tanh", true), ("", false)],
        Activation::Relu => [("relu", true), ("", false)],
        Activation::Softmax => [("softmax", true), ("", false)],
        // `obstacle` refuses a layer without an activation.
        Activation::Sigmoid | Activation::None => [("sigmoid", true), ("", false)],
    };
    let knobs = Knobs::of(module, keys, rows, scope)?;
    let Some((bound, curve)) = bind(module, "", rows, &parts, &knobs, scope)? else {
        return Some(None);
    };
    let (weight, bias) = bound.into_iter().next()?;
    let bias = bias.into_iter().map(|bias| bias as f32).collect();
    let (name, activation) = (layer.name.clone(), layer.activation);
    let little = Linear { name, weight, bias, activation, is_tied: false, dual: None };
    Some(Some(knobs.module(little, curve, module)))
}

/// Numbers of a projection of `columns` numbers.
fn dim(
    module: &Spanned<spec::DualModule>,
    rows: usize,
    columns: usize,
    scope: &mut Scope<'_>,
) -> Option<usize> {
    let Some(dim) = module.value.dim else {
        let epsilon = module.value.epsilon.map_or(EPSILON, |epsilon| epsilon.value);
        return Some(projection_dim(rows, epsilon).min(columns));
    };
    if dim.value <= columns {
        return Some(dim.value);
    }
    let message = format!("`dim` is {}, and what is projected has {columns} numbers", dim.value);
    let layer = quoted(&module.value.layer);
    scope.fail(
        Diagnostic::error(Code::OutOfRange, dim.span, message)
            .help(format!("a projection of {layer} has fewer numbers: expected 1 to {columns}")),
    );
    None
}

/// The matrices behind projections with their biases, and the curve; `None` inside where they are to be learned.
#[expect(clippy::type_complexity, reason = "a pair of lists")]
fn bind(
    module: &Spanned<spec::DualModule>,
    end: &str,
    rows: usize,
    parts: &[Part],
    knobs: &Knobs,
    scope: &mut Scope<'_>,
) -> Option<Option<(Vec<(Matrix, Vec<f64>)>, Vec<[f32; 3]>)>> {
    let layer = &module.value.layer;
    let name = Spanned::new(full_name(layer, "dual_module"), layer.span);
    let hint =
        "these are the tensors of a little module; where the weights have none, name a file with `fit` and \
                `recurve fit` learns them"
            .to_owned();
    let precision = module.value.little_precision();
    let sized = module.value.dim.is_some() || module.value.epsilon.is_some();
    let mut binder = scope.policy_binder(&name, layer.span, hint);
    if binder.learns(&format!("{}.", name.value)) {
        binder.note_dual(DualTarget::new(module, end, rows, parts));
        let complete = binder.finish();
        return scope.finished(complete, Some(None));
    }
    let mut bound = Vec::new();
    for part in parts {
        bound.push(little(&mut binder, part, end, rows, sized, precision == LittlePrecision::F32));
    }
    let curve = thresholds(&mut binder, end, parts.len() + 1, knobs.thresholds.is_none());
    let complete = binder.finish();
    let bound: Option<Vec<_>> = bound.into_iter().collect();
    let (bound, mut curve) = scope.finished(complete, bound.zip(curve))?;
    if knobs.is_tanh {
        for point in &mut curve {
            point.swap(1, 2);
        }
    }
    let mut matrices = Vec::new();
    for (projection, weight, bias) in bound {
        let weight = stored(weight, precision, module, scope)?;
        matrices.push((Matrix::LowRank(LowRank { left: weight, right: projection }), bias));
    }
    Some(Some((matrices, curve)))
}

/// `weight` rounded to the little module's precision.
fn stored(
    mut weight: Dense,
    precision: LittlePrecision,
    module: &Spanned<spec::DualModule>,
    scope: &mut Scope<'_>,
) -> Option<Dense> {
    let at = module.value.precision.map_or(module.span, |precision| precision.span);
    match crate::quantize::little(&mut weight, Spanned::new(precision, at), &module.value.layer.value) {
        Ok(()) => Some(weight),
        Err(error) => {
            scope.fail(error);
            None
        }
    }
}
