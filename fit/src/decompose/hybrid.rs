//! Dense rows above something smaller: HKP and HMD.

use nalgebra::DMatrix;

use super::low_rank::factors;
use super::{Gate, Part};

/// The first `rows` rows as they are, above what `lower` makes of the others.
pub(super) fn above(a: &DMatrix<f64>, rows: usize, lower: impl Fn(&DMatrix<f64>) -> Gate) -> Gate {
    let top = a.rows(0, rows).into_owned();
    let others = lower(&a.rows(rows, a.nrows() - rows).into_owned());
    let mut product = a.clone();
    product.rows_mut(rows, a.nrows() - rows).copy_from(&others.product);
    let mut parts = vec![Part::matrix("a", &top)];
    parts.extend(others.parts);
    Gate { parts, product }
}

/// Each half of the columns as the outer product of two vectors.
pub(super) fn halves(a: &DMatrix<f64>) -> Gate {
    let half = a.ncols() / 2;
    let (b, c) = factors(&a.columns(0, half).into_owned(), 1);
    let (d, e) = factors(&a.columns(half, a.ncols() - half).into_owned(), 1);
    let mut product = a.clone();
    product.columns_mut(0, half).copy_from(&(&b * &c));
    product.columns_mut(half, a.ncols() - half).copy_from(&(&d * &e));
    let part = |name, vector: &DMatrix<f64>| Part::vector(name, vector.iter().copied());
    Gate { parts: vec![part("b", &b), part("c", &c), part("d", &d), part("e", &e)], product }
}
