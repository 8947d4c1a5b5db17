//! Dense matrices in other forms, each gate by itself.

mod doped;
mod hybrid;
mod kronecker;
mod low_rank;
mod pruned;
mod svd;
#[cfg(test)]
mod tests;

use nalgebra::DMatrix;
use recurve_compiler::model::Dense;
use recurve_compiler::tensors::{Form, Target};

use crate::Progress;

/// A matrix as its factors.
#[derive(Debug, Clone)]
pub struct Decomposed {
    /// The last parts of the tensors' names, and the tensors; their first dimension is the gates.
    pub tensors: Vec<(&'static str, Tensor)>,
    /// `|A - A'| / |A|` in the Frobenius norm, over all gates.
    pub error: f64,
}

/// A tensor of a form.
#[derive(Debug, Clone)]
pub struct Tensor {
    /// The gates first.
    pub shape: Vec<usize>,
    /// Row after row.
    pub data: Vec<f32>,
    /// Whether only what is not zero is stored.
    pub is_sparse: bool,
}

impl Tensor {
    /// Numbers that are stored.
    pub fn stored(&self) -> usize {
        if self.is_sparse { self.data.iter().filter(|x| **x != 0.0).count() } else { self.data.len() }
    }
}

/// One gate's factors, and what they multiply to.
struct Gate {
    parts: Vec<Part>,
    product: DMatrix<f64>,
}

struct Part {
    name: &'static str,
    shape: Vec<usize>,
    data: Vec<f32>,
}

impl Part {
    fn matrix(name: &'static str, matrix: &DMatrix<f64>) -> Part {
        Part { name, shape: vec![matrix.nrows(), matrix.ncols()], data: row_major(matrix) }
    }

    fn vector(name: &'static str, numbers: impl IntoIterator<Item = f64>) -> Part {
        let data: Vec<f32> = numbers.into_iter().map(|x| x as f32).collect();
        Part { name, shape: vec![data.len()], data }
    }
}

/// The form's nearest matrix in the Frobenius norm, or near it where no exact method is known.
///
/// | form | how |
/// |---|---|
/// | `kp` | singular vectors of the rearranged matrix: Van Loan & Pitsianis 1993 |
/// | `hkp` | the first rows as they are, `kp` of the others |
/// | `hmd` | the first rows as they are, the leading singular vectors of both halves of the others |
/// | `low_rank` | truncated singular value decomposition: Eckart & Young 1936 |
/// | `pruned` | the largest magnitudes of all gates, or the blocks of largest norm |
/// | `doped_kp` | `kp` and the largest residuals, in turns |
pub fn decompose(target: &Target, progress: &mut dyn Progress) -> Decomposed {
    let gates: Vec<DMatrix<f64>> = target.gates.iter().map(matrix).collect();
    let sparse = match target.form {
        Form::Pruned { pattern, sparsity } => {
            Some(pruned::decompose(&gates, pattern, sparsity.map_or(0.0, |share| share.value)))
        }
        Form::Kp(_) | Form::Hkp { .. } | Form::Hmd { .. } | Form::LowRank { .. } | Form::DopedKp { .. } => {
            None
        }
    };
    let decomposed: Vec<Gate> = match sparse {
        Some(gates) => gates,
        None => gates
            .iter()
            .map(|gate| {
                let decomposed = one(gate, &target.form);
                progress.advance(1);
                decomposed
            })
            .collect(),
    };
    collect(&gates, decomposed)
}

fn one(gate: &DMatrix<f64>, form: &Form) -> Gate {
    match form {
        Form::Kp(factors) => kronecker::decompose(gate, factors),
        Form::Hkp { rows, factors } => {
            hybrid::above(gate, *rows, |others| kronecker::decompose(others, factors))
        }
        Form::Hmd { rows } => hybrid::above(gate, *rows, hybrid::halves),
        Form::LowRank { rank } => low_rank::decompose(gate, *rank),
        Form::DopedKp { factors, sparsity } => {
            doped::decompose(gate, factors, sparsity.map_or(0.0, |share| share.value))
        }
        Form::Pruned { .. } => Gate { parts: Vec::new(), product: gate.clone() },
    }
}

/// The gates' parts of one name as one tensor.
fn collect(gates: &[DMatrix<f64>], decomposed: Vec<Gate>) -> Decomposed {
    let pairs = || gates.iter().zip(&decomposed);
    let missed: f64 = pairs().map(|(gate, found)| (gate - &found.product).norm_squared()).sum();
    let all: f64 = gates.iter().map(|gate| gate.norm_squared()).sum();
    let error = if all > 0.0 { (missed / all).sqrt() } else { 0.0 };
    let count = decomposed.len();
    let mut tensors: Vec<(&'static str, Tensor)> = Vec::new();
    for part in decomposed.into_iter().flat_map(|gate| gate.parts) {
        match tensors.iter_mut().find(|(name, _)| *name == part.name) {
            Some((_, tensor)) => tensor.data.extend(part.data),
            None => {
                let shape = [&[count], &part.shape[..]].concat();
                tensors.push((part.name, Tensor { shape, data: part.data, is_sparse: part.name == "s" }));
            }
        }
    }
    Decomposed { tensors, error }
}

fn matrix(dense: &Dense) -> DMatrix<f64> {
    DMatrix::from_row_iterator(dense.rows, dense.columns, dense.data.iter().map(|x| f64::from(*x)))
}

fn row_major(matrix: &DMatrix<f64>) -> Vec<f32> {
    matrix.transpose().iter().map(|x| *x as f32).collect()
}
