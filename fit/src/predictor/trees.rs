//! Decision trees and random forests, grown by linfa.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_ensemble::EnsembleLearnerParams;
use linfa_trees::{DecisionTree, TreeNode};
use ndarray::{Array1, Array2};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use recurve_compiler::model::Node;

use super::samples::Samples;
use crate::{Error, Progress};

/// Steps of the least leaf.
const LEAST: f32 = 5.0;

pub(super) fn train(
    seen: &Samples,
    labels: &[bool],
    count: usize,
    depth: usize,
    progress: &mut dyn Progress,
) -> Result<Vec<Vec<Node>>, Error> {
    progress.begin("training the predictor", 1);
    let fault = |error: &dyn std::fmt::Display| Error::new(format!("growing trees failed: {error}"));
    let records = Array2::from_shape_vec((labels.len(), seen.columns), seen.seen.clone())
        .map_err(|error| fault(&error))?;
    let targets: Array1<usize> = labels.iter().map(|label| usize::from(*label)).collect();
    let data = DatasetBase::new(records, targets);
    let params = DecisionTree::params().max_depth(Some(depth)).min_weight_leaf(LEAST);
    let mut trees: Vec<Vec<Node>> = if count == 1 {
        let tree = params.fit(&data).map_err(|error| fault(&error))?;
        vec![nodes(tree.root_node(), &|feature| feature)]
    } else {
        // As Breiman 2001 has it: each tree of as many steps drawn at random, and of some features.
        let share = (1.0 / (seen.columns as f64).sqrt()).max(0.3);
        let forest = EnsembleLearnerParams::new_fixed_rng(params, SmallRng::seed_from_u64(1))
            .ensemble_size(count)
            .bootstrap_proportion(1.0)
            .feature_proportion(share)
            .fit(&data)
            .map_err(|error| fault(&error))?;
        let trees = forest.models.iter().zip(&forest.model_features);
        trees
            .map(|(tree, features)| {
                nodes(tree.root_node(), &|feature| features.get(feature).copied().unwrap_or(0))
            })
            .collect()
    };
    for tree in &mut trees {
        score(tree, seen, labels);
    }
    let most = trees.iter().map(Vec::len).max().unwrap_or(0);
    for tree in &mut trees {
        let unused = |at| Node { feature: 0, threshold: 0.0, left: at, right: at, value: 0.0 };
        tree.extend((tree.len()..most).map(unused).collect::<Vec<_>>());
    }
    progress.advance(1);
    progress.end();
    Ok(trees)
}

/// The tree's nodes, each before its children.
fn nodes(root: &TreeNode<f32, usize>, feature: &dyn Fn(usize) -> usize) -> Vec<Node> {
    fn add(node: &TreeNode<f32, usize>, feature: &dyn Fn(usize) -> usize, all: &mut Vec<Node>) -> usize {
        let at = all.len();
        all.push(Node { feature: 0, threshold: 0.0, left: at, right: at, value: 0.0 });
        let children = node.children();
        if let [Some(left), Some(right)] = children[..] {
            let (place, threshold, _) = node.split();
            let (left, right) = (add(left, feature, all), add(right, feature, all));
            if let Some(node) = all.get_mut(at) {
                *node = Node { feature: feature(place), threshold, left, right, value: 0.0 };
            }
        }
        at
    }
    let mut all = Vec::new();
    add(root, feature, &mut all);
    all
}

/// Gives each node the share of its steps that are labelled as executed.
fn score(tree: &mut [Node], seen: &Samples, labels: &[bool]) {
    let mut counts = vec![(0_u32, 0_u32); tree.len()];
    for (row, label) in seen.rows().zip(labels) {
        let mut at = 0;
        loop {
            counts[at].0 += 1;
            counts[at].1 += u32::from(*label);
            let node = tree[at];
            let next = if row[node.feature] <= node.threshold { node.left } else { node.right };
            if next == at {
                break;
            }
            at = next;
        }
    }
    for (node, (all, feed)) in tree.iter_mut().zip(counts) {
        node.value = if all > 0 { (f64::from(feed) / f64::from(all)) as f32 } else { 0.5 };
    }
}
