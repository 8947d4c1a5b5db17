//! Matrices whose bytes are column after column: views of a transpose, saved as they lie in memory.

use std::collections::BTreeSet;

use super::alternatives::{Alternative, Change, Group};
use super::words::all_of;
use crate::diagnostic::{Span, quoted};
use crate::spec::{Layer, Spec};
use crate::tensors::Bound;

/// Names that a help lists.
const SHOWN: usize = 6;

pub(super) fn memory_orders(spec: &Spec, matrices: &[Bound]) -> Vec<Alternative> {
    let embeddings: Vec<Span> = spec.layers.iter().flatten().filter_map(embedding).collect();
    // Layers convert from one framework to another by transposing, and embeddings by not.
    let weights: Vec<&Bound> = matrices.iter().filter(|matrix| !embeddings.contains(&matrix.layer)).collect();
    let of_layers = spec.layers.iter().flatten().map(|layer| {
        weights.iter().copied().filter(|matrix| matrix.layer == layer.span).collect::<Vec<&Bound>>()
    });
    let alone = matrices.iter().map(|matrix| vec![matrix]);
    let mut seen = BTreeSet::new();
    let sets = std::iter::once(weights.clone()).chain(of_layers).chain(alone);
    sets.filter(|set| !set.is_empty())
        .filter(|set| seen.insert(set.iter().map(|matrix| matrix.name.clone()).collect::<Vec<_>>()))
        .map(|set| reading(&set))
        .collect()
}

fn embedding(layer: &crate::diagnostic::Spanned<Layer>) -> Option<Span> {
    matches!(layer.value, Layer::Embedding(_)).then_some(layer.span)
}

fn reading(set: &[&Bound]) -> Alternative {
    let mut names: Vec<String> = set.iter().take(SHOWN).map(|matrix| quoted(&matrix.name)).collect();
    if set.len() > SHOWN {
        names.push(format!("{} more", set.len() - SHOWN));
    }
    let all = all_of(&names);
    let transposed = if set.iter().all(|matrix| matrix.is_square) { ", or transposed" } else { "" };
    Alternative {
        what: format!("{all} in Fortran order, column after column{transposed}"),
        mend: Some(
            "a transposed view was saved as it lies in memory: save `numpy.ascontiguousarray(array)` or \
             `tensor.contiguous()`"
                .to_owned(),
        ),
        group: Group::MemoryOrder,
        change: Change::MemoryOrder(set.iter().map(|matrix| matrix.name.clone()).collect()),
    }
}
