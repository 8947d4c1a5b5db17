//! Skip predictors for networks that were trained without: Tao, Thakker, Dasika and Beu, *Skipping RNN State Updates
//! without Retraining the Original Model*, SenSys-ML 2019.
//!
//! The frozen network runs over the data, and each step is labelled by how much it changes the hidden vector. A
//! classifier learns the labels from what it will see at run time, `[x; h]`. Where steps are skipped it will see other
//! states than those, so it learns again with the steps that it meets when it decides itself (Ross, Gordon and
//! Bagnell, *A Reduction of Imitation Learning and Structured Prediction to No-Regret Online Learning*, AISTATS 2011);
//! without that a network can stay at a state in which nothing seems worth reading. Sequences that it has not seen
//! then show what each threshold saves and loses.

mod curve;
mod logistic;
mod mlp;
mod samples;
mod trees;

pub use curve::{CHANGED, Curve, LOSS, Point};

use recurve_compiler::Unfitted;
use recurve_compiler::model::{Affine, Model, Predictor, Score, Skip};
use recurve_compiler::sequences::Sequences;
use recurve_compiler::spec;
use recurve_compiler::tensors::PredictorTarget;

use crate::file::{Numbers, Tensor};
use crate::{Error, Progress};
use samples::Samples;

/// Every so many sequences one is kept from the training, to choose the threshold with.
const HELD_OUT: usize = 5;
/// How often it learns again with the steps that it meets.
const AGAIN: usize = 1;

/// A predictor that was learned.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The prefix of its tensors.
    pub name: String,
    /// Steps that it learned from.
    pub samples: usize,
    /// The share of labels that it gives to steps of sequences that it has not seen, at a score of one half.
    pub right: f64,
    /// What it saves and loses, and the threshold that was chosen.
    pub curve: Curve,
}

/// Learns the predictor; gives its tensors too.
pub(crate) fn learn(
    unfitted: &Unfitted,
    target: &PredictorTarget,
    data: &Sequences,
    progress: &mut dyn Progress,
) -> Result<(Vec<Tensor>, Trained), Error> {
    let model = &unfitted.trained;
    let (change, quantile) = target.predictor.labels();
    let with_steps: Vec<usize> = (0..data.count()).filter(|at| data.length(*at) > 0).collect();
    let (mut training, mut held_out) = (Vec::new(), Vec::new());
    for (place, sequence) in with_steps.into_iter().enumerate() {
        if place % HELD_OUT == HELD_OUT - 1 { &mut held_out } else { &mut training }.push(sequence);
    }
    if training.is_empty() || held_out.is_empty() {
        let message = format!("the data has {} sequences with steps", training.len());
        return Err(Error::new(message).help(format!(
            "a predictor learns from {HELD_OUT} sequences at least, and better from hundreds"
        )));
    }
    let mut seen = Samples::collect(model, data, &training, change, None, progress)?;
    let boundary = seen.quantile(quantile);
    let clean = seen.changes.clone();
    let mut form = train(&target.predictor, &seen, &seen.labels(boundary)?, progress)?;
    for _ in 0..AGAIN {
        let network = with_predictor(model, form, 0.5);
        seen = seen.with(Samples::collect(model, data, &training, change, Some(&network), progress)?);
        form = train(&target.predictor, &seen, &seen.labels(boundary)?, progress)?;
    }
    let network = with_predictor(model, form.clone(), 0.5);
    let unseen = Samples::collect(model, data, &held_out, change, Some(&network), progress)?;
    let scores = unseen.scores(&form);
    let right = scores
        .iter()
        .zip(&unseen.changes)
        .filter(|(score, change)| (**score >= 0.5) == (**change >= boundary))
        .count();
    let right = right as f64 / scores.len().max(1) as f64;
    let sweep =
        curve::Sweep { model, data, held_out: &held_out, training: &training, change, changes: &clean };
    let curve = sweep.run(&network, &scores, progress)?;
    let tensors = tensors(&target.name, &form, curve.chosen as f32);
    let trained = Trained { name: target.name.clone(), samples: seen.changes.len(), right, curve };
    Ok((tensors, trained))
}

fn train(
    predictor: &spec::Predictor,
    seen: &Samples,
    labels: &[bool],
    progress: &mut dyn Progress,
) -> Result<Score, Error> {
    let depth = predictor.depth();
    Ok(match predictor {
        spec::Predictor::Logistic(_) => Score::Logistic(logistic::train(seen, labels, progress)?),
        spec::Predictor::Mlp(_) => {
            Score::Mlp(Box::new(mlp::train(seen, labels, predictor.hidden_size(), progress)?))
        }
        spec::Predictor::Tree(_) => Score::Trees(trees::train(seen, labels, 1, depth, progress)?),
        spec::Predictor::Forest(_) => {
            Score::Trees(trees::train(seen, labels, predictor.trees(), depth, progress)?)
        }
    })
}

/// The network with this predictor beside it.
fn with_predictor(model: &Model, form: Score, threshold: f32) -> Model {
    Model { skip: Some(Skip::Predictor(Predictor { form, threshold })), ..model.clone() }
}

/// As the spec's reference names them.
pub(crate) fn tensors(name: &str, form: &Score, cutoff: f32) -> Vec<Tensor> {
    let tensor = |part: &str, shape: Vec<usize>, numbers: Numbers| Tensor {
        name: format!("{name}.{part}"),
        shape,
        numbers,
    };
    let affine = |part: &str, layer: &Affine| {
        let (weight, bias) = (&layer.weight, &layer.bias);
        [
            tensor(
                &format!("{part}weight"),
                vec![weight.rows, weight.columns],
                Numbers::Floats(weight.data.clone()),
            ),
            tensor(&format!("{part}bias"), vec![bias.len()], Numbers::Floats(bias.clone())),
        ]
    };
    let mut all = match form {
        Score::Logistic(layer) => affine("", layer).to_vec(),
        Score::Mlp(layers) => {
            let places = ["0.", "2.", "4."].into_iter().zip(&**layers);
            places.flat_map(|(part, layer)| affine(part, layer)).collect()
        }
        Score::Trees(trees) => {
            let shape = vec![trees.len(), trees.first().map_or(0, Vec::len)];
            let floats = |number: fn(&recurve_compiler::model::Node) -> f32| {
                Numbers::Floats(trees.iter().flatten().map(number).collect())
            };
            let places = |place: fn(usize, &recurve_compiler::model::Node) -> i32| {
                let all = trees.iter().flat_map(|tree| tree.iter().enumerate());
                Numbers::Integers(all.map(|(at, node)| place(at, node)).collect())
            };
            vec![
                tensor("feature", shape.clone(), places(|_, node| node.feature as i32)),
                tensor("threshold", shape.clone(), floats(|node| node.threshold)),
                tensor(
                    "children_left",
                    shape.clone(),
                    places(|at, node| if node.left == at { -1 } else { node.left as i32 }),
                ),
                tensor(
                    "children_right",
                    shape.clone(),
                    places(|at, node| if node.right == at { -1 } else { node.right as i32 }),
                ),
                tensor("value", shape, floats(|node| node.value)),
            ]
        }
    };
    all.push(tensor("cutoff", vec![1], Numbers::Floats(vec![cutoff])));
    all
}
