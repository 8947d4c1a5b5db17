//! Other orders of the gates.

use super::alternatives::{Alternative, Change, Group, with_forget_bias};
use crate::spec::{Convention, Spec};
use crate::tensors::{Orders, letters};

/// `i j f o`, as the first TensorFlow stacked them.
const TENSORFLOW_1: [usize; 4] = [0, 2, 1, 3];

pub(super) fn lstm_orders(spec: &Spec, orders: Orders, list: &mut Vec<Alternative>) {
    let named = |order: [usize; 4]| match order {
        TENSORFLOW_1 => Some("TensorFlow 1"),
        order if order == Orders::of(Convention::Pytorch).lstm => Some("PyTorch and Keras"),
        order if order == Orders::of(Convention::Onnx).lstm => Some("ONNX"),
        _ => None,
    };
    let mut all = permutations(4);
    all.sort_by_key(|order| order.as_slice().try_into().map_or(true, |order| named(order).is_none()));
    for order in all {
        let Ok(lstm) = <[usize; 4]>::try_from(order) else {
            continue;
        };
        let order = Order { letters: letters(&lstm), framework: named(lstm) };
        let read = Orders { lstm, ..orders };
        if lstm != orders.lstm {
            list.push(order.alternative("LSTM", Change::Reading(Box::new(spec.clone()), read)));
        }
        if lstm == TENSORFLOW_1 {
            let mut both = order.alternative("LSTM", Change::Reading(with_forget_bias(spec, 1.0), read));
            both.what.push_str(" and `forget_bias: 1.0`");
            list.push(both);
        }
    }
}

pub(super) fn gru_orders(spec: &Spec, orders: Orders, list: &mut Vec<Alternative>) {
    let named = |order: [usize; 3]| match order {
        order if order == Orders::of(Convention::Pytorch).gru => Some("PyTorch"),
        order if order == Orders::of(Convention::Keras).gru => Some("Keras and ONNX"),
        _ => None,
    };
    let mut all = permutations(3);
    all.sort_by_key(|order| order.as_slice().try_into().map_or(true, |order| named(order).is_none()));
    for order in all {
        let Ok(gru) = <[usize; 3]>::try_from(order) else {
            continue;
        };
        if gru == orders.gru {
            continue;
        }
        let order = Order { letters: letters(&gru), framework: named(gru) };
        let read = Orders { gru, ..orders };
        list.push(order.alternative("GRU", Change::Reading(Box::new(spec.clone()), read)));
    }
}

struct Order {
    letters: String,
    framework: Option<&'static str>,
}

impl Order {
    fn alternative(&self, cell: &str, change: Change) -> Alternative {
        let of = self.framework.map_or(String::new(), |framework| format!(", as in {framework}"));
        let known = match self.framework {
            Some("ONNX") => Some("onnx"),
            Some("PyTorch" | "PyTorch and Keras") => Some("pytorch"),
            Some("Keras and ONNX") => Some("keras"),
            _ => None,
        };
        let known = known.map_or(String::new(), |convention| {
            format!(", or write `convention: {convention}` if the names are its own too")
        });
        Alternative {
            what: format!("the {cell} gates in the order `{}`{of}", self.letters),
            mend: Some(format!("reorder the gates when saving the weights{known}")),
            group: if self.framework.is_some() { Group::KnownOrder } else { Group::Order },
            change,
        }
    }
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    (0..count).fold(vec![Vec::new()], |shorter, next| {
        shorter
            .iter()
            .flat_map(|order: &Vec<usize>| {
                (0..=order.len()).map(move |at| {
                    let mut order = order.clone();
                    order.insert(at, next);
                    order
                })
            })
            .collect()
    })
}
