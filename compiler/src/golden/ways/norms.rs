//! Norms that the weights have tensors of and the spec leaves out.

use std::collections::BTreeMap;

use super::super::words::all_of;
use super::normalised::{Norm, Normalised, Place};
use super::{Alternative, Group, alternative, entry, exit, first_layer, layer, width};
use crate::diagnostic::quoted;
use crate::model::{Layer, Model};
use crate::spec::Activation;
use crate::tensors::Spare;

/// What a tensor of a norm is, by the end of its name; the longest end first.
const ENDS: [(&str, Part); 16] = [
    ("moving_variance", Part::Variance),
    ("running_mean", Part::Mean),
    ("running_var", Part::Variance),
    ("moving_mean", Part::Mean),
    ("variance", Part::Variance),
    ("weight", Part::Gain),
    ("stddev", Part::Deviation),
    ("gamma", Part::Gain),
    ("scale", Part::Gain),
    ("shift", Part::Shift),
    ("mean", Part::Mean),
    ("bias", Part::Shift),
    ("beta", Part::Shift),
    ("var", Part::Variance),
    ("std", Part::Deviation),
    ("gain", Part::Gain),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Mean,
    Variance,
    Deviation,
    Gain,
    Shift,
}

/// The tensors of one norm.
type Parts = BTreeMap<Part, Spare>;

/// PyTorch's, Keras', and none.
const EPSILONS: [f64; 3] = [1e-5, 1e-3, 0.0];
/// For the names that Keras has.
const EPSILONS_OF_KERAS: [f64; 3] = [1e-3, 1e-5, 0.0];

pub(super) fn push(model: &Model, spare: Vec<Spare>, list: &mut Vec<Alternative>) {
    for (prefix, parts) in groups(spare) {
        let Some(size) = parts.values().map(|part| part.numbers.len()).max() else {
            continue;
        };
        if parts.values().any(|part| ![1, size].contains(&part.numbers.len())) {
            continue;
        }
        let names: Vec<String> = parts.values().map(|part| quoted(&part.name)).collect();
        for (norm, kind, epsilon) in norms(&parts) {
            let epsilon = match epsilon {
                Some(0.0) => " (no epsilon)".to_owned(),
                Some(epsilon) => format!(" (epsilon {epsilon:e})"),
                None => String::new(),
            };
            for place in places(model, size) {
                let called = if prefix.is_empty() { String::new() } else { format!(" {}", quoted(&prefix)) };
                let position = position(model, place);
                let what = format!("{kind}{called} {position}{epsilon}, which a spec cannot say yet");
                let is_affine = matches!(norm, Norm::Affine { .. });
                let mend = format!("its tensors are {}: {}", all_of(&names), fold(model, place, is_affine));
                list.push(alternative(Group::Norm, what, mend, Normalised { place, norm: norm.clone() }));
            }
        }
    }
}

/// The tensors by the prefix of their names.
fn groups(spare: Vec<Spare>) -> BTreeMap<String, Parts> {
    let mut groups: BTreeMap<String, Parts> = BTreeMap::new();
    for tensor in spare {
        let name = tensor.name.strip_suffix(":0").unwrap_or(&tensor.name);
        let name = name.trim_end_matches('_');
        let found = ENDS.iter().find_map(|(end, part)| Some((name.strip_suffix(end)?, *part)));
        if let Some((prefix, part)) = found {
            let prefix = prefix.trim_end_matches(['.', '/', '_']).to_owned();
            groups.entry(prefix).or_default().insert(part, tensor);
        }
    }
    groups
}

/// The norms that these may be the tensors of, how they are called, and their epsilon.
fn norms(parts: &Parts) -> Vec<(Norm, &'static str, Option<f64>)> {
    let numbers = |part: Part, default: f64| match parts.get(&part) {
        Some(part) => part.numbers.iter().map(|&x| f64::from(x)).collect(),
        None => vec![default],
    };
    let size = parts.values().map(|part| part.numbers.len()).max().unwrap_or(1);
    let pick = |numbers: &[f64], at: usize| numbers.get(at).or(numbers.first()).copied().unwrap_or(0.0);
    let affine = |deviation: &dyn Fn(usize) -> f64, gain: &[f64]| {
        let (mean, shift) = (numbers(Part::Mean, 0.0), numbers(Part::Shift, 0.0));
        let scale: Vec<f64> = (0..size).map(|at| pick(gain, at) / deviation(at)).collect();
        let shift = (0..size).map(|at| pick(&shift, at) - pick(&mean, at) * scale[at]).collect();
        Norm::Affine { scale, shift }
    };
    let (gain, has) = (numbers(Part::Gain, 1.0), |part: Part| parts.contains_key(&part));
    let is_keras = parts.values().any(|part| part.name.contains("moving_") || part.name.contains("gamma"));
    let epsilons = if is_keras { EPSILONS_OF_KERAS } else { EPSILONS };
    let standard = "the standardisation";
    if has(Part::Mean) && has(Part::Variance) {
        let variance = numbers(Part::Variance, 1.0);
        let norm = |epsilon: f64| {
            let norm = affine(&|at| (pick(&variance, at) + epsilon).sqrt(), &gain);
            (norm, "the batch norm", Some(epsilon))
        };
        return epsilons.into_iter().map(norm).collect();
    }
    if has(Part::Mean) && has(Part::Deviation) {
        let deviation = numbers(Part::Deviation, 1.0);
        return vec![(affine(&|at| pick(&deviation, at), &gain), standard, None)];
    }
    if has(Part::Mean) && has(Part::Gain) {
        // A `StandardScaler` calls the deviation `scale_`.
        return vec![(affine(&|at| pick(&gain, at), &[1.0]), standard, None)];
    }
    if has(Part::Gain) {
        let norm = |epsilon: f64| {
            let shift = numbers(Part::Shift, 0.0);
            (Norm::OfStep { gain: gain.clone(), shift, epsilon }, "the layer norm", Some(epsilon))
        };
        return epsilons[..2].iter().copied().map(norm).collect();
    }
    Vec::new()
}

/// Where as many numbers flow.
fn places(model: &Model, size: usize) -> Vec<Place> {
    let first = first_layer(model);
    let mut places = Vec::new();
    for place in first..=model.layers.len() {
        let fits = width(model, place) == size || size == 1 && place == 0;
        if fits {
            places.push(Place::Before(place));
        }
        if let Some(Layer::Linear(linear)) = model.layers.get(place)
            && linear.units() == size
            && linear.activation != Activation::None
            && linear.dual.is_none()
        {
            places.push(Place::BeforeActivation(place));
        }
    }
    places
}

fn position(model: &Model, place: Place) -> String {
    match place {
        Place::Before(place) if place < model.layers.len() => format!("before {}", entry(model, place)),
        Place::Before(place) => format!("after {}", exit(model, place.saturating_sub(1))),
        Place::BeforeActivation(place) => format!("before the activation of {}", layer(model, place)),
    }
}

/// What to do about a norm that a spec cannot say.
fn fold(model: &Model, place: Place, folds: bool) -> String {
    let last = model.layers.len();
    match place {
        Place::Before(0) if !folds => "apply it to the inputs in your code, and in the trace".to_owned(),
        Place::Before(place) if place < last && folds => format!(
            "multiply the columns of the input matrix of {} by the scale, and add its product with the shift to the bias",
            layer(model, place)
        ),
        Place::Before(place) if place == last => {
            "apply it to the output in your code, and record the outputs before it".to_owned()
        }
        Place::BeforeActivation(place) if folds => format!(
            "multiply the rows and the bias of {} by the scale, and add the shift to the bias",
            layer(model, place)
        ),
        Place::Before(_) | Place::BeforeActivation(_) => "train without it".to_owned(),
    }
}
