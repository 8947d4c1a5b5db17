//! Two hidden layers of rectified units, trained by argmin's L-BFGS.

use argmin::core::{CostFunction, Executor, Gradient, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use nalgebra::{DMatrix, DVector};
use recurve_compiler::model::{Affine, Dense};

use super::samples::Samples;
use crate::{Error, Progress};

/// Starts from what the one before found, so that progress can be told.
const ROUNDS: u64 = 12;
const ITERATIONS: u64 = 20;
/// How much the squares of the weights count.
const DECAY: f64 = 1e-4;

pub(super) fn train(
    seen: &Samples,
    labels: &[bool],
    units: usize,
    progress: &mut dyn Progress,
) -> Result<[Affine; 3], Error> {
    let scale = seen.scale();
    let columns = seen.columns;
    let numbers =
        seen.rows().flat_map(|row| row.iter().zip(&scale).map(|(x, (mean, sd))| (f64::from(*x) - mean) / sd));
    let network = Network {
        // A column for each step.
        x: DMatrix::from_iterator(columns, labels.len(), numbers),
        y: labels.iter().map(|label| f64::from(u8::from(*label))).collect(),
        units,
    };
    progress.begin("training the predictor", ROUNDS);
    let mut best = network.start();
    let mut least = network.loss(&best).0;
    for _ in 0..ROUNDS {
        let solver = LBFGS::new(MoreThuenteLineSearch::new(), 10);
        let run = Executor::new(&network, solver)
            .configure(|state| state.param(best.clone()).max_iters(ITERATIONS));
        // A search that finds no way down from where it is has arrived.
        if let Ok(found) = run.run()
            && let Some(param) = found.state().get_best_param()
        {
            let loss = network.loss(param).0;
            if loss < least {
                (best, least) = (param.clone(), loss);
            }
        }
        progress.advance(1);
    }
    progress.end();
    let [first, second, last] = network.layers(&best);
    let unscaled = |(weight, mut bias): (DMatrix<f64>, DVector<f64>)| {
        let mut weight = weight;
        for (mut column, (mean, sd)) in weight.column_iter_mut().zip(&scale) {
            column /= *sd;
            bias -= &column * *mean;
        }
        (weight, bias)
    };
    Ok([affine(&unscaled(first)), affine(&second), affine(&last)])
}

fn affine((weight, bias): &(DMatrix<f64>, DVector<f64>)) -> Affine {
    let rows = weight.transpose().iter().map(|number| *number as f32).collect();
    Affine {
        weight: Dense::new(weight.nrows(), weight.ncols(), rows),
        bias: bias.iter().map(|number| *number as f32).collect(),
    }
}

struct Network {
    x: DMatrix<f64>,
    y: Vec<f64>,
    units: usize,
}

type Layer = (DMatrix<f64>, DVector<f64>);

impl Network {
    /// Rows and columns of the layers.
    fn shapes(&self) -> [(usize, usize); 3] {
        [(self.units, self.x.nrows()), (self.units, self.units), (1, self.units)]
    }

    /// Small weights, the same in every run (He et al. 2015), and biases of zero.
    fn start(&self) -> Vec<f64> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut param = Vec::new();
        for (rows, columns) in self.shapes() {
            let width = (6.0 / columns as f64).sqrt();
            param.extend((0..rows * columns).map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                ((state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0) * width
            }));
            param.extend(std::iter::repeat_n(0.0, rows));
        }
        param
    }

    fn layers(&self, param: &[f64]) -> [Layer; 3] {
        let mut rest = param;
        self.shapes().map(|(rows, columns)| {
            let (weight, behind) = rest.split_at(rows * columns);
            let (bias, behind) = behind.split_at(rows);
            rest = behind;
            (DMatrix::from_column_slice(rows, columns, weight), DVector::from_column_slice(bias))
        })
    }

    /// The mean cross entropy, and its gradient.
    fn loss(&self, param: &[f64]) -> (f64, Vec<f64>) {
        let [first, second, last] = self.layers(param);
        let hidden = |(weight, bias): &Layer, x: &DMatrix<f64>| {
            let mut z = weight * x;
            z.column_iter_mut().for_each(|mut column| column += bias);
            z
        };
        let rectified = |z: &DMatrix<f64>| z.map(|z| z.max(0.0));
        let one = hidden(&first, &self.x);
        let a = rectified(&one);
        let two = hidden(&second, &a);
        let b = rectified(&two);
        let z = hidden(&last, &b);
        let count = self.y.len().max(1) as f64;
        let mut loss = 0.0;
        let mut error = DMatrix::zeros(1, self.y.len());
        for ((error, z), y) in error.iter_mut().zip(z.iter()).zip(&self.y) {
            // ln(1 + exp(z)) - y z, without overflow.
            loss += z.max(0.0) + (-z.abs()).exp().ln_1p() - y * z;
            *error = (1.0 / (1.0 + (-z).exp()) - y) / count;
        }
        let back = |error: &DMatrix<f64>, weight: &DMatrix<f64>, z: &DMatrix<f64>| {
            (weight.transpose() * error).zip_map(z, |error, z| if z > 0.0 { error } else { 0.0 })
        };
        let of_two = back(&error, &last.0, &two);
        let of_one = back(&of_two, &second.0, &one);
        let mut gradient = Vec::with_capacity(param.len());
        let mut layer = |error: &DMatrix<f64>, input: &DMatrix<f64>, weight: &DMatrix<f64>| {
            let weight = error * input.transpose() + weight * DECAY;
            gradient.extend(weight.iter());
            gradient.extend(error.column_sum().iter());
        };
        layer(&of_one, &self.x, &first.0);
        layer(&of_two, &a, &second.0);
        layer(&error, &b, &last.0);
        let squares: f64 = [&first.0, &second.0, &last.0].iter().map(|weight| weight.norm_squared()).sum();
        (loss / count + 0.5 * DECAY * squares, gradient)
    }
}

impl CostFunction for &Network {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, param: &Vec<f64>) -> Result<f64, argmin::core::Error> {
        Ok(self.loss(param).0)
    }
}

impl Gradient for &Network {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, param: &Vec<f64>) -> Result<Vec<f64>, argmin::core::Error> {
        Ok(self.loss(param).1)
    }
}
