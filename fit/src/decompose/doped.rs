//! A Kronecker product and a few numbers. Thakker et al. 2021.

use nalgebra::DMatrix;
use recurve_compiler::spec::Factors;

use super::kronecker::nearest;
use super::pruned::most;
use super::{Gate, Part};

/// Each turn brings the product nearer; after these the change is small.
const TURNS: usize = 20;

/// `B (x) C + S`: the nearest product to what `S` leaves, and the largest residuals of that product as `S`, in turns.
///
/// Where that ends depends on where it begins: with no `S`, or with the largest numbers. The better of the two
/// stays.
pub(super) fn decompose(a: &DMatrix<f64>, factors: &Factors, sparsity: f64) -> Gate {
    let count = most(a.len(), sparsity);
    let starts = [DMatrix::zeros(a.nrows(), a.ncols()), largest(a, count)];
    let [one, other] = starts.map(|s| turns(a, factors, count, s));
    let missed = |gate: &Gate| (a - &gate.product).norm();
    if missed(&other) < missed(&one) { other } else { one }
}

fn turns(a: &DMatrix<f64>, factors: &Factors, count: usize, mut s: DMatrix<f64>) -> Gate {
    let mut product = nearest(&(a - &s), factors);
    for _ in 1..TURNS {
        s = largest(&(a - product.0.kronecker(&product.1)), count);
        product = nearest(&(a - &s), factors);
    }
    let (b, c) = product;
    let s = largest(&(a - b.kronecker(&c)), count);
    let product = b.kronecker(&c) + &s;
    Gate { parts: vec![Part::matrix("b", &b), Part::matrix("c", &c), Part::matrix("s", &s)], product }
}

/// The `count` numbers of largest magnitude, and zeros.
fn largest(a: &DMatrix<f64>, count: usize) -> DMatrix<f64> {
    let mut order: Vec<usize> = (0..a.len()).collect();
    order.sort_by(|one, other| a[*other].abs().total_cmp(&a[*one].abs()));
    let mut kept = DMatrix::zeros(a.nrows(), a.ncols());
    for &at in order.iter().take(count) {
        kept[at] = a[at];
    }
    kept
}
