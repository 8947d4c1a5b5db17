//! The tensors of gates and predictors that skip time steps.

use super::bind::Binder;
use super::plain::linear;
use super::read::Tensor;
use super::shape::Dim;
use crate::diagnostic::{Code, Diagnostic, Spanned, quoted};
use crate::model::{Dense, Node};

/// Comparisons and leaves of the largest tree.
const MOST_NODES: usize = 1 << 13;

/// The three linear layers of PyTorch's `Sequential(Linear, ReLU, Linear, ReLU, Linear)`.
pub(crate) fn mlp(binder: &mut Binder<'_>, input: &Dim, units: &Dim) -> Option<[(Dense, Vec<f32>); 3]> {
    let name = binder.name;
    let one = Dim::Exactly(1);
    let mut layer = |place: usize, input: &Dim, units: &Dim| {
        let of_layer = Spanned::new(format!("{}.{place}", name.value), name.span);
        binder.under(&of_layer, |binder| linear(binder, input, units))
    };
    let layers = [layer(0, input, units), layer(2, units, units), layer(4, units, &one)];
    let [first, second, last] = layers;
    Some([first?, second?, last?])
}

/// Trees as scikit-learn stores them, a row for each: `feature`, `threshold`, `children_left`, `children_right`
/// (-1 at a leaf) and `value`. They are walked from node 0.
pub(crate) fn trees(
    binder: &mut Binder<'_>,
    features: usize,
    count: Option<usize>,
) -> Option<Vec<Vec<Node>>> {
    let name = |part: &str| format!("{}.{part}", binder.name.value);
    let [feature, threshold, left, right, value] =
        ["feature", "threshold", "children_left", "children_right", "value"].map(name);
    let rows = count.map_or(Dim::Any, Dim::Exactly);
    let value = binder.take(&value, &[&[rows, Dim::Any]]);
    let shape = value
        .as_ref()
        .map_or([Dim::Any, Dim::Any], |value| [Dim::Exactly(value.shape[0]), Dim::Exactly(value.shape[1])]);
    let threshold = binder.take(&threshold, &[&shape]);
    let mut integers = |name: &str| binder.take_integers(name, &[&shape]);
    let (feature, left, right) = (integers(&feature), integers(&left), integers(&right));
    let (feature, left, right) = (feature?, left?, right?);
    let (Tensor { data: threshold, .. }, value) = (threshold?, value?);
    let nodes = value.shape[1];
    if nodes > MOST_NODES {
        let message = format!("a tree has {nodes} nodes, and at most {MOST_NODES} are supported");
        binder.fail(Diagnostic::error(Code::OutOfRange, binder.layer, message).help("grow it less deep"));
        return None;
    }
    let mut trees = Vec::with_capacity(value.shape[0]);
    for tree in 0..value.shape[0] {
        let mut all = Vec::with_capacity(nodes);
        for at in 0..nodes {
            let place = tree * nodes + at;
            let child = |side: i64| usize::try_from(side).ok().filter(|child| *child > at && *child < nodes);
            let node = if left[place] == -1 && right[place] == -1 {
                Some((0, at, at))
            } else {
                let feature = usize::try_from(feature[place]).ok().filter(|feature| *feature < features);
                feature.zip(child(left[place])).zip(child(right[place])).map(|((f, l), r)| (f, l, r))
            };
            let Some((feature, left, right)) = node else {
                binder.fail(broken(binder, tree, at, features));
                return None;
            };
            let (threshold, value) = (threshold[place], value.data[place]);
            all.push(Node { feature, threshold, left, right, value });
        }
        trees.push(all);
    }
    Some(trees)
}

fn broken(binder: &Binder<'_>, tree: usize, node: usize, features: usize) -> Diagnostic {
    let message = format!("node {node} of tree {tree} of {} leads nowhere", quoted(binder.name));
    Diagnostic::error(Code::TensorShape, binder.layer, message).help(format!(
        "a node compares a feature from 0 to {} and has two children behind itself, or -1 for both",
        features.saturating_sub(1)
    ))
}

/// The threshold that `recurve fit` chose.
pub(crate) fn cutoff(binder: &mut Binder<'_>) -> Option<f32> {
    let name = format!("{}.cutoff", binder.name.value);
    binder.take_if_there(&name, &[&[Dim::Exactly(1)]])?.data.first().copied()
}
