//! Logistic regression, trained by linfa.

use linfa::Dataset;
use linfa::traits::Fit;
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2};
use recurve_compiler::model::{Affine, Dense};

use super::samples::Samples;
use crate::{Error, Progress};

const ITERATIONS: u64 = 200;

pub(super) fn train(seen: &Samples, labels: &[bool], progress: &mut dyn Progress) -> Result<Affine, Error> {
    progress.begin("training the predictor", 1);
    let scale = seen.scale();
    let numbers =
        seen.rows().flat_map(|row| row.iter().zip(&scale).map(|(x, (mean, sd))| (f64::from(*x) - mean) / sd));
    let fault = |error: &dyn std::fmt::Display| Error::new(format!("logistic regression failed: {error}"));
    let records = Array2::from_shape_vec((labels.len(), seen.columns), numbers.collect())
        .map_err(|error| fault(&error))?;
    let targets: Array1<usize> = labels.iter().map(|label| usize::from(*label)).collect();
    let fitted = LogisticRegression::default()
        .max_iterations(ITERATIONS)
        .fit(&Dataset::new(records, targets))
        .map_err(|error| fault(&error))?;
    let sign = if fitted.labels().pos.class == 1 { 1.0 } else { -1.0 };
    let mut bias = fitted.intercept();
    let weights: Vec<f32> = fitted
        .params()
        .iter()
        .zip(&scale)
        .map(|(weight, (mean, sd))| {
            bias -= weight * mean / sd;
            (sign * weight / sd) as f32
        })
        .collect();
    progress.advance(1);
    progress.end();
    Ok(Affine { weight: Dense::new(1, weights.len(), weights), bias: vec![(sign * bias) as f32] })
}
