//! Whether a model must keep whole sequences in memory, and so needs `max_steps`.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span};
use crate::spec::{Layer, Output, Spec};

/// The longest sequence to keep, if one has to be kept; `None` where spec and layers disagree.
pub(super) fn check_max_steps(spec: &Spec, diagnostics: &mut Diagnostics) -> Option<Option<usize>> {
    let reason = reason(spec);
    let error = match (reason, spec.input.max_steps) {
        (None, None) => return Some(None),
        (Some(_), Some(steps)) => return Some(Some(steps.value)),
        (Some((span, why)), None) => Diagnostic::error(
            Code::MaxSteps,
            span,
            format!("{why}, so whole sequences stay in memory and `max_steps` is needed"),
        )
        .help("write `max_steps` beside the input: the longest sequence, in steps"),
        (None, Some(steps)) => {
            // A layer that could not be read may be the one that needs it.
            if spec.layers.iter().any(Option::is_none) {
                return Some(Some(steps.value));
            }
            Diagnostic::error(
                Code::MaxSteps,
                steps.span,
                "`max_steps` has no use here: this model keeps no sequence in memory",
            )
            .help("remove it; sequences may have any length")
        }
    };
    diagnostics.push(error);
    None
}

/// The bidirectional layer for which a sequence is kept, and why.
fn reason(spec: &Spec) -> Option<(Span, &'static str)> {
    let layers: Vec<_> = spec.layers.iter().flatten().collect();
    let (place, layer) =
        layers.iter().enumerate().find(|(_, layer)| levels(layer).is_some_and(|(_, both)| both))?;
    let recurrent_levels: usize = layers
        .iter()
        .filter_map(|layer| levels(layer))
        .fold(0, |sum, (levels, _)| sum.saturating_add(levels));
    let every = spec.output.is_some_and(|output| output.value == Output::Every);
    if recurrent_levels > 1 {
        Some((layer.span, "a bidirectional layer stands among other recurrent levels"))
    } else if every && place + 1 < layers.len() {
        Some((layer.span, "every step of a bidirectional layer goes through another layer"))
    } else {
        None
    }
}

/// Levels of a recurrent layer, and whether it reads both ways.
pub(super) fn levels(layer: &Layer) -> Option<(usize, bool)> {
    let (levels, bidirectional) = match layer {
        Layer::Lstm(layer) => (layer.num_layers, layer.bidirectional),
        Layer::Gru(layer) => (layer.num_layers, layer.bidirectional),
        Layer::Rnn(layer) => (layer.num_layers, layer.bidirectional),
        Layer::FastRnn(layer) => (None, layer.bidirectional),
        Layer::FastGrnn(layer) => (None, layer.bidirectional),
        Layer::Linear(_) | Layer::Embedding(_) => return None,
    };
    Some((levels.map_or(1, |levels| levels.value), bidirectional.is_some_and(|both| both.value)))
}

/// Whether `layer` is the last recurrent one, and its final states are what the model gives.
pub(super) fn gives_final_states(spec: &Spec, layer: Span) -> bool {
    let last = spec.layers.iter().flatten().rfind(|layer| levels(layer).is_some());
    let every = spec.output.is_some_and(|output| output.value == Output::Every);
    !every && last.is_some_and(|last| last.span == layer && levels(last).is_some_and(|(_, both)| both))
}
