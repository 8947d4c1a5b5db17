//! Numbers of `int16x8` that left their ranges on the golden trace.

use std::fmt;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, quoted};
use crate::model::Model;
use crate::reference::{RangeCount, RangeKind, Ranges};
use crate::spec::Spec;

/// The numbers of one kind and one layer, some of which left their range and stay at its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Saturated {
    /// The layer's name.
    pub layer: String,
    /// What they are.
    pub kind: RangeKind,
    /// How many there are, and how many left the range.
    pub count: RangeCount,
}

impl fmt::Display for Saturated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RangeCount { numbers, beyond, largest } = self.count;
        let (kind, layer) = (self.kind.plural(), quoted(&self.layer));
        let limit = self.kind.limit();
        write!(
            f,
            "{beyond} of {numbers} {kind} of {layer} are beyond what `int16x8` holds, {limit}: the largest is {}",
            largest as f32
        )
    }
}

/// The numbers of `model` that left their ranges; `ranges` has those of each layer.
pub fn saturated(model: &Model, ranges: &[Ranges]) -> Vec<Saturated> {
    let mut layers: Vec<(&str, Ranges)> = Vec::new();
    for (layer, ranges) in model.layers.iter().zip(ranges) {
        match layers.last_mut() {
            // Levels of a stack have one name.
            Some((name, all)) if *name == layer.name() => all.add(ranges),
            _ => layers.push((layer.name(), *ranges)),
        }
    }
    let of_layer = |(name, ranges): &(&str, Ranges)| -> Vec<Saturated> {
        let beyond = ranges.beyond();
        beyond.map(|(kind, count)| Saturated { layer: (*name).to_owned(), kind, count }).collect()
    };
    layers.iter().flat_map(of_layer).collect()
}

/// A cell state that stays at the end of its range loses little, as its `tanh` is 1 there: fewer than one in so many
/// are no warning.
const CELLS: u64 = 1000;

/// Warns of each.
pub(super) fn warn(spec: &Spec, saturated: &[Saturated], diagnostics: &mut Diagnostics) {
    for found in saturated {
        let RangeCount { numbers, beyond, .. } = found.count;
        if found.kind == RangeKind::Cell && beyond.saturating_mul(CELLS) < numbers {
            continue;
        }
        let layer = spec.layers.iter().flatten().find(|layer| layer.value.name().value == found.layer);
        if let Some(precision) = layer.and_then(|layer| layer.value.precision()) {
            let message = format!("on the golden trace {found}");
            let warning = Diagnostic::warning(Code::Saturation, precision.span, message);
            diagnostics.push(
                warning.help(
                    "such a number stays at the end of its range; `precision: int8` has no such ranges",
                ),
            );
        }
    }
}
