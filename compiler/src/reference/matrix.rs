//! Matrix times vector.

use crate::model::{Dense, Matrix};

/// `matrix * x`, `[rows]`.
pub(super) fn multiply(matrix: &Matrix, x: &[f64]) -> Vec<f64> {
    match matrix {
        Matrix::Dense(dense) => multiply_dense(dense, x),
        Matrix::LowRank(factors) => multiply_dense(&factors.left, &multiply_dense(&factors.right, x)),
    }
}

/// The loop is plain because macros run it unoptimised.
fn multiply_dense(matrix: &Dense, x: &[f64]) -> Vec<f64> {
    let mut product = Vec::with_capacity(matrix.rows);
    for row in 0..matrix.rows {
        let weights = matrix.row(row);
        let mut sum = 0.0;
        let mut column = 0;
        while column < weights.len() {
            sum += weights[column] as f64 * x[column];
            column += 1;
        }
        product.push(sum);
    }
    product
}
