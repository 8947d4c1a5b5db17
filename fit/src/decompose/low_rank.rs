//! Truncated singular value decomposition. Eckart & Young 1936.

use nalgebra::DMatrix;

use super::svd::leading;
use super::{Gate, Part};

/// `U V`, each with the roots of the singular values.
pub(super) fn decompose(a: &DMatrix<f64>, rank: usize) -> Gate {
    let (u, v) = factors(a, rank);
    Gate { product: &u * &v, parts: vec![Part::matrix("u", &u), Part::matrix("v", &v)] }
}

pub(super) fn factors(a: &DMatrix<f64>, rank: usize) -> (DMatrix<f64>, DMatrix<f64>) {
    let found = leading(a, rank);
    let roots = DMatrix::from_diagonal(&found.s.map(f64::sqrt));
    (found.u * &roots, roots * found.v_t)
}
