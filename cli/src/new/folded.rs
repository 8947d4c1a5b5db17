//! Matrices under weight normalization, which the compiler folds: a magnitude and a direction in place of a matrix.

use std::collections::BTreeMap;

use super::file::{Tensor, Tensors};

/// Tensors with each pair of `W_g` and `W_v`, or `parametrizations.W.original0` and `original1`, as one `W` of the shape of the
/// direction; and the names of the pairs.
pub(super) fn folded(tensors: &Tensors) -> (Vec<Tensor>, BTreeMap<String, [String; 2]>) {
    let mut pairs = BTreeMap::new();
    for (name, _) in tensors {
        if let Some((matrix, direction)) = direction_of(name)
            && [&matrix, &direction].map(|name| find(tensors, name).is_some()) == [false, true]
        {
            pairs.insert(matrix, [name.clone(), direction]);
        }
    }
    let is_half = |name: &String| pairs.values().flatten().any(|half| half == name);
    let mut folded: Vec<Tensor> = tensors.iter().filter(|(name, _)| !is_half(name)).cloned().collect();
    folded.extend(
        pairs
            .iter()
            .filter_map(|(matrix, [_, direction])| Some((matrix.clone(), find(tensors, direction)?.clone()))),
    );
    folded.sort();
    (folded, pairs)
}

fn find<'a>(tensors: &'a Tensors, name: &str) -> Option<&'a Vec<usize>> {
    tensors.iter().find(|(found, _)| found == name).map(|(_, shape)| shape)
}

/// The matrix whose magnitude has this name, and the name of the direction.
fn direction_of(magnitude: &str) -> Option<(String, String)> {
    if let Some(matrix) = magnitude.strip_suffix("_g") {
        return Some((matrix.to_owned(), format!("{matrix}_v")));
    }
    let stem = magnitude.strip_suffix(".original0")?;
    let (layer, matrix) = stem.rsplit_once("parametrizations.")?;
    let is_module = layer.is_empty() || layer.ends_with('.');
    is_module.then(|| (format!("{layer}{matrix}"), format!("{stem}.original1")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_become_the_matrix_that_they_are() {
        let tensors: Vec<Tensor> = [
            ("a.weight_hh_l0_g", vec![8, 1]),
            ("a.weight_hh_l0_v", vec![8, 2]),
            ("b.parametrizations.weight.original0", vec![3, 1]),
            ("b.parametrizations.weight.original1", vec![3, 2]),
            ("c.x_g", vec![4]),
            ("d.weight_v", vec![4]),
        ]
        .map(|(name, shape)| (name.to_owned(), shape))
        .into();
        let (folded, pairs) = folded(&tensors);
        let names: Vec<(&str, &[usize])> =
            folded.iter().map(|(name, shape)| (name.as_str(), shape.as_slice())).collect();
        let expected: [(&str, &[usize]); 4] =
            [("a.weight_hh_l0", &[8, 2]), ("b.weight", &[3, 2]), ("c.x_g", &[4]), ("d.weight_v", &[4])];
        assert_eq!(names, expected);
        assert_eq!(pairs["a.weight_hh_l0"], ["a.weight_hh_l0_g", "a.weight_hh_l0_v"]);
    }
}
