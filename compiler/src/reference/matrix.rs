//! Matrix times vector.

use crate::model::{Dense, Kronecker, Matrix, Panel, Sparse};

/// `matrix * x`, `[rows]`.
pub(super) fn multiply(matrix: &Matrix, x: &[f64]) -> Vec<f64> {
    match matrix {
        Matrix::Dense(dense) => multiply_stored(dense, x),
        Matrix::LowRank(factors) => multiply_stored(&factors.left, &multiply_stored(&factors.right, x)),
        Matrix::Kronecker(factors) => multiply_kronecker(factors, x),
        Matrix::RankOne(vectors) => {
            let dot: f64 = vectors.right.data.iter().zip(x).map(|(w, x)| f64::from(*w) * x).sum();
            vectors.left.data.iter().map(|w| f64::from(*w) * dot).collect()
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
        Matrix::Dense(_)
        | Matrix::LowRank(_)
        | Matrix::Kronecker(_)
        | Matrix::RankOne(_)
        | Matrix::Sparse(_)
        | Matrix::Sum(_)
        | Matrix::Stack(_)
        | Matrix::Beside(_)
        | Matrix::Gates(_) => multiply(recurrent, h),
    }
}

/// The product in the order that runs: `(B X) C^T` or `B (X C^T)`, where the rows of `X` are `x` in pieces.
fn multiply_kronecker(factors: &Kronecker, x: &[f64]) -> Vec<f64> {
    let Kronecker { b, c } = factors;
    let x: Vec<&[f64]> = x.chunks(c.columns).collect();
    if factors.is_b_first() {
        let weighed = weigh(b, &x, c.columns);
        if factors.is_integer() {
            let rounded = round_to_int8(&weighed.concat());
            return rounded.chunks(c.columns).flat_map(|row| multiply_dense(c, row)).collect();
        }
        return weighed.iter().flat_map(|row| multiply_stored(c, row)).collect();
    }
    let inner: Vec<Vec<f64>> = x.into_iter().map(|x| multiply_stored(c, x)).collect();
    let inner: Vec<&[f64]> = inner.iter().map(Vec::as_slice).collect();
    weigh(b, &inner, c.rows).concat()
}

/// For each row of `b` the sum of the `rows`, each times its number.
fn weigh(b: &Dense, rows: &[&[f64]], width: usize) -> Vec<Vec<f64>> {
    let weighed = |weights: &[f32]| {
        let sum = |at: usize| weights.iter().zip(rows).map(|(b, row)| f64::from(*b) * row[at]).sum();
        (0..width).map(sum).collect()
    };
    b.data.chunks(b.columns).map(weighed).collect()
}

fn multiply_sparse(sparse: &Sparse, x: &[f64]) -> Vec<f64> {
    let panel = |panel: &Panel| {
        let kept: Vec<f64> = panel.columns.iter().map(|column| x[*column]).collect();
        multiply_dense(&panel.values, &kept)
    };
    sparse.panels.iter().flat_map(panel).collect()
}

/// A product that rounds the vector where the runtime does.
fn multiply_stored(matrix: &Dense, x: &[f64]) -> Vec<f64> {
    if !matrix.is_integer() {
        return multiply_dense(matrix, x);
    }
    multiply_dense(matrix, &round_to_int8(x))
}

/// Multiples of a 127th of the largest magnitude, found in `f32` as at run time; NaN where one is not finite.
fn round_to_int8(x: &[f64]) -> Vec<f64> {
    let largest = x.iter().fold(0.0, |largest: f32, x| largest.max(x.abs() as f32));
    if largest == f32::INFINITY || x.iter().any(|x| x.is_nan()) {
        return vec![f64::NAN; x.len()];
    }
    if largest < f32::MIN_POSITIVE * 127.0 {
        return vec![0.0; x.len()];
    }
    let (inverse, step) = (127.0 / largest, largest / 127.0);
    x.iter().map(|x| f64::from((*x as f32 * inverse).round_ties_even()) * f64::from(step)).collect()
}

fn multiply_dense(matrix: &Dense, x: &[f64]) -> Vec<f64> {
    (0..matrix.rows).map(|row| dot(matrix.row(row), x)).collect()
}

/// The loop is plain because macros run it unoptimised; four sums do not wait for one another where it is optimised.
fn dot(weights: &[f32], x: &[f64]) -> f64 {
    let (fours, rest) = weights.as_chunks::<4>();
    let (xs, behind) = x.as_chunks::<4>();
    let [mut a, mut b, mut c, mut d] = [0.0; 4];
    let mut at = 0;
    while at < fours.len() {
        let (weights, x) = (&fours[at], &xs[at]);
        a += weights[0] as f64 * x[0];
        b += weights[1] as f64 * x[1];
        c += weights[2] as f64 * x[2];
        d += weights[3] as f64 * x[3];
        at += 1;
    }
    let mut at = 0;
    while at < rest.len() {
        a += rest[at] as f64 * behind[at];
        at += 1;
    }
    (a + b) + (c + d)
}
