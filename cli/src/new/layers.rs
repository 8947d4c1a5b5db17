//! Layers that explain the tensors of a file.

use std::collections::BTreeMap;

use super::convention::{Convention, group};
use super::file::Tensors;
use super::parts::is_known;

/// A layer as its tensors tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Numbers of a step; of an embedding, ids.
    pub(super) input: usize,
    /// Numbers that it gives.
    pub(super) output: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// `key` and what the spec says of it, from its tensors.
    Recurrent {
        key: &'static str,
        hidden: usize,
        levels: usize,
        bidirectional: bool,
        /// `input_rank: 4`.
        more: Vec<String>,
        /// Where a GRU may apply its reset gate, the likeliest first.
        reset: &'static [&'static str],
        /// Whether the names say that it is the first of these.
        reset_is_named: bool,
    },
    Linear,
    Embedding,
    /// `[n, m]`: an embedding of `n` ids, or a linear layer of `m` inputs without a bias.
    Table,
}

/// The layers, and the tensors that belong to none.
pub(super) fn layers(tensors: &Tensors, convention: Convention) -> (Vec<Found>, Vec<String>) {
    let mut groups: BTreeMap<String, BTreeMap<String, Vec<usize>>> = BTreeMap::new();
    for (name, shape) in tensors {
        let (prefix, part) = group(name, convention);
        groups.entry(prefix).or_default().insert(part, shape.clone());
    }
    let (mut found, mut unexplained) = (Vec::new(), Vec::new());
    for (name, parts) in &groups {
        let members = || {
            let of_group = tensors.iter().map(|(tensor, _)| (tensor, group(tensor, convention)));
            of_group.filter(|(_, (prefix, _))| prefix == name).map(|(tensor, (_, part))| (tensor, part))
        };
        let layer = match convention {
            Convention::Pytorch => {
                pytorch(parts).or_else(|| compressed(parts)).map(|layer| projected(parts, layer))
            }
            Convention::Keras => keras(parts),
            Convention::Onnx => onnx(parts),
        };
        match layer.or_else(|| edgeml(parts)).or_else(|| stateless(parts)) {
            Some((kind, input, output)) => {
                let left = members().filter(|(_, part)| !is_known(&kind, convention, part));
                unexplained.extend(left.map(|(tensor, _)| tensor.clone()));
                found.push(Found { name: name.clone(), kind, input, output });
            }
            None => unexplained.extend(members().map(|(tensor, _)| tensor.clone())),
        }
    }
    unexplained.sort();
    (found, unexplained)
}

const AFTER_FIRST: &[&str] = &["after", "before"];

type Parts = BTreeMap<String, Vec<usize>>;
type Layer = (Kind, usize, usize);

/// The cell that has so many gates.
fn cell(gates: usize) -> Option<&'static str> {
    match gates {
        4 => Some("lstm"),
        3 => Some("gru"),
        1 => Some("rnn"),
        _ => None,
    }
}

fn recurrent(key: &'static str, input: usize, hidden: usize, levels: usize, bidirectional: bool) -> Layer {
    let kind = Kind::Recurrent {
        key,
        hidden,
        levels,
        bidirectional,
        more: Vec::new(),
        reset: if key == "gru" { AFTER_FIRST } else { &[] },
        reset_is_named: false,
    };
    (kind, input, hidden * if bidirectional { 2 } else { 1 })
}

fn pytorch(parts: &Parts) -> Option<Layer> {
    let of = |part: &str, level: usize| {
        let numbered = parts.get(&format!("{part}_l{level}"));
        numbered.or_else(|| parts.get(part).filter(|_| level == 0))
    };
    let (&[rows, input], &[_, state]) = (of("weight_ih", 0)?.as_slice(), of("weight_hh", 0)?.as_slice())
    else {
        return None;
    };
    let hidden = projection(parts).map_or(state, |(_, units)| units);
    let levels = (0..).take_while(|level| of("weight_hh", *level).is_some()).count();
    let bidirectional = parts.keys().any(|part| part.ends_with("_reverse"));
    let key = cell(rows / hidden.max(1))?;
    let mut layer = recurrent(key, input, hidden, levels, bidirectional);
    if let Kind::Recurrent { reset_is_named, .. } = &mut layer.0 {
        // PyTorch has no other GRU, but others use its names.
        *reset_is_named = key == "gru";
    }
    Some(layer)
}

/// What the units of an LSTM are projected to, and how many they are.
fn projection(parts: &Parts) -> Option<(usize, usize)> {
    match parts.get("weight_hr_l0")?.as_slice() {
        &[rows, units] => Some((rows, units)),
        _ => None,
    }
}

/// `layer`, whose hidden vector is a projection of its units where the tensors have one.
fn projected(parts: &Parts, mut layer: Layer) -> Layer {
    if let Some((rows, _)) = projection(parts)
        && let (Kind::Recurrent { bidirectional, more, .. }, _, output) = &mut layer
    {
        more.push(format!("proj_size: {rows}"));
        *output = rows * if *bidirectional { 2 } else { 1 };
    }
    layer
}

/// Trained factors of PyTorch's cells.
fn compressed(parts: &Parts) -> Option<Layer> {
    if let Some((gates, rows, columns, form)) = factors(parts, "weight_l0") {
        let state = projection(parts).map_or(rows, |(state, _)| state);
        return with_form(gates, columns.checked_sub(state)?, rows, &form, "joint");
    }
    let dense = |part: &str| match parts.get(part)?.as_slice() {
        &[rows, columns] => Some((rows, columns)),
        _ => None,
    };
    match (factors(parts, "weight_ih_l0"), factors(parts, "weight_hh_l0")) {
        (Some((gates, hidden, input, form)), Some(_)) => with_form(gates, input, hidden, &form, "both"),
        (Some((gates, hidden, input, form)), None) => with_form(gates, input, hidden, &form, "input"),
        (None, Some((gates, hidden, _, form))) => {
            let (_, input) = dense("weight_ih_l0")?;
            with_form(gates, input, hidden, &form, "recurrent")
        }
        (None, None) => None,
    }
}

fn with_form(gates: usize, input: usize, hidden: usize, form: &(&str, String), on: &str) -> Option<Layer> {
    let (key, parameters) = form;
    let mut layer = recurrent(cell(gates)?, input, hidden, 1, false);
    if let Kind::Recurrent { more, .. } = &mut layer.0 {
        // Of two matrices the factors follow from the prime factors of each, if they are those of the one.
        let parameters = match on {
            "joint" => parameters.clone(),
            "both" if *key == "kp" => format!("matrices: {on}"),
            _ => format!("matrices: {on}, {parameters}"),
        };
        more.push(format!("compression: {{{key}: {{{parameters}}}}}"));
    }
    Some(layer)
}

/// Gates, rows and columns of a gate's matrix, and its form with its parameters.
fn factors(parts: &Parts, matrix: &str) -> Option<(usize, usize, usize, (&'static str, String))> {
    let of = |part: &str| parts.get(&format!("{matrix}.{part}")).map(Vec::as_slice);
    match (of("a"), of("b"), of("c"), of("u"), of("v")) {
        (Some(&[_, r, n]), Some(&[gates, others]), Some(_), ..) => {
            Some((gates, r + others, n, ("hmd", format!("rows: {r}"))))
        }
        (a, Some(&[gates, m1, n1]), Some(&[_, m2, n2]), ..) => {
            let factors = format!("factors: [[{m1}, {n1}], [{m2}, {n2}]]");
            Some(match (a, of("s")) {
                (Some(&[_, r, _]), _) => {
                    (gates, r + m1 * m2, n1 * n2, ("hkp", format!("rows: {r}, {factors}")))
                }
                (_, Some(_)) => (gates, m1 * m2, n1 * n2, ("doped_kp", factors)),
                _ => (gates, m1 * m2, n1 * n2, ("kp", factors)),
            })
        }
        (_, _, _, Some(&[gates, m, r]), Some(&[_, _, n])) => {
            Some((gates, m, n, ("low_rank", format!("rank: {r}"))))
        }
        _ => None,
    }
}

fn keras(parts: &Parts) -> Option<Layer> {
    let bidirectional = parts.keys().any(|part| part.starts_with("backward."));
    let mark = if bidirectional { "forward." } else { "" };
    let of = |part: &str| parts.get(&format!("{mark}{part}")).map(Vec::as_slice);
    let (&[input, rows], &[hidden, _]) = (of("kernel")?, of("recurrent_kernel")?) else {
        return None;
    };
    let key = cell(rows / hidden.max(1))?;
    let mut layer = recurrent(key, input, hidden, 1, bidirectional);
    if let Kind::Recurrent { reset, .. } = &mut layer.0
        && key == "gru"
    {
        *reset = match of("bias") {
            Some(shape) if shape.len() == 2 => &["after"],
            Some(_) => &["before"],
            None => AFTER_FIRST,
        };
    }
    Some(layer)
}

fn onnx(parts: &Parts) -> Option<Layer> {
    let (&[directions, rows, input], &[_, _, hidden]) =
        (parts.get("W")?.as_slice(), parts.get("R")?.as_slice())
    else {
        return None;
    };
    let key = cell(rows / hidden.max(1))?;
    let mut layer = recurrent(key, input, hidden, 1, directions == 2);
    if let Kind::Recurrent { reset, .. } = &mut layer.0
        && key == "gru"
    {
        // `linear_before_reset` is 0 unless a model says otherwise.
        *reset = &["before", "after"];
    }
    Some(layer)
}

fn edgeml(parts: &Parts) -> Option<Layer> {
    let bidirectional = parts.contains_key("backward.W");
    let has = |part: &str| parts.contains_key(part);
    let key = if has("zeta") && has("nu") {
        "fastgrnn"
    } else if has("alpha") && has("beta") {
        "fastrnn"
    } else {
        return None;
    };
    let mut ranks = Vec::new();
    let mut size = |whole: &str, rank: &str| -> Option<usize> {
        match (parts.get(whole).map(Vec::as_slice), parts.get(&format!("{whole}1")).map(Vec::as_slice)) {
            (Some(&[size, _]), _) => Some(size),
            (None, Some(&[size, r])) => {
                ranks.push(format!("{rank}: {r}"));
                Some(size)
            }
            _ => None,
        }
    };
    let (input, hidden) = (size("W", "input_rank")?, size("U", "recurrent_rank")?);
    let mut layer = recurrent(key, input, hidden, 1, bidirectional);
    if let Kind::Recurrent { more, .. } = &mut layer.0 {
        *more = ranks;
    }
    Some(layer)
}

fn stateless(parts: &Parts) -> Option<Layer> {
    if let Some(&[tokens, dim]) = parts.get("embeddings").map(Vec::as_slice) {
        return Some((Kind::Embedding, tokens, dim));
    }
    // A convolution of one step is a linear layer: Keras has its steps first, PyTorch has them last.
    if let Some(&([input, units] | [1, input, units] | [1, 1, input, units])) =
        parts.get("kernel").map(Vec::as_slice)
    {
        return Some((Kind::Linear, input, units));
    }
    let bias = parts.get("bias").map(Vec::as_slice);
    match (parts.get("weight")?.as_slice(), bias) {
        (&([units, input] | [units, input, 1] | [units, input, 1, 1]), Some(&([biases] | [1, biases])))
            if biases == units =>
        {
            Some((Kind::Linear, input, units))
        }
        (&([units, input, 1] | [units, input, 1, 1]), None) => Some((Kind::Linear, input, units)),
        (&[tokens, dim], None) if parts.len() == 1 => Some((Kind::Table, tokens, dim)),
        _ => None,
    }
}
