//! Least squares by normal equations: the big module's sums are linear in what it reads, so that they need not be
//! formed for every step.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use recurve_compiler::spec::LittlePrecision;

use super::Big;
use super::rounding::Lattice;
use crate::Error;

/// Of the mean square of a regressor: keeps the equations solvable where projections depend on one another.
const RIDGE: f64 = 1e-4;

/// Sums of products over all steps, of what is projected and what it is projected from.
pub(super) struct Regressors {
    /// Of each part the means of its numbers, and of its projected ones.
    means: Vec<DVector<f64>>,
    projected_means: Vec<DVector<f64>>,
    /// Of all projected numbers with each other, means taken away.
    gram: DMatrix<f64>,
    /// Of all projected numbers with all numbers of each part.
    cross: Vec<DMatrix<f64>>,
    /// Of all numbers of all parts with each other.
    whole: DMatrix<f64>,
    dims: Vec<usize>,
}

/// What least squares give.
pub(super) struct Least {
    /// Of each part, `rows x dim`.
    pub(super) weights: Vec<DMatrix<f32>>,
    /// Of each part, as the tensors have them.
    pub(super) biases: Vec<Vec<f32>>,
    /// `|y - y'| / |y|`, means taken away.
    pub(super) error: f64,
}

impl Regressors {
    pub(super) fn new(parts: &[&DMatrix<f32>], projected: &[DMatrix<f32>]) -> Result<Regressors, Error> {
        let centred = |matrix: &DMatrix<f32>| {
            let mut wide = matrix.map(f64::from);
            let means = wide.row_mean();
            for mut row in wide.row_iter_mut() {
                row -= &means;
            }
            (wide, means.transpose())
        };
        let (parts, means): (Vec<_>, Vec<_>) = parts.iter().map(|part| centred(part)).unzip();
        let (projected, projected_means): (Vec<_>, Vec<_>) = projected.iter().map(centred).unzip();
        let all = beside(&projected);
        let whole = beside(&parts);
        let gram = all.tr_mul(&all);
        if gram.iter().any(|number| !number.is_finite()) {
            return Err(Error::new("the network's states over the data are not finite"));
        }
        Ok(Regressors {
            means,
            projected_means,
            cross: parts.iter().map(|part| all.tr_mul(part)).collect(),
            whole: whole.tr_mul(&whole),
            dims: projected.iter().map(DMatrix::ncols).collect(),
            gram,
        })
    }

    /// The matrices as `precision` can store them.
    pub(super) fn solve(&self, big: &Big<'_>, precision: LittlePrecision) -> Result<Least, Error> {
        let weights: Vec<DMatrix<f64>> = big
            .weights
            .iter()
            .map(|matrix| {
                let dense = matrix.to_dense();
                DMatrix::from_row_iterator(
                    dense.rows,
                    dense.columns,
                    dense.data.iter().map(|x| f64::from(*x)),
                )
            })
            .collect();
        let rows = big.rows();
        // What is added up is approximated from all projections together, what is kept apart from its own.
        let together = big.apart_from();
        let mut found: Vec<DMatrix<f64>> = self.dims.iter().map(|dim| DMatrix::zeros(rows, *dim)).collect();
        let target: DMatrix<f64> = self
            .cross
            .iter()
            .zip(&weights)
            .map(|(cross, weight)| cross * weight.rows(0, together).transpose())
            .fold(DMatrix::zeros(self.gram.nrows(), together), |sum, part| sum + part);
        let mut solved = cholesky(&self.gram)?.solve(&target);
        if let Some(lattice) = Lattice::new(precision, &self.dims, &self.gram)? {
            lattice.round_columns(&mut solved);
        }
        let mut start = 0;
        for (found, dim) in found.iter_mut().zip(&self.dims) {
            found.rows_mut(0, together).copy_from(&solved.rows(start, *dim).transpose());
            start += dim;
        }
        let mut start = 0;
        for (part, dim) in self.dims.iter().enumerate() {
            if together < rows {
                let gram = self.gram.view((start, start), (*dim, *dim)).into_owned();
                let cross = self.cross[part].rows(start, *dim)
                    * weights[part].rows(together, rows - together).transpose();
                let mut solved = cholesky(&gram)?.solve(&cross);
                if let Some(lattice) = Lattice::new(precision, &[*dim], &gram)? {
                    lattice.round_columns(&mut solved);
                }
                found[part].rows_mut(together, rows - together).copy_from(&solved.transpose());
            }
            start += dim;
        }
        let error = self.error(&weights, &solved, together);
        let biases = self.biases(big, &weights, &found);
        Ok(Least { weights: found.iter().map(|weight| weight.map(|x| x as f32)).collect(), biases, error })
    }

    /// Over the rows that are approximated together.
    fn error(&self, weights: &[DMatrix<f64>], solved: &DMatrix<f64>, together: usize) -> f64 {
        let weight =
            beside(&weights.iter().map(|weight| weight.rows(0, together).into_owned()).collect::<Vec<_>>());
        let total: f64 = (&weight * &self.whole).component_mul(&weight).sum();
        let target: DMatrix<f64> = self
            .cross
            .iter()
            .zip(weights)
            .map(|(cross, weight)| cross * weight.rows(0, together).transpose())
            .fold(DMatrix::zeros(self.gram.nrows(), together), |sum, part| sum + part);
        let explained =
            2.0 * target.component_mul(solved).sum() - (&self.gram * solved).component_mul(solved).sum();
        ((total - explained).max(0.0) / total.max(f64::MIN_POSITIVE)).sqrt()
    }

    /// The big module's biases, and what the means of what was projected add that those of the projections do not.
    fn biases(&self, big: &Big<'_>, weights: &[DMatrix<f64>], found: &[DMatrix<f64>]) -> Vec<Vec<f32>> {
        let (rows, together) = (big.rows(), big.apart_from());
        let parts = weights.iter().zip(found).zip(self.means.iter().zip(&self.projected_means));
        let missing: Vec<DVector<f64>> =
            parts.map(|((weight, little), (mean, projected))| weight * mean - little * projected).collect();
        let mut biases = vec![vec![0.0; rows]; missing.len()];
        for row in 0..rows {
            for (part, missing) in missing.iter().enumerate() {
                let own = match part {
                    0 => big.bias[row],
                    _ if row >= together => big.candidate_bias[row - together],
                    _ => 0.0,
                };
                biases[part][row] = (f64::from(own) + missing[row]) as f32;
            }
        }
        biases
    }
}

fn beside(parts: &[DMatrix<f64>]) -> DMatrix<f64> {
    let (rows, columns) = (parts.first().map_or(0, DMatrix::nrows), parts.iter().map(DMatrix::ncols).sum());
    let mut all = DMatrix::zeros(rows, columns);
    let mut start = 0;
    for part in parts {
        all.columns_mut(start, part.ncols()).copy_from(part);
        start += part.ncols();
    }
    all
}

pub(super) fn cholesky(gram: &DMatrix<f64>) -> Result<Cholesky<f64, Dyn>, Error> {
    let size = gram.nrows();
    let ridge = RIDGE * gram.trace() / size.max(1) as f64 + f64::MIN_POSITIVE;
    Cholesky::new(gram + DMatrix::identity(size, size) * ridge)
        .ok_or_else(|| Error::new("the data is the same in every step, and nothing can be learned from it"))
}
