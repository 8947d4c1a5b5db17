//! Tao et al. 2019: the score of an input in a state.

use super::{affine, sigmoid};
use crate::model::{Node, Score};
use crate::reference::activation::relu;

/// The score, NaN where a number of `x` or `h` is, and how far the nearest comparison on the way to it is from going
/// the other way.
pub(super) fn score(form: &Score, x: &[f64], h: &[f64]) -> (f64, f64) {
    let seen: Vec<f64> = x.iter().chain(h).copied().collect();
    if seen.iter().any(|number| number.is_nan()) {
        return (f64::NAN, f64::INFINITY);
    }
    let first = |sums: Vec<f64>| sums.first().map_or(0.0, |sum| sigmoid(*sum));
    match form {
        Score::Logistic(layer) => (first(affine(layer, &seen)), f64::INFINITY),
        Score::Mlp(layers) => {
            let [one, two, last] = &**layers;
            let hidden = |layer, v: &[f64]| affine(layer, v).into_iter().map(relu).collect::<Vec<f64>>();
            (first(affine(last, &hidden(two, &hidden(one, &seen)))), f64::INFINITY)
        }
        Score::Trees(trees) => {
            let each: Vec<(f64, f64)> = trees.iter().map(|tree| walk(tree, &seen)).collect();
            let sum: f64 = each.iter().map(|(value, _)| value).sum();
            (sum / each.len() as f64, each.iter().map(|(_, margin)| *margin).fold(f64::INFINITY, f64::min))
        }
    }
}

fn walk(tree: &[Node], seen: &[f64]) -> (f64, f64) {
    let (mut at, mut margin) = (0, f64::INFINITY);
    loop {
        let node = tree[at];
        let threshold = f64::from(node.threshold);
        let next = if seen[node.feature] <= threshold { node.left } else { node.right };
        if next == at {
            return (f64::from(node.value), margin);
        }
        margin = margin.min((seen[node.feature] - threshold).abs());
        at = next;
    }
}
