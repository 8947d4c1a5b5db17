//! ONNX: `lstm.W` of `[directions, gates * hidden, input]`, gates `i o f c` and `z r h`.

use super::bind::Binder;
use super::gated::{Biases, Gated, Matrices, Named, Request};
use super::layout::Layout;
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
    let orders = binder.orders();
    let order = request.order(&orders);
    let matrices = |index: usize| {
        let end = if index == 0 { "" } else { "_reverse" };
        Matrices {
            input: Named { tensor: w.clone(), own: format!("{w}{end}") },
            recurrent: Named { tensor: r.clone(), own: format!("{r}{end}") },
            joint: format!("{w}R{end}"),
            layout: Layout::Direction { index, count: request.directions },
        }
    };
    let first = matrices(0).bind(binder, request, order);
    let shape = [Dim::Exactly(request.directions), request.stacked().times(2)];
    let bias = binder.take_exact_if_there(&b, &[&shape]);
    let mut bound = vec![(first.0?, first.1?)];
    for index in 1..request.directions {
        let (input, recurrent) = matrices(index).bind(binder, request, order);
        bound.push((input?, recurrent?));
    }
    let gated = |(index, (input, recurrent)): (usize, (Matrix, Matrix))| {
        let rows = input.rows();
        let both = bias.as_ref().map(|bias| bias[2 * index * rows..2 * (index + 1) * rows].to_vec());
        let (input_bias, recurrent_bias) = Biases::of_both(order, both).or_zeros(rows);
        Gated { input, recurrent, projection: None, input_bias, recurrent_bias }
    };
    Some(bound.into_iter().enumerate().map(gated).collect())
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
