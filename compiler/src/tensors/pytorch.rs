//! PyTorch: `lstm.weight_ih_l0` of `[gates * hidden, input]`, gates `i f g o` and `r z n`, two biases; of an LSTM with a
//! projection `lstm.weight_hr_l0` of `[projection, hidden]` as well.

use super::bind::Binder;
use super::compressed::{Gates, Source, compressed};
use super::gated::{Gated, Kind, Request};
use super::layout::{self, PLAIN};
use super::name::full_name;
use super::pruned::Part;
use super::shape::{Dim, Size};
use crate::diagnostic::{Code, Diagnostic, quoted};
use crate::model::Matrix;
use crate::spec::On;

pub(super) fn gated(binder: &mut Binder<'_>, request: &Request) -> Option<Vec<Gated>> {
    let forward = direction(binder, request, "");
    if request.directions == 1 {
        return Some(vec![forward?]);
    }
    let backward = direction(binder, request, "_reverse");
    Some(vec![forward?, backward?])
}

fn direction(binder: &mut Binder<'_>, request: &Request, reverse: &str) -> Option<Gated> {
    let names = Names::of(binder, request, reverse);
    if request.kind == Kind::Lstm && request.projection.is_none() {
        has_no_projection(binder, &names.of_part("weight_hr"))?;
    }
    let orders = binder.orders();
    let order = request.order(&orders);
    let (stacked, state) = (request.stacked(), request.state());

    let compression = request.compression.as_ref();
    let gates = Gates { hidden: request.hidden.value, order };
    let on = compression.map(|compression| compression.value.on());
    let of_part = |part: &str, columns| Part { name: names.of_part(part), columns, turned: false };
    let features = request.input.value();
    let joint = [of_part("weight_ih", features.unwrap_or_default()), of_part("weight_hh", state.value)];
    let mut matrix = |part: &str, columns: &Dim, compress: bool| {
        let name = names.of_part(part);
        match compression.filter(|_| compress) {
            Some(how) => {
                let columns = columns.value()?;
                let dense = match part {
                    "weight" => joint.as_slice(),
                    _ => &[of_part(part, columns)],
                };
                compressed(binder, gates, how, &Source { name: &name, columns, dense })
            }
            None => {
                let tensor = binder.take(&name, &[&[stacked.clone(), columns.clone()]])?;
                let (rows, columns) = (tensor.shape[0], tensor.shape[1]);
                Some(Matrix::Dense(layout::rows(order, rows, columns, tensor.data)))
            }
        }
    };
    let (input, recurrent) = if on == Some(On::Joint) {
        let features = features?;
        let both = matrix("weight", &Dim::Exactly(features.checked_add(state.value)?), true);
        (Some(Matrix::Zero { rows: stacked.value()?, columns: features }), both)
    } else {
        let of_input = matches!(on, Some(On::Input | On::Both));
        let of_state = matches!(on, Some(On::Recurrent | On::Both));
        (matrix("weight_ih", &request.input, of_input), matrix("weight_hh", &Dim::Of(1, state), of_state))
    };
    let projection = request
        .projection
        .as_ref()
        .map(|rows| projection(binder, &names.of_part("weight_hr"), rows, request));
    let (of_input, of_state) = (names.of_part("bias_ih"), names.of_part("bias_hh"));
    let biased = binder.has(&of_input) || binder.has(&of_state);
    let mut bias = |name: &str| {
        if !biased {
            return None;
        }
        Some(layout::reorder(order, binder.take(name, &[std::slice::from_ref(&stacked)])?.data))
    };
    let (input_bias, recurrent_bias) = (bias(&of_input), bias(&of_state));

    let (input, recurrent) = (input?, recurrent?);
    let projection = match projection {
        Some(bound) => Some(bound?),
        None => None,
    };
    let none = || vec![0.0; input.rows()];
    let (input_bias, recurrent_bias) = (input_bias.unwrap_or_else(none), recurrent_bias.unwrap_or_else(none));
    Some(Gated { input, recurrent, projection, input_bias, recurrent_bias })
}

/// Nothing where the weights have a projection that the layer does not, which the other tensors' shapes depend on.
fn has_no_projection(binder: &mut Binder<'_>, name: &str) -> Option<()> {
    let Some(&[rows, _]) = binder.shape(name) else {
        return Some(());
    };
    let message = format!("tensor {} is the projection of an LSTM, and this layer has none", quoted(name));
    let error = Diagnostic::error(Code::UnusedTensor, binder.layer, message);
    binder.fail(error.help(format!("the tensor fits `proj_size: {rows}`")));
    None
}

/// The projection of the units, which has no gates.
fn projection(binder: &mut Binder<'_>, name: &str, rows: &Size, request: &Request) -> Option<Matrix> {
    let tensor = binder.take(name, &[&[Dim::Of(1, rows.clone()), request.hidden()]])?;
    Some(Matrix::Dense(layout::rows(&PLAIN, tensor.shape[0], tensor.shape[1], tensor.data)))
}

/// `lstm.weight_ih_l0_reverse`, or `lstm.weight_ih` where the file has an `LSTMCell`.
struct Names<'a> {
    layer: &'a str,
    end: String,
}

impl<'a> Names<'a> {
    fn of(binder: &Binder<'a>, request: &Request, reverse: &str) -> Names<'a> {
        let layer = binder.name.value.as_str();
        let of_layer = Names { layer, end: format!("_l{}{reverse}", request.level) };
        let of_cell = Names { layer, end: String::new() };
        let may_be_cell = request.levels == 1 && request.directions == 1;
        if may_be_cell && of_layer.are_absent(binder) && !of_cell.are_absent(binder) {
            return of_cell;
        }
        of_layer
    }

    fn of_part(&self, part: &str) -> String {
        full_name(self.layer, &format!("{part}{}", self.end))
    }

    fn are_absent(&self, binder: &Binder<'_>) -> bool {
        ["weight_ih", "weight_hh"].iter().all(|part| !binder.has(&self.of_part(part)))
    }
}
