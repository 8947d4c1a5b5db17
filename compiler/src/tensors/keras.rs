//! Keras: `lstm.kernel` of `[input, gates * hidden]`, gates `i f c o` and `z r h`, one bias.
//!
//! Names may be paths (`lstm/lstm_cell/kernel:0`), as the variables of a Keras model have.

use super::bind::Binder;
use super::gated::{Gated, Kind, Request};
use super::layout;
use super::name;
use super::shape::{Dim, list};
use super::store::Store;
use crate::diagnostic::{Code, Diagnostic, quoted};
use crate::model::Matrix;
use crate::spec::Reset;

pub(super) fn gated(binder: &mut Binder<'_>, request: &Request) -> Option<Vec<Gated>> {
    if request.directions == 1 {
        return Some(vec![direction(binder, request, None)?]);
    }
    let forward = direction(binder, request, Some("forward"));
    let backward = direction(binder, request, Some("backward"));
    Some(vec![forward?, backward?])
}

fn direction(binder: &mut Binder<'_>, request: &Request, direction: Option<&str>) -> Option<Gated> {
    let name = |binder: &Binder<'_>, part: &str| find(binder.store, &binder.name.value, direction, part);
    let (kernel, recurrent) = (name(binder, "kernel"), name(binder, "recurrent_kernel"));
    let bias = name(binder, "bias");
    let orders = binder.orders();
    let order = request.order(&orders);
    let (stacked, hidden) = (request.stacked(), request.hidden());

    let input = binder.take(&kernel, &[&[request.input.clone(), stacked.clone()]]);
    let recurrent = binder.take(&recurrent, &[&[hidden, stacked.clone()]]);
    let bias = self::bias(binder, request, &bias, order);

    let (input, recurrent) = (input?, recurrent?);
    let (columns, rows) = (input.shape[0], input.shape[1]);
    let none = || vec![0.0; rows];
    let (input_bias, recurrent_bias) = bias.unwrap_or_else(|| (none(), none()));
    Some(Gated {
        input: Matrix::Dense(layout::columns(order, rows, columns, &input.data)),
        recurrent: Matrix::Dense(layout::columns(order, rows, recurrent.shape[0], &recurrent.data)),
        projection: None,
        input_bias,
        recurrent_bias,
    })
}

/// The biases of the input and of the state.
fn bias(
    binder: &mut Binder<'_>,
    request: &Request,
    name: &str,
    order: &[usize],
) -> Option<(Vec<f32>, Vec<f32>)> {
    let stacked = request.stacked();
    let one = [stacked.clone()];
    let two = [Dim::Exactly(2), stacked];
    let Kind::Gru(reset) = request.kind else {
        let bias = layout::reorder(order, binder.take_if_there(name, &[&one])?.data);
        let none = vec![0.0; bias.len()];
        return Some((bias, none));
    };
    let found = binder.shape(name)?.to_vec();
    let (expected, other, variant) = match reset.value {
        Reset::After => (two.as_slice(), one.as_slice(), "before"),
        Reset::Before => (one.as_slice(), two.as_slice(), "after"),
    };
    if super::shape::fits(other, &found) {
        let message = format!(
            "{} of shape {} is the bias of a GRU with `reset: {variant}`",
            quoted(name),
            list(&found)
        );
        let why = match reset.value {
            Reset::After => "Keras' `reset_after=False` has one bias of `[3 * units]`",
            Reset::Before => "Keras' `reset_after=True` has two biases, `[2, 3 * units]`",
        };
        binder.fail(
            Diagnostic::error(Code::GruVariant, reset.span, message)
                .help(format!("{why}: write `reset: {variant}`")),
        );
        return None;
    }
    let data = binder.take_if_there(name, &[expected])?.data;
    if reset.value == Reset::Before {
        let none = vec![0.0; data.len()];
        return Some((layout::reorder(order, data), none));
    }
    let (input, recurrent) = data.split_at(data.len() / 2);
    Some((layout::reorder(order, input.to_vec()), layout::reorder(order, recurrent.to_vec())))
}

/// The name in the file of a layer's `part`; the plainest form of it where the file has none.
///
/// Between the layer and the part may stand the direction (`forward`, `forward_lstm`) and the cell
/// (`lstm_cell`).
pub(super) fn find(store: &Store, layer: &str, direction: Option<&str>, part: &str) -> String {
    let prefix = name::start(&super::store::fold(layer));
    let is_part = |rest: &str| {
        let mut steps: Vec<&str> = rest.split('.').collect();
        if steps.pop() != Some(part) {
            return false;
        }
        steps.pop_if(|step| is_cell(step));
        match (direction, steps.as_slice()) {
            (None, []) => true,
            (Some(direction), [step]) => {
                step.strip_prefix(direction).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
            }
            _ => false,
        }
    };
    let found = store
        .below(&prefix)
        .filter(|(rest, _)| is_part(rest))
        .map(|(_, name)| name)
        .min_by_key(|name| name.len());
    match (found, direction) {
        (Some(name), _) => name.to_owned(),
        (None, Some(direction)) => name::full_name(layer, &format!("{direction}.{part}")),
        (None, None) => name::full_name(layer, part),
    }
}

fn is_cell(step: &str) -> bool {
    step == "cell" || step.contains("_cell")
}

/// `encoder.lstm` of `encoder.lstm.lstm_cell`.
pub(super) fn without_cell(path: &str) -> &str {
    match path.rsplit_once('.') {
        Some((rest, last)) if is_cell(last) => rest,
        _ => path,
    }
}
