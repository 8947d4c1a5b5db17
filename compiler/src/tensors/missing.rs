//! Guesses why a layer's tensors are not in the file.

use super::bind::Binder;
use super::shape::list;
use super::store::{Store, fold};
use super::weight_norm::matrix_name;
use super::{keras, name};
use crate::diagnostic::{Code, Diagnostic, nearest, quoted};
use crate::spec::Convention;

/// How many names a message lists.
const SHOWN: usize = 8;
/// How many names are looked at for a guess.
const SEARCHED: usize = 5_000;

pub(super) fn explain(binder: &Binder<'_>) -> Diagnostic {
    if let Some(error) = absent_level(binder).or_else(|| absent_direction(binder)) {
        return with_names(error, binder);
    }
    let (what, layer) = (binder.what, quoted(binder.name));
    let message = match binder.missing.as_slice() {
        [one] => format!("{what} {layer} needs tensor {}, which the weights lack", quoted(&one.name)),
        many => format!("{what} {layer} needs {} tensors that the weights lack", many.len()),
    };
    let error = Diagnostic::error(Code::MissingTensor, binder.layer, message);
    let mut error = binder.hint.iter().cloned().fold(with_names(error, binder), Diagnostic::help);
    let guesses = [
        other_convention(binder),
        without_twin(binder),
        without_half(binder),
        other_form(binder),
        dense_instead(binder),
        binder.tie.clone(),
    ];
    let mut guessed = false;
    for guess in guesses.into_iter().flatten() {
        error = error.help(guess);
        guessed = true;
    }
    if !guessed && let Some(guess) = other_prefix(binder) {
        error = error.help(guess);
        guessed = true;
    }
    if guessed {
        return error;
    }
    match similar(binder) {
        Some(name) => error.help(format!("the weights have a similar name: {}", quoted(name))),
        None => error.help(present(binder)),
    }
}

fn with_names(mut error: Diagnostic, binder: &Binder<'_>) -> Diagnostic {
    for missing in binder.missing.iter().take(SHOWN) {
        error = error.help(format!("expected {} {}", quoted(&missing.name), list(&missing.shape)));
    }
    error
}

/// The level of `_l1` or `_l1_reverse`.
pub(super) fn level_of(name: &str) -> Option<usize> {
    let name = matrix_name(name);
    let name = name.strip_suffix("_reverse").unwrap_or(&name);
    let (_, level) = name.rsplit_once("_l")?;
    level.parse().ok()
}

pub(super) fn is_reverse(name: &str) -> bool {
    matrix_name(name).ends_with("_reverse") || fold(name).split('.').any(|part| part.starts_with("backward"))
}

fn absent_level(binder: &Binder<'_>) -> Option<Diagnostic> {
    let asked = binder.num_layers?;
    let level = binder.missing.iter().map(|missing| level_of(&missing.name)).min()??;
    let prefix = name::start(&binder.name.value);
    let held = binder
        .store
        .below(&prefix)
        .filter_map(|(_, name)| level_of(name))
        .filter(|&held| held < asked.value)
        .max()?;
    if level == 0 || held >= level {
        return None;
    }
    let levels = held + 1;
    let message = format!(
        "layer {} has `num_layers: {}`, and the weights have {levels} of its levels",
        quoted(binder.name),
        asked.value
    );
    let help = format!("`num_layers: {levels}` fits the weights");
    Some(Diagnostic::error(Code::StackLevel, asked.span, message).help(help))
}

fn absent_direction(binder: &Binder<'_>) -> Option<Diagnostic> {
    let asked = binder.bidirectional.filter(|asked| asked.value)?;
    if !binder.missing.iter().all(|missing| is_reverse(&missing.name)) {
        return None;
    }
    let message = format!(
        "layer {} is bidirectional, and the weights lack tensors of its reverse direction",
        quoted(binder.name)
    );
    let help = "`bidirectional: false` needs none of them";
    Some(Diagnostic::error(Code::ReverseDirection, asked.span, message).help(help))
}

fn other_convention(binder: &Binder<'_>) -> Option<String> {
    let (convention, name) = convention_of(binder.store, &binder.name.value)?;
    if convention == binder.convention {
        return None;
    }
    let (key, whose) = match convention {
        Convention::Pytorch => ("pytorch", "PyTorch"),
        Convention::Keras => ("keras", "Keras"),
        Convention::Onnx => ("onnx", "ONNX"),
    };
    Some(format!("{} is a name as {whose} gives it: is `convention: {key}` meant?", quoted(&name)))
}

/// Whose names the tensors below `prefix` have, with one of them.
fn convention_of(store: &Store, prefix: &str) -> Option<(Convention, String)> {
    let prefix = name::start(prefix);
    let name = |wanted: &[&str]| {
        store
            .below(&prefix)
            .find(|(rest, _)| wanted.contains(&rest.rsplit('.').next().unwrap_or_default()))
            .map(|(_, name)| name.to_owned())
    };
    let of = |convention, name| Some((convention, name));
    if let Some(name) = name(&["kernel", "recurrent_kernel", "embeddings"]) {
        return of(Convention::Keras, name);
    }
    if let Some(name) = name(&["weight_ih_l0", "weight_hh_l0", "weight_ih", "weight_hh"]) {
        return of(Convention::Pytorch, name);
    }
    name(&["R"]).and_then(|name| of(Convention::Onnx, name))
}

/// One of PyTorch's two biases.
fn without_twin(binder: &Binder<'_>) -> Option<String> {
    let [missing] = binder.missing.as_slice() else {
        return None;
    };
    let twin = if missing.name.contains("bias_ih") {
        missing.name.replace("bias_ih", "bias_hh")
    } else {
        missing.name.replace("bias_hh", "bias_ih")
    };
    (twin != missing.name && binder.store.has(&twin))
        .then(|| format!("{} is there; PyTorch has both biases or, with `bias=False`, none", quoted(&twin)))
}

/// One of the two tensors of a matrix under weight normalization.
fn without_half(binder: &Binder<'_>) -> Option<String> {
    binder.missing.iter().find_map(|missing| {
        let matrix = matrix_name(&missing.name);
        let (found, _) = binder.store.half(&matrix).filter(|(_, half)| *half == missing.name)?;
        Some(format!(
            "{} is there: weight_norm has two tensors for {}, its magnitude and its direction",
            quoted(found),
            quoted(&matrix)
        ))
    })
}

/// A FastRNN's or FastGRNN's matrix that is stored whole instead of as factors, or the reverse.
fn other_form(binder: &Binder<'_>) -> Option<String> {
    binder.missing.iter().find_map(|missing| {
        let (stem, last) = missing.name.rsplit_once('.')?;
        let (matrix, key) = match last.chars().next()? {
            'W' => ("W", "input_rank"),
            'U' => ("U", "recurrent_rank"),
            _ => return None,
        };
        match last.len() {
            1 => {
                let factor = format!("{stem}.{matrix}1");
                let rank = binder.store.get(&factor)?.shape.last()?;
                Some(format!("{} is a factor: `{key}: {rank}` fits it", quoted(&factor)))
            }
            _ => {
                let whole = format!("{stem}.{matrix}");
                binder
                    .store
                    .has(&whole)
                    .then(|| format!("{} is a whole matrix: remove `{key}`", quoted(&whole)))
            }
        }
    })
}

/// The dense matrices of a layer whose factors are missing.
fn dense_instead(binder: &Binder<'_>) -> Option<String> {
    let dense = binder.missing.iter().find_map(|missing| {
        let (matrix, part) = missing.name.rsplit_once('.')?;
        let (stem, last) = matrix.rsplit_once('.')?;
        let whole = match last {
            "WU" => "W".to_owned(),
            last => last.replacen("weight_l", "weight_ih_l", 1),
        };
        let whole = format!("{stem}.{whole}");
        (part.len() == 1 && binder.store.has(&whole)).then_some(whole)
    })?;
    Some(format!(
        "{} is a dense matrix: to have it decomposed, add `fit: {}.fit.safetensors` and run `recurve fit` on this spec",
        quoted(&dense),
        binder.name.value
    ))
}

fn other_prefix(binder: &Binder<'_>) -> Option<String> {
    let own = name::start(&binder.name.value);
    let ends: Vec<&str> =
        binder.missing.iter().filter_map(|missing| missing.name.strip_prefix(&own)).collect();
    let first = *ends.first()?;
    let mut prefixes: Vec<String> = Vec::new();
    for name in binder.store.unused().take(SEARCHED) {
        let path = fold(name);
        if path == first {
            return Some(format!(
                "{} has no prefix in the weights: write `name: \"\"`, or save the whole model's `state_dict()`",
                quoted(name)
            ));
        }
        let prefix = path.strip_suffix(first).and_then(|rest| rest.strip_suffix('.'));
        let Some(prefix) = prefix.map(keras::without_cell) else {
            continue;
        };
        let holds_all = ends.iter().all(|end| {
            binder.store.has(&format!("{prefix}.{end}")) || binder.convention == Convention::Keras
        });
        if holds_all && !prefixes.iter().any(|known| known == prefix) {
            prefixes.push(prefix.to_owned());
        }
    }
    // Those that end in the layer's name first, then those with it somewhere.
    let name = fold(&binder.name.value);
    prefixes.sort_by_key(|prefix| {
        let ends = prefix.strip_suffix(&name).is_some_and(|before| before.ends_with('.'));
        (!ends, !prefix.contains(&name))
    });
    let meant: Vec<String> =
        prefixes.iter().take(3).map(|prefix| quoted(&format!("name: {prefix}"))).collect();
    (!meant.is_empty())
        .then(|| format!("the weights have such tensors elsewhere: is {} meant?", meant.join(" or ")))
}

fn similar<'a>(binder: &'a Binder<'_>) -> Option<&'a str> {
    let [missing] = binder.missing.as_slice() else {
        return None;
    };
    nearest(&missing.name, binder.store.unused().take(SEARCHED))
}

/// What the weights do have, nearest by prefix first.
fn present(binder: &Binder<'_>) -> String {
    let prefix = name::start(&binder.name.value);
    let mut names: Vec<&str> = binder.store.below(&prefix).map(|(_, name)| name).take(SHOWN + 1).collect();
    if names.is_empty() {
        names = binder.store.names().take(SHOWN + 1).collect();
    }
    match names.as_slice() {
        [] => "the weights have no tensors at all".to_owned(),
        names => {
            let shown: Vec<String> = names.iter().take(SHOWN).map(|name| quoted(name)).collect();
            let more = if names.len() > SHOWN { ", .." } else { "" };
            format!("the weights have {}{more}", shown.join(", "))
        }
    }
}
