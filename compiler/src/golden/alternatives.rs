//! Other readings of a spec and its weights that people mistake for one another.

use super::changes::{cells, model_changes};
use super::gate_orders::{gru_orders, lstm_orders};
pub(super) use super::group::Group;
use super::ways::Way;
use crate::diagnostic::{Spanned, quoted};
use crate::model::{Layer, Model};
use crate::spec::{self, Activation, Convention, Nonlinearity, Reset, Spec};
use crate::tensors::Orders;

/// Another reading, and how to ask for it.
pub(super) struct Alternative {
    /// Completes "it matches with ..".
    pub(super) what: String,
    /// What to do, where it is not to write exactly that.
    pub(super) mend: Option<String>,
    pub(super) group: Group,
    pub(super) change: Change,
}

pub(super) enum Change {
    /// The weights are bound again, with this spec and these gate orders.
    Reading(Box<Spec>, Orders),
    /// The model is changed.
    Model(fn(&mut Model)),
    /// The activation of the linear layer at this place is another.
    Activation(usize, Activation),
    /// The weights are bound again, with the bytes of these tensors column after column.
    MemoryOrder(Vec<String>),
    /// The model is run in another way.
    Way(Box<dyn Way>),
}

/// All other readings that a spec can say or that change the model, the most likely first.
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
    list.sort_by_key(|alternative| alternative.group);
    list
}

fn edited(spec: &Spec, edit: impl Fn(&mut spec::Layer)) -> Box<Spec> {
    let mut spec = spec.clone();
    spec.layers.iter_mut().flatten().for_each(|layer| edit(&mut layer.value));
    Box::new(spec)
}

/// One key with another value, in all layers that have it and in each of them alone.
fn other_value(
    spec: &Spec,
    orders: Orders,
    (group, value): (Group, &str),
    list: &mut Vec<Alternative>,
    edit: impl Fn(&mut spec::Layer) -> Edit,
) {
    let edits = |layer: &Option<Spanned<spec::Layer>>| layer.clone().map(|mut layer| edit(&mut layer.value));
    let edits: Vec<Option<Edit>> = spec.layers.iter().map(edits).collect();
    let places = |wanted: &[Edit]| -> Vec<usize> {
        (0..edits.len()).filter(|&place| edits[place].is_some_and(|edit| wanted.contains(&edit))).collect()
    };
    let (changed, with_key) = (places(&[Edit::Changed]), places(&[Edit::Changed, Edit::Same]));
    let mut push = |which: &[usize]| {
        let mut other = spec.clone();
        for &place in which {
            if let Some(Some(layer)) = other.layers.get_mut(place) {
                edit(&mut layer.value);
            }
        }
        let name = match which {
            [place] if with_key.len() > 1 => spec.layers[*place].as_ref().map(|layer| quoted(layer.name())),
            _ => None,
        };
        let layer = name.map_or(String::new(), |name| format!(" in layer {name}"));
        list.push(Alternative {
            what: format!("{value}{layer}"),
            mend: None,
            group,
            change: Change::Reading(Box::new(other), orders),
        });
    };
    if !changed.is_empty() {
        push(&changed);
    }
    if changed.len() > 1 {
        changed.iter().for_each(|place| push(&[*place]));
    }
}

/// Effect of an edit on a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edit {
    Changed,
    /// The layer has that value already.
    Same,
    /// The layer has no such key.
    NoKey,
}

impl Edit {
    fn of(changed: bool) -> Self {
        if changed { Edit::Changed } else { Edit::Same }
    }
}

fn other_reset(spec: &Spec, orders: Orders, list: &mut Vec<Alternative>) {
    for (reset, word) in [(Reset::After, "`reset: after`"), (Reset::Before, "`reset: before`")] {
        other_value(spec, orders, (Group::Variant, word), list, |layer| match layer {
            spec::Layer::Gru(gru) => Edit::of(std::mem::replace(&mut gru.reset.value, reset) != reset),
            spec::Layer::Lstm(_)
            | spec::Layer::Rnn(_)
            | spec::Layer::FastRnn(_)
            | spec::Layer::FastGrnn(_)
            | spec::Layer::Linear(_)
            | spec::Layer::Embedding(_) => Edit::NoKey,
        });
    }
}

fn set_forget_bias(layer: &mut spec::Layer, bias: f64) -> Edit {
    match layer {
        spec::Layer::Lstm(lstm) => {
            let before = lstm.forget_bias.replace(Spanned::new(bias, lstm.name.span));
            Edit::of(before.map_or(0.0, |before| before.value) != bias)
        }
        spec::Layer::Gru(_)
        | spec::Layer::Rnn(_)
        | spec::Layer::FastRnn(_)
        | spec::Layer::FastGrnn(_)
        | spec::Layer::Linear(_)
        | spec::Layer::Embedding(_) => Edit::NoKey,
    }
}

pub(super) fn with_forget_bias(spec: &Spec, bias: f64) -> Box<Spec> {
    edited(spec, |layer| {
        set_forget_bias(layer, bias);
    })
}

fn forget_bias(spec: &Spec, orders: Orders, list: &mut Vec<Alternative>) {
    for bias in [1.0, 0.0] {
        let value = format!("`forget_bias: {bias:?}`");
        other_value(spec, orders, (Group::ForgetBias, &value), list, |layer| set_forget_bias(layer, bias));
    }
}

fn other_nonlinearity(spec: &Spec, orders: Orders, list: &mut Vec<Alternative>) {
    for (nonlinearity, word) in
        [(Nonlinearity::Tanh, "`nonlinearity: tanh`"), (Nonlinearity::Relu, "`nonlinearity: relu`")]
    {
        other_value(spec, orders, (Group::Variant, word), list, |layer| match layer {
            spec::Layer::Rnn(rnn) => {
                let before = rnn.nonlinearity.replace(Spanned::new(nonlinearity, rnn.name.span));
                Edit::of(before.map_or(Nonlinearity::Tanh, |before| before.value) != nonlinearity)
            }
            spec::Layer::Lstm(_)
            | spec::Layer::Gru(_)
            | spec::Layer::FastRnn(_)
            | spec::Layer::FastGrnn(_)
            | spec::Layer::Linear(_)
            | spec::Layer::Embedding(_) => Edit::NoKey,
        });
    }
}

/// Other activations of the linear layers, the last one first.
fn other_activation(model: &Model, list: &mut Vec<Alternative>) {
    for (place, layer) in model.layers.iter().enumerate().rev() {
        let Layer::Linear(linear) = layer else {
            continue;
        };
        for (activation, word) in [
            (Activation::None, "none"),
            (Activation::Softmax, "softmax"),
            (Activation::Sigmoid, "sigmoid"),
            (Activation::Tanh, "tanh"),
            (Activation::Relu, "relu"),
        ] {
            if activation != linear.activation {
                list.push(Alternative {
                    what: format!("`activation: {word}` in layer {}", quoted(&linear.name)),
                    mend: None,
                    group: Group::Activation,
                    change: Change::Activation(place, activation),
                });
            }
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
            group: Group::Residual,
            change: Change::Reading(spec, orders),
        });
    }
}
