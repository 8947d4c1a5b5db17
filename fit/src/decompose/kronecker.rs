//! The nearest Kronecker product. Van Loan & Pitsianis 1993.

use nalgebra::DMatrix;
use recurve_compiler::spec::Factors;

use super::svd::leading;
use super::{Gate, Part};

/// `B (x) C`. The numbers of each block of the matrix, as a row of another matrix, make the product a matrix of
/// rank one.
pub(super) fn decompose(a: &DMatrix<f64>, factors: &Factors) -> Gate {
    let (b, c) = nearest(a, factors);
    Gate { product: b.kronecker(&c), parts: vec![Part::matrix("b", &b), Part::matrix("c", &c)] }
}

/// `B` and `C`, of one norm.
pub(super) fn nearest(
    a: &DMatrix<f64>,
    Factors { b: [m1, n1], c: [m2, n2] }: &Factors,
) -> (DMatrix<f64>, DMatrix<f64>) {
    let rearranged = DMatrix::from_fn(m1 * n1, m2 * n2, |block, at| {
        a[(block / n1 * m2 + at / n2, block % n1 * n2 + at % n2)]
    });
    let found = leading(&rearranged, 1);
    let scale = found.s.iter().next().map_or(0.0, |s| s.sqrt());
    let b = DMatrix::from_row_iterator(*m1, *n1, found.u.column(0).iter().map(|x| x * scale));
    let c = DMatrix::from_row_iterator(*m2, *n2, found.v_t.row(0).iter().map(|x| x * scale));
    (b, c)
}
