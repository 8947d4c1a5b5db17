//! Matrix times vector.

use crate::model::{Dense, Kronecker, Matrix, Panel, Sparse};

/// `matrix * x`, `[rows]`.
pub(super) fn multiply(matrix: &Matrix, x: &[f64]) -> Vec<f64> {
    match matrix {
        Matrix::Dense(dense) => multiply_dense(dense, x),
        Matrix::LowRank(factors) => multiply_dense(&factors.left, &multiply_dense(&factors.right, x)),
        Matrix::Kronecker(factors) => multiply_kronecker(factors, x),
        Matrix::RankOne(vectors) => {
            let dot: f64 = vectors.right.iter().zip(x).map(|(w, x)| f64::from(*w) * x).sum();
            vectors.left.iter().map(|w| f64::from(*w) * dot).collect()
        }
        Matrix::Sparse(sparse) => multiply_sparse(sparse, x),
        Matrix::Sum(parts) => {
            let pairs = multiply(&parts.0, x).into_iter().zip(multiply(&parts.1, x));
            pairs.map(|(one, other)| one + other).collect()
        }
        Matrix::Stack(parts) => [multiply(&parts.0, x), multiply(&parts.1, x)].concat(),
        Matrix::Beside(parts) => {
            let (left, right) = x.split_at(parts.0.columns());
            let pairs = multiply(&parts.0, left).into_iter().zip(multiply(&parts.1, right));
            pairs.map(|(left, right)| left + right).collect()
        }
        Matrix::Gates(gates) => gates.iter().flat_map(|gate| multiply(gate, x)).collect(),
        Matrix::Zero { rows, .. } => vec![0.0; *rows],
    }
}

/// The product of a cell's recurrent matrix, which multiplies the input too where `input` is zero.
pub(super) fn multiply_state(input: &Matrix, recurrent: &Matrix, x: &[f64], h: &[f64]) -> Vec<f64> {
    match input {
        Matrix::Zero { .. } => multiply(recurrent, &[x, h].concat()),
        _ => multiply(recurrent, h),
    }
}

/// Row `i` of the product is the sum over `j` of `b[i][j] * c * x[j]`, where `x[j]` are `c.columns` numbers.
fn multiply_kronecker(Kronecker { b, c }: &Kronecker, x: &[f64]) -> Vec<f64> {
    let inner: Vec<Vec<f64>> = x.chunks(c.columns).map(|x| multiply_dense(c, x)).collect();
    let mut product = Vec::with_capacity(b.rows * c.rows);
    for i in 0..b.rows {
        for row in 0..c.rows {
            product.push(b.row(i).iter().zip(&inner).map(|(b, inner)| f64::from(*b) * inner[row]).sum());
        }
    }
    product
}

fn multiply_sparse(sparse: &Sparse, x: &[f64]) -> Vec<f64> {
    let panel = |panel: &Panel| {
        let kept: Vec<f64> = panel.columns.iter().map(|column| x[*column]).collect();
        multiply_dense(&panel.values, &kept)
    };
    sparse.panels.iter().flat_map(panel).collect()
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
