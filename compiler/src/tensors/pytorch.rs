//! PyTorch: `lstm.weight_ih_l0` of `[gates * hidden, input]`, gates `i f g o` and `r z n`, two biases; of an LSTM with a
//! projection `lstm.weight_hr_l0` of `[projection, hidden]` as well.

use super::bind::Binder;
use super::gated::{Biases, Gated, Kind, Matrices, Named, Request};
use super::layout::{self, Layout, PLAIN};
use super::name::full_name;
use super::shape::{Dim, Size, fits};
use crate::diagnostic::{Code, Diagnostic, quoted};
use crate::model::Matrix;

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
    let named = |part: &str| Named { tensor: names.of_part(part), own: names.of_part(part) };
    let matrices = Matrices {
        input: named("weight_ih"),
        recurrent: named("weight_hh"),
        joint: names.of_part("weight"),
        layout: Layout::Rows,
    };
    let (input, recurrent) = matrices.bind(binder, request, order);
    let projection = request
        .projection
        .as_ref()
        .map(|rows| projection(binder, &names.of_part("weight_hr"), rows, request));
    let biases = biases(binder, request, &names, order);

    let (input, recurrent) = (input?, recurrent?);
    let projection = match projection {
        Some(bound) => Some(bound?),
        None => None,
    };
    let (input_bias, recurrent_bias) = biases.or_zeros(input.rows());
    Some(Gated { input, recurrent, projection, input_bias, recurrent_bias })
}

/// The biases of the input and of the state: both or none, or one tensor with the two one behind the other.
fn biases(binder: &mut Binder<'_>, request: &Request, names: &Names<'_>, order: &[usize]) -> Biases {
    let (of_input, of_state) = (names.of_part("bias_ih"), names.of_part("bias_hh"));
    let stacked = request.stacked();
    let two = [stacked.times(2)];
    if !binder.has(&of_state) && binder.shape(&of_input).is_some_and(|shape| fits(&two, shape)) {
        return Biases::of_both(order, binder.take_exact(&of_input, &[&two]));
    }
    if !binder.has(&of_input) && !binder.has(&of_state) {
        return Biases::default();
    }
    let row = [Dim::Exactly(1), stacked];
    let mut bias = |name: &str| Some(layout::reorder(order, binder.take_exact(name, &[&row[1..], &row])?));
    Biases { input: bias(&of_input), recurrent: bias(&of_state) }
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
