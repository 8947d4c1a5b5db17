//! Other readings of a spec and its weights that people mistake for one another.

use super::changes::{cells, model_changes};
use crate::diagnostic::{Spanned, quoted};
use crate::model::{Layer, Model};
use crate::spec::{self, Activation, Convention, Nonlinearity, Reset, Spec};
use crate::tensors::{Orders, letters};

/// Another reading, and how to ask for it.
pub(super) struct Alternative {
    /// Completes "it matches with ..".
    pub(super) what: String,
    /// What to do, where it is not to write exactly that.
    pub(super) mend: Option<String>,
    pub(super) change: Change,
}

pub(super) enum Change {
    /// The weights are bound again, with this spec and these gate orders.
    Reading(Box<Spec>, Orders),
    /// The model is changed.
    Model(fn(&mut Model)),
    /// The activation of the last layer is another.
    Activation(Activation),
}

/// All other readings, the most likely first.
pub(super) fn alternatives(spec: &Spec, model: &Model) -> Vec<Alternative> {
    let mut list = Vec::new();
    let has = |kind: &str| cells(model).any(|cell| cell.kind_name() == kind);
    let convention = spec.convention.map_or(Convention::Pytorch, |it| it.value);
    let orders = Orders::of(convention);
    if has("gru") {
        other_reset(spec, orders, &mut list);
    }
    if has("lstm") {
        forget_bias(spec, orders, &mut list);
        lstm_orders(spec, orders, &mut list);
    }
    if has("gru") {
        gru_orders(spec, orders, &mut list);
    }
    if has("rnn") {
        other_nonlinearity(spec, orders, &mut list);
    }
    other_activation(model, &mut list);
    residuals(spec, orders, &mut list);
    model_changes(model, &mut list);
    list
}

fn edited(spec: &Spec, edit: impl Fn(&mut spec::Layer)) -> Box<Spec> {
    let mut spec = spec.clone();
    spec.layers.iter_mut().flatten().for_each(|layer| edit(&mut layer.value));
    Box::new(spec)
}

fn other_reset(spec: &Spec, orders: Orders, list: &mut Vec<Alternative>) {
    for (reset, word) in [(Reset::After, "after"), (Reset::Before, "before")] {
        let spec = edited(spec, |layer| {
            if let spec::Layer::Gru(gru) = layer {
                gru.reset.value = reset;
            }
        });
        list.push(Alternative {
            what: format!("`reset: {word}`"),
            mend: None,
            change: Change::Reading(spec, orders),
        });
    }
}

fn with_forget_bias(spec: &Spec, bias: f64) -> Box<Spec> {
    edited(spec, |layer| {
        if let spec::Layer::Lstm(lstm) = layer {
            lstm.forget_bias = Some(Spanned::new(bias, lstm.name.span));
        }
    })
}

fn forget_bias(spec: &Spec, orders: Orders, list: &mut Vec<Alternative>) {
    for bias in [1.0, 0.0] {
        list.push(Alternative {
            what: format!("`forget_bias: {bias:?}`"),
            mend: None,
            change: Change::Reading(with_forget_bias(spec, bias), orders),
        });
    }
}

/// `i j f o`, as the first TensorFlow stacked them.
const TENSORFLOW_1: [usize; 4] = [0, 2, 1, 3];

fn lstm_orders(spec: &Spec, orders: Orders, list: &mut Vec<Alternative>) {
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

fn gru_orders(spec: &Spec, orders: Orders, list: &mut Vec<Alternative>) {
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

fn other_nonlinearity(spec: &Spec, orders: Orders, list: &mut Vec<Alternative>) {
    for (nonlinearity, word) in [(Nonlinearity::Tanh, "tanh"), (Nonlinearity::Relu, "relu")] {
        let spec = edited(spec, |layer| {
            if let spec::Layer::Rnn(rnn) = layer {
                rnn.nonlinearity = Some(Spanned::new(nonlinearity, rnn.name.span));
            }
        });
        list.push(Alternative {
            what: format!("`nonlinearity: {word}`"),
            mend: None,
            change: Change::Reading(spec, orders),
        });
    }
}

fn other_activation(model: &Model, list: &mut Vec<Alternative>) {
    let Some(Layer::Linear(last)) = model.layers.last() else {
        return;
    };
    for (activation, word) in [
        (Activation::None, "none"),
        (Activation::Softmax, "softmax"),
        (Activation::Sigmoid, "sigmoid"),
        (Activation::Tanh, "tanh"),
        (Activation::Relu, "relu"),
    ] {
        if activation != last.activation {
            list.push(Alternative {
                what: format!("`activation: {word}` in layer {}", quoted(&last.name)),
                mend: None,
                change: Change::Activation(activation),
            });
        }
    }
}

/// Each recurrent layer with its residual on or off, the other way than it is.
fn residuals(spec: &Spec, orders: Orders, list: &mut Vec<Alternative>) {
    for place in 0..spec.layers.len() {
        let mut spec = Box::new(spec.clone());
        let Some(Some(layer)) = spec.layers.get_mut(place) else {
            continue;
        };
        let name = layer.name().clone();
        let residual = match &mut layer.value {
            spec::Layer::Lstm(layer) => &mut layer.residual,
            spec::Layer::Gru(layer) => &mut layer.residual,
            spec::Layer::Rnn(layer) => &mut layer.residual,
            spec::Layer::FastRnn(layer) => &mut layer.residual,
            spec::Layer::FastGrnn(layer) => &mut layer.residual,
            spec::Layer::Linear(_) | spec::Layer::Embedding(_) => continue,
        };
        let other = !residual.is_some_and(|residual| residual.value);
        *residual = Some(Spanned::new(other, name.span));
        list.push(Alternative {
            what: format!("`residual: {other}` in layer {}", quoted(&name)),
            mend: None,
            change: Change::Reading(spec, orders),
        });
    }
}
