//! ONNX: `lstm.W` of `[directions, gates * hidden, input]`, gates `i o f c` and `z r h`.

use super::bind::{Binder, Tensor};
use super::gated::{Gated, Request};
use super::layout;
use super::name::full_name;
use super::shape::Dim;
use crate::diagnostic::{Code, Diagnostic, quoted};
use crate::model::Matrix;

pub(super) fn gated(binder: &mut Binder<'_>, request: &Request) -> Option<Vec<Gated>> {
    let name = |part: &str| full_name(&binder.name.value, part);
    let (w, r, b) = (name("W"), name("R"), name("B"));
    if contradicts_directions(binder, request, &w) {
        return None;
    }
    let directions = Dim::Exactly(request.directions);
    let (stacked, hidden) = (request.stacked(), request.hidden());

    let input = binder.take(&w, &[&[directions.clone(), stacked.clone(), request.input.clone()]]);
    let recurrent = binder.take(&r, &[&[directions.clone(), stacked.clone(), hidden]]);
    let bias = binder.take_if_there(&b, &[&[directions, stacked.times(2)]]);

    let (input, recurrent) = (input?, recurrent?);
    let orders = binder.orders();
    let order = request.order(&orders);
    let rows = input.shape[1];
    let gated = |direction: usize| {
        let part = |tensor: &Tensor| {
            let length = tensor.data.len() / request.directions;
            tensor.data[direction * length..(direction + 1) * length].to_vec()
        };
        let (input_bias, recurrent_bias) = match &bias {
            Some(bias) => {
                let mut input = part(bias);
                let recurrent = input.split_off(input.len() / 2);
                (layout::reorder(order, input), layout::reorder(order, recurrent))
            }
            None => (vec![0.0; rows], vec![0.0; rows]),
        };
        Gated {
            input: Matrix::Dense(layout::rows(order, rows, input.shape[2], part(&input))),
            recurrent: Matrix::Dense(layout::rows(order, rows, recurrent.shape[2], part(&recurrent))),
            projection: None,
            input_bias,
            recurrent_bias,
        }
    };
    Some((0..request.directions).map(gated).collect())
}

fn contradicts_directions(binder: &mut Binder<'_>, request: &Request, w: &str) -> bool {
    let found = match binder.shape(w) {
        Some(&[found @ (1 | 2), _, _]) if found != request.directions => found,
        _ => return false,
    };
    let span = binder.bidirectional.map_or(binder.layer, |asked| asked.span);
    let held = if found == 2 { "two directions" } else { "one direction" };
    let message = format!(
        "{} has {held}, and layer {} asks for {}",
        quoted(w),
        quoted(binder.name),
        request.directions
    );
    binder.fail(
        Diagnostic::error(Code::ReverseDirection, span, message)
            .help(format!("`bidirectional: {}` fits the weights", found == 2)),
    );
    true
}
