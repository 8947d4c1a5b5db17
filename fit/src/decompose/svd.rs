//! Leading singular vectors.

use nalgebra::{DMatrix, DVector};

/// Matrices up to this size are decomposed whole.
const SMALL: usize = 192;
/// Vectors that are iterated beside those that are asked for: they make the others converge.
const MORE: usize = 8;
const ITERATIONS: usize = 200;
const SWEEPS: usize = 60;
/// Cosine of the angle at which two columns count as orthogonal.
const ORTHOGONAL: f64 = 1e-15;
/// Relative change of the singular values at which the iteration ends.
const CONVERGED: f64 = 1e-12;

/// The leading part `U diag(s) V^T` of a matrix.
pub(super) struct Leading {
    /// A column each.
    pub(super) u: DMatrix<f64>,
    /// The largest first.
    pub(super) s: DVector<f64>,
    /// A row each.
    pub(super) v_t: DMatrix<f64>,
}

/// The `count` largest singular values and their vectors.
///
/// Of a large matrix few are found by subspace iteration (Halko, Martinsson & Tropp 2011), which always starts
/// from the same vectors.
pub(super) fn leading(a: &DMatrix<f64>, count: usize) -> Leading {
    let smaller = a.nrows().min(a.ncols());
    if smaller <= SMALL || 2 * (count + MORE) > smaller {
        return truncated(whole(a), count);
    }
    let mut q = orthonormal(&(a * start(a.ncols(), count + MORE)));
    let mut last: DVector<f64> = DVector::zeros(0);
    for _ in 0..ITERATIONS {
        let back = orthonormal(&a.tr_mul(&q));
        let forth = a * back;
        let norms: DVector<f64> =
            DVector::from_iterator(forth.ncols(), forth.column_iter().map(|column| column.norm()));
        q = orthonormal(&forth);
        let is_same = last.len() == norms.len()
            && last.iter().zip(&norms).all(|(a, b)| (a - b).abs() <= CONVERGED * norms.max());
        if is_same {
            break;
        }
        last = norms;
    }
    let Leading { u, s, v_t } = whole(&q.tr_mul(a));
    truncated(Leading { u: q * u, s, v_t }, count)
}

/// All singular values and their vectors, by one-sided Jacobi rotations (Hestenes 1958), which find those of matrices
/// without full rank too.
fn whole(a: &DMatrix<f64>) -> Leading {
    if a.nrows() < a.ncols() {
        let Leading { u, s, v_t } = whole(&a.transpose());
        return Leading { u: v_t.transpose(), s, v_t: u.transpose() };
    }
    let mut columns = a.clone();
    let mut v = DMatrix::identity(a.ncols(), a.ncols());
    for _ in 0..SWEEPS {
        if !sweep(&mut columns, &mut v) {
            break;
        }
    }
    let norms: Vec<f64> = columns.column_iter().map(|column| column.norm()).collect();
    let mut order: Vec<usize> = (0..norms.len()).collect();
    order.sort_by(|one, other| norms[*other].total_cmp(&norms[*one]));
    let unit = |place: &usize| match norms[*place] {
        0.0 => columns.column(*place).into_owned(),
        norm => columns.column(*place) / norm,
    };
    Leading {
        u: DMatrix::from_columns(&order.iter().map(unit).collect::<Vec<_>>()),
        s: DVector::from_iterator(order.len(), order.iter().map(|place| norms[*place])),
        v_t: v.select_columns(&order).transpose(),
    }
}

/// Turns each pair of columns until they are orthogonal; whether one was not.
fn sweep(columns: &mut DMatrix<f64>, v: &mut DMatrix<f64>) -> bool {
    let mut turned = false;
    for q in 1..columns.ncols() {
        for p in 0..q {
            let (alpha, beta) = (columns.column(p).norm_squared(), columns.column(q).norm_squared());
            let gamma = columns.column(p).dot(&columns.column(q));
            if gamma.abs() <= ORTHOGONAL * (alpha * beta).sqrt() {
                continue;
            }
            turned = true;
            let zeta = (beta - alpha) / (2.0 * gamma);
            let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
            let cosine = tangent.hypot(1.0).recip();
            turn(columns, p, q, cosine, cosine * tangent);
            turn(v, p, q, cosine, cosine * tangent);
        }
    }
    turned
}

fn turn(matrix: &mut DMatrix<f64>, p: usize, q: usize, cosine: f64, sine: f64) {
    let rows = matrix.nrows();
    let (left, right) = matrix.as_mut_slice().split_at_mut(q * rows);
    for (x, y) in left[p * rows..(p + 1) * rows].iter_mut().zip(&mut right[..rows]) {
        (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
    }
}

fn truncated(all: Leading, count: usize) -> Leading {
    let count = count.min(all.s.len());
    Leading {
        u: all.u.columns(0, count).into_owned(),
        s: all.s.rows(0, count).into_owned(),
        v_t: all.v_t.rows(0, count).into_owned(),
    }
}

fn orthonormal(a: &DMatrix<f64>) -> DMatrix<f64> {
    a.clone().qr().q()
}

/// Numbers in -1..1 that look random.
fn start(rows: usize, columns: usize) -> DMatrix<f64> {
    let mut state = 1_u64;
    DMatrix::from_fn(rows, columns, |_, _| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    })
}
