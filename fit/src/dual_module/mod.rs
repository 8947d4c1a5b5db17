//! Little modules for dual-module inference (Zhang et al. 2019).
//!
//! The network runs over the data, and each layer's inputs and states are kept. What a little module sees of them are
//! random ternary projections (Achlioptas 2003); its matrices are those with the least squared distance to the sums of
//! the big module over all time steps, which normal equations give, rounded to what they are stored in. The thresholds
//! of a ratio are, of all pairs for the gates and for the candidate that leave this share of rows insensitive, the ones
//! after which the hidden vector is nearest to that of the big module.

mod curve;
mod projection;
mod rounding;
mod samples;
mod squares;
mod thresholds;

pub use curve::{Curve, Point, trade_off};

use nalgebra::DMatrix;
use recurve_compiler::Unfitted;
use recurve_compiler::model::{Cell, Layer, Matrix, Model};
use recurve_compiler::sequences::Sequences;
use recurve_compiler::spec::Activation;
use recurve_compiler::tensors::DualTarget;

use crate::file::{Numbers, Tensor};
use crate::{Error, Progress};
use samples::Samples;
use squares::{Least, Regressors};

/// Steps that a little module learns from, for each number of its projections; with fewer it would learn the steps
/// themselves.
const STEPS_PER_NUMBER: usize = 2;

/// A little module that was learned.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The layer's name in the spec, with its level and direction.
    pub name: String,
    /// Steps that it learned from.
    pub steps: usize,
    /// Numbers of its projections.
    pub dims: Vec<usize>,
    /// `|y - y'| / |y|` of its sums over these steps, biases taken away.
    pub error: f64,
}

/// A layer, as far as a little module has to know it.
pub(crate) struct Big<'m> {
    pub(crate) kind: Kind,
    /// The matrices that multiply the input and, of a cell, the state.
    pub(crate) weights: Vec<&'m Matrix>,
    /// As the cell has it, and what the reset gate of a GRU multiplies.
    pub(crate) bias: &'m [f32],
    pub(crate) candidate_bias: &'m [f32],
}

/// How sums become outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Lstm,
    Gru,
    Linear(Activation),
}

impl<'m> Big<'m> {
    /// The layer of a target, its place in the network, and whether it is the backward cell.
    fn find(model: &'m Model, target: &DualTarget) -> Option<(Big<'m>, usize, bool)> {
        let backward = target.end.ends_with("_reverse");
        for (place, layer) in model.layers.iter().enumerate() {
            if layer.name() != target.layer {
                continue;
            }
            match layer {
                Layer::Linear(linear) => {
                    let kind = Kind::Linear(linear.activation);
                    let weights = vec![&linear.weight];
                    return Some((
                        Big { kind, weights, bias: &linear.bias, candidate_bias: &[] },
                        place,
                        false,
                    ));
                }
                Layer::Recurrent(level)
                    if target.end.trim_end_matches("_reverse") == format!("_l{}", level.level) =>
                {
                    let cell = if backward { level.backward.as_ref()? } else { &level.forward };
                    let weights = vec![cell.input(), cell.recurrent()];
                    let big = match cell {
                        Cell::Lstm(cell) => {
                            Big { kind: Kind::Lstm, weights, bias: &cell.bias, candidate_bias: &[] }
                        }
                        Cell::Gru(cell) => Big {
                            kind: Kind::Gru,
                            weights,
                            bias: &cell.bias,
                            candidate_bias: &cell.candidate_bias,
                        },
                        Cell::Rnn(_) | Cell::FastRnn(_) | Cell::FastGrnn(_) => return None,
                    };
                    return Some((big, place, backward));
                }
                Layer::Recurrent(_) | Layer::Embedding(_) => {}
            }
        }
        None
    }

    fn rows(&self) -> usize {
        self.bias.len()
    }

    /// The first of the rows whose input and state are approximated apart.
    pub(crate) fn apart_from(&self) -> usize {
        match self.kind {
            Kind::Gru => self.rows() / 3 * 2,
            Kind::Lstm | Kind::Linear(_) => self.rows(),
        }
    }
}

/// Learns the little modules of all targets; gives their tensors too.
pub(crate) fn learn(
    unfitted: &Unfitted,
    data: &Sequences,
    progress: &mut dyn Progress,
) -> Result<(Vec<Tensor>, Vec<Trained>), Error> {
    let model = &unfitted.trained;
    let found: Option<Vec<_>> = unfitted.duals.iter().map(|target| Big::find(model, target)).collect();
    let Some(found) = found else {
        return Err(Error::new("a dual module names a layer that the network does not have"));
    };
    let places: Vec<(usize, bool)> = found.iter().map(|(_, place, backward)| (*place, *backward)).collect();
    let training = split(data)?.0;
    let samples = Samples::collect(model, data, &training, &places, progress)?;
    progress.begin("fitting little modules", 3 * unfitted.duals.len() as u64);
    let (mut tensors, mut trained) = (Vec::new(), Vec::new());
    for ((target, (big, ..)), samples) in unfitted.duals.iter().zip(&found).zip(&samples) {
        let (its, one) = learn_one(target, big, samples, progress)?;
        tensors.extend(its);
        trained.push(one);
    }
    progress.end();
    Ok((tensors, trained))
}

/// Sequences to learn from, and others.
pub(crate) fn split(data: &Sequences) -> Result<(Vec<usize>, Vec<usize>), Error> {
    let with_steps: Vec<usize> = (0..data.count()).filter(|at| data.length(*at) > 0).collect();
    let Some((last, before)) = with_steps.split_last().filter(|(_, before)| !before.is_empty()) else {
        let message = format!("the data has {} sequences with steps", with_steps.len());
        return Err(Error::new(message).help(
            "a little module learns from two sequences at least: cut a long one into pieces of some hundred steps",
        ));
    };
    if with_steps.len() < HELD_OUT {
        return Ok((before.to_vec(), vec![*last]));
    }
    let held_out = |place: &usize| place % HELD_OUT == HELD_OUT - 1;
    let places = 0..with_steps.len();
    let of = |held: bool| {
        places.clone().filter(|place| held_out(place) == held).map(|place| with_steps[place]).collect()
    };
    Ok((of(false), of(true)))
}

/// Every so many sequences one is kept from the training, to draw the curve with.
const HELD_OUT: usize = 5;

fn learn_one(
    target: &DualTarget,
    big: &Big<'_>,
    samples: &Samples,
    progress: &mut dyn Progress,
) -> Result<(Vec<Tensor>, Trained), Error> {
    let numbers: usize = target.parts.iter().map(|part| part.dim).sum();
    if samples.steps() < STEPS_PER_NUMBER * numbers {
        let message = format!(
            "the data has {} steps to learn from, and the little module of `{}` reads {numbers} numbers",
            samples.steps(),
            target.layer
        );
        return Err(Error::new(message).help(format!(
            "give {} steps or more, or choose a larger `epsilon` or a smaller `dim`",
            STEPS_PER_NUMBER * numbers
        )));
    }
    let name = format!("{}{}", target.layer, target.end);
    let parts = target.parts.iter().enumerate();
    let projections: Vec<DMatrix<f32>> = parts
        .map(|(at, part)| projection::ternary(part.dim, part.columns, &format!("{name}.{at}")))
        .collect();
    let projected: Vec<DMatrix<f32>> = samples
        .parts()
        .into_iter()
        .zip(&projections)
        .map(|(part, projection)| part * projection.transpose())
        .collect();
    progress.advance(1);
    let regressors = Regressors::new(&samples.parts(), &projected)?;
    let Least { weights, biases, error } = regressors.solve(big, target.precision)?;
    progress.advance(1);
    let curve = thresholds::search(big, samples, &projected, &weights, &biases);
    progress.advance(1);
    let mut tensors = Vec::new();
    let mut tensor = |what: &str, shape: Vec<usize>, numbers: Numbers| {
        tensors.push(Tensor { name: format!("{}.{what}", target.prefix()), shape, numbers });
    };
    for (at, part) in target.parts.iter().enumerate() {
        let row_major = |matrix: &DMatrix<f32>| matrix.transpose().as_slice().to_vec();
        let signs = row_major(&projections[at]).into_iter().map(|sign| sign as i8).collect();
        let shape = vec![part.dim, part.columns];
        tensor(&part.tensor("projection", &target.end), shape, Numbers::Signs(signs));
        let shape = vec![target.rows, part.dim];
        tensor(&part.tensor("weight", &target.end), shape, Numbers::Floats(row_major(&weights[at])));
        tensor(&part.tensor("bias", &target.end), vec![target.rows], Numbers::Floats(biases[at].clone()));
    }
    let columns = target.parts.len() + 1;
    let rows = curve.iter().flat_map(|point| point[..columns].to_vec()).collect();
    tensor(&format!("thresholds{}", target.end), vec![curve.len(), columns], Numbers::Floats(rows));
    let dims = target.parts.iter().map(|part| part.dim).collect();
    Ok((tensors, Trained { name, steps: samples.steps(), dims, error }))
}
