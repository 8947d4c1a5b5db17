//! Layers that explain the tensors of a file.

use std::collections::BTreeMap;

/// Names and shapes, in the order of the file.
pub(super) type Tensors = [(String, Vec<usize>)];

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
        /// `after` or `before`, where the tensors of a GRU tell.
        reset: Option<&'static str>,
    },
    Linear,
    Embedding,
}

/// What the names follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Convention {
    Pytorch,
    Keras,
    Onnx,
}

impl Convention {
    pub(super) fn name(self) -> &'static str {
        match self {
            Convention::Pytorch => "pytorch",
            Convention::Keras => "keras",
            Convention::Onnx => "onnx",
        }
    }

    /// Whose names these are.
    pub(super) fn of(tensors: &Tensors) -> Convention {
        let any = |end: &str| tensors.iter().any(|(name, _)| parts(name).1 == end);
        let deep = |end: &str| tensors.iter().any(|(name, shape)| parts(name).1 == end && shape.len() == 3);
        if any("recurrent_kernel") || any("kernel") {
            Convention::Keras
        } else if deep("W") && deep("R") {
            Convention::Onnx
        } else {
            Convention::Pytorch
        }
    }
}

/// The prefix and the last part of a name; of Keras' paths too.
fn parts(name: &str) -> (&str, &str) {
    let name = name.strip_suffix(":0").unwrap_or(name);
    let at = name.rfind(['.', '/']);
    at.map_or(("", name), |at| (&name[..at], &name[at + 1..]))
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
        let layer = match convention {
            Convention::Pytorch => {
                pytorch(parts).or_else(|| compressed(parts)).map(|layer| projected(parts, layer))
            }
            Convention::Keras => keras(parts),
            Convention::Onnx => onnx(parts),
        };
        match layer.or_else(|| edgeml(parts)).or_else(|| stateless(parts)) {
            Some((kind, input, output)) => found.push(Found { name: name.clone(), kind, input, output }),
            None => unexplained.extend(
                tensors
                    .iter()
                    .map(|(tensor, _)| tensor)
                    .filter(|tensor| group(tensor, convention).0 == *name)
                    .cloned(),
            ),
        }
    }
    (found, unexplained)
}

/// The layer that a tensor is of, and what it is there.
fn group(name: &str, convention: Convention) -> (String, String) {
    let (mut prefix, part) = parts(name);
    let mut part = part.to_owned();
    if convention == Convention::Pytorch
        && matches!(part.as_str(), "a" | "b" | "c" | "d" | "e" | "u" | "v" | "s")
    {
        let (outer, matrix) = parts(prefix);
        part = format!("{matrix}.{part}");
        prefix = outer;
    }
    if convention == Convention::Keras {
        // Keras puts a cell, and a direction, between layer and tensor.
        for (direction, mark) in [("forward", "forward."), ("backward", "backward.")] {
            if let Some(at) = prefix.find(direction) {
                part = format!("{mark}{part}");
                prefix = prefix[..at].trim_end_matches(['.', '/']);
                break;
            }
        }
        for cell in ["lstm_cell", "gru_cell", "simple_rnn_cell"] {
            if let Some((outer, last)) = prefix.rsplit_once(['.', '/'])
                && last.starts_with(cell)
            {
                prefix = outer;
            }
        }
    }
    (prefix.to_owned(), part)
}

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
    let reset = None;
    let kind = Kind::Recurrent { key, hidden, levels, bidirectional, more: Vec::new(), reset };
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
    if let Kind::Recurrent { reset, .. } = &mut layer.0 {
        // PyTorch has no other GRU.
        *reset = (key == "gru").then_some("after");
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
        *reset = of("bias").map(|shape| if shape.len() == 2 { "after" } else { "before" });
    }
    Some(layer)
}

fn onnx(parts: &Parts) -> Option<Layer> {
    let (&[directions, rows, input], &[_, _, hidden]) =
        (parts.get("W")?.as_slice(), parts.get("R")?.as_slice())
    else {
        return None;
    };
    Some(recurrent(cell(rows / hidden.max(1))?, input, hidden, 1, directions == 2))
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
    if let Some(&[input, units]) = parts.get("kernel").map(Vec::as_slice) {
        return Some((Kind::Linear, input, units));
    }
    match (parts.get("weight")?.as_slice(), parts.get("bias").map(Vec::as_slice)) {
        (&[units, input], Some(&[biases])) if biases == units => Some((Kind::Linear, input, units)),
        // An embedding has no bias; whether this is one shows where it stands.
        (&[tokens, dim], None) if parts.len() == 1 => Some((Kind::Embedding, tokens, dim)),
        _ => None,
    }
}

/// An order in which each layer reads what the one before gives: what was found as an embedding first, or as a linear layer
/// without a bias. Of several, the one nearest to the order of the names.
pub(super) fn chain(found: &[Found]) -> Option<Vec<Found>> {
    let mut order = Vec::with_capacity(found.len());
    let mut left: Vec<Found> = found.to_vec();
    // Recurrent layers first: linear ones are most often behind them.
    left.sort_by_key(|layer| (layer.kind == Kind::Linear, natural(&layer.name)));
    extend(&mut order, &mut left).then_some(order)
}

fn extend(order: &mut Vec<Found>, left: &mut Vec<Found>) -> bool {
    if left.is_empty() {
        return true;
    }
    for at in 0..left.len() {
        let mut layer = left.remove(at);
        let fits = match (&layer.kind, order.last()) {
            (Kind::Embedding, None) => true,
            (Kind::Embedding, Some(before)) if before.output == layer.output => {
                // `[units, input]` of a linear layer without a bias.
                layer = Found { kind: Kind::Linear, input: layer.output, output: layer.input, ..layer };
                true
            }
            (_, before) => before.is_none_or(|before| before.output == layer.input),
        };
        if fits {
            order.push(layer.clone());
            if extend(order, left) {
                return true;
            }
            order.pop();
        }
        left.insert(at, layer);
    }
    false
}

/// `fc10` behind `fc2`.
fn natural(name: &str) -> Vec<(bool, u64, String)> {
    let mut words: Vec<(bool, u64, String)> = Vec::new();
    for c in name.chars() {
        match (c.to_digit(10), words.last_mut()) {
            (Some(digit), Some((true, number, _))) => *number = number.saturating_mul(10) + u64::from(digit),
            (Some(digit), _) => words.push((true, digit.into(), String::new())),
            (None, Some((false, _, word))) => word.push(c),
            (None, _) => words.push((false, 0, c.into())),
        }
    }
    words
}
