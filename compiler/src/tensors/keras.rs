//! Keras: `lstm.kernel` of `[input, gates * hidden]`, gates `i f c o` and `z r h`, one bias.
//!
//! Names may be paths (`lstm/lstm_cell/kernel:0`), as the variables of a Keras model have.

use super::bind::Binder;
use super::gated::{Biases, Gated, Kind, Matrices, Named, Request};
use super::layout::{self, Layout};
use super::name;
use super::shape::{Dim, fits, list};
use super::store::{Store, fold};
use crate::diagnostic::{Code, Diagnostic, quoted};
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
    let named = |binder: &Binder<'_>, part: &str| Named {
        tensor: find(binder.store, &binder.name.value, direction, part),
        own: plainest(&binder.name.value, direction, part),
    };
    let bias = named(binder, "bias").tensor;
    let matrices = Matrices {
        input: named(binder, "kernel"),
        recurrent: named(binder, "recurrent_kernel"),
        joint: plainest(&binder.name.value, direction, "joint_kernel"),
        layout: if is_cudnn(binder, request, &bias) { Layout::Cudnn } else { Layout::Columns },
    };
    let orders = binder.orders();
    let order = request.order(&orders);
    let (input, recurrent) = matrices.bind(binder, request, order);
    let biases = biases(binder, request, &bias, order);

    let (input, recurrent) = (input?, recurrent?);
    let (input_bias, recurrent_bias) = biases.or_zeros(input.rows());
    Some(Gated { input, recurrent, projection: None, input_bias, recurrent_bias })
}

/// Whether the layer was a `CuDNNLSTM` or a `CuDNNGRU`, which are the ones whose biases stand one behind the other in
/// one row. They save their matrices as cuDNN has them.
fn is_cudnn(binder: &Binder<'_>, request: &Request, bias: &str) -> bool {
    let shape = [request.stacked().times(2)];
    request.kind != Kind::Rnn && binder.shape(bias).is_some_and(|found| fits(&shape, found))
}

fn biases(binder: &mut Binder<'_>, request: &Request, name: &str, order: &[usize]) -> Biases {
    let stacked = request.stacked();
    let two = [Dim::Exactly(2), stacked.clone()];
    let both = [stacked.times(2)];
    let row = [Dim::Exactly(1), stacked];
    let (one, two): ([&[Dim]; 2], [&[Dim]; 2]) = ([&row[1..], &row], [&two, &both]);
    let (expected, other) = match request.kind {
        Kind::Lstm if is_cudnn(binder, request, name) => ([&both[..]; 2], None),
        Kind::Lstm | Kind::Rnn => (one, None),
        Kind::Gru(reset) if reset.value == Reset::After => (two, Some((one, reset))),
        Kind::Gru(reset) => (one, Some((two, reset))),
    };
    if let Some((other, reset)) = other
        && let Some(found) = binder.shape(name).map(<[usize]>::to_vec)
        && other.into_iter().any(|shape| fits(shape, &found))
    {
        let (variant, why) = match reset.value {
            Reset::After => ("before", "Keras' `reset_after=False` has one bias of `[3 * units]`"),
            Reset::Before => ("after", "Keras' `reset_after=True` has two biases, `[2, 3 * units]`"),
        };
        let message = format!(
            "{} of shape {} is the bias of a GRU with `reset: {variant}`",
            quoted(name),
            list(&found)
        );
        binder.fail(
            Diagnostic::error(Code::GruVariant, reset.span, message)
                .help(format!("{why}: write `reset: {variant}`")),
        );
        return Biases::default();
    }
    let Some(data) = binder.take_exact_if_there(name, &expected) else {
        return Biases::default();
    };
    if expected == one {
        return Biases { input: Some(layout::reorder(order, data)), recurrent: None };
    }
    Biases::of_both(order, Some(data))
}

/// The name in the file of a layer's `part`; the plainest form of it where the file has none.
///
/// Between the layer and the part may stand the layer's name once more, as in files whose groups are layers
/// (`lstm/lstm/kernel:0`), the direction (`forward`, `forward_lstm`) and the cell (`lstm_cell`).
pub(super) fn find(store: &Store, layer: &str, direction: Option<&str>, part: &str) -> String {
    let folded = fold(layer);
    let prefix = name::start(&folded);
    let last = folded.rsplit('.').next().unwrap_or_default();
    let is_part = |rest: &str| {
        let mut steps: Vec<&str> = rest.split('.').collect();
        if steps.pop() != Some(part) {
            return false;
        }
        steps.pop_if(|step| is_cell(step));
        let steps = match steps.as_slice() {
            [again, rest @ ..] if *again == last => rest,
            steps => steps,
        };
        match (direction, steps) {
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
    found.map_or_else(|| plainest(layer, direction, part), str::to_owned)
}

fn plainest(layer: &str, direction: Option<&str>, part: &str) -> String {
    match direction {
        Some(direction) => name::full_name(layer, &format!("{direction}.{part}")),
        None => name::full_name(layer, part),
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
