//! The tensors of compressed matrices: of each factor one tensor, its first dimension the gates.
//!
//! The names are recurve's own, behind the name that PyTorch gives the matrix: `lstm.weight_hh_l0.b`.

use super::bind::Binder;
use super::fitted::target;
use super::form::Form;
use super::pruned::{Part, doped, pruned};
use super::shape::Dim;
use crate::diagnostic::Spanned;
use crate::model::{Dense, Kronecker, LowRank, Matrix, RankOne};
use crate::spec::{Compression, Factors};

/// The gates of a cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gates<'a> {
    /// Rows of each.
    pub(super) hidden: usize,
    /// The place in the file of each canonical gate.
    pub(super) order: &'a [usize],
}

/// A matrix of a layer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    /// Its own name, which its factors have in front of theirs.
    pub(super) name: &'a str,
    /// Numbers it multiplies.
    pub(super) columns: usize,
    /// The dense tensors that stand beside one another in it.
    pub(super) dense: &'a [Part],
}

/// The matrices of all gates, each of `hidden x columns`.
pub(super) fn compressed(
    binder: &mut Binder<'_>,
    gates: Gates<'_>,
    compression: &Spanned<Compression>,
    source: &Source<'_>,
) -> Option<Matrix> {
    let at = compression.span;
    let Source { name, columns, .. } = *source;
    let form = match Form::resolve(compression, gates.hidden, columns) {
        Ok(form) => form,
        Err(error) => {
            binder.fail(error);
            return None;
        }
    };
    let is_trained = form.parts().iter().any(|part| binder.has(&format!("{name}.{part}")));
    if binder.store.learning && !is_trained {
        return target(binder, gates, form, source, at);
    }
    let matrices = match form {
        Form::Kp(factors) => kronecker(binder, gates, name, &factors)?,
        Form::Hkp { rows, factors } => {
            let top = tensor(binder, gates, name, "a", &[rows, columns]);
            let bottom = kronecker(binder, gates, name, &factors);
            above(top?, bottom?)
        }
        Form::Hmd { rows } => {
            let others = gates.hidden - rows;
            let (left, right) = (columns / 2, columns - columns / 2);
            let top = tensor(binder, gates, name, "a", &[rows, columns]);
            let mut vector = |part, length| tensor(binder, gates, name, part, &[length]);
            let (b, c) = (vector("b", others), vector("c", left));
            let (d, e) = (vector("d", others), vector("e", right));
            let outer = |left: Vec<Dense>, right: Vec<Dense>| {
                let pairs = left.into_iter().zip(right);
                pairs.map(|(left, right)| Matrix::RankOne(RankOne { left, right }))
            };
            let halves = outer(b?, c?).zip(outer(d?, e?));
            above(top?, halves.map(|halves| Matrix::Beside(Box::new(halves))).collect())
        }
        Form::LowRank { rank } => {
            let left = tensor(binder, gates, name, "u", &[gates.hidden, rank]);
            let right = tensor(binder, gates, name, "v", &[rank, columns]);
            let pairs = left?.into_iter().zip(right?);
            pairs.map(|(left, right)| Matrix::LowRank(LowRank { left, right })).collect()
        }
        Form::Pruned { pattern, sparsity } => pruned(binder, gates, source, pattern, sparsity, at)?,
        Form::DopedKp { factors, sparsity } => {
            let products = kronecker(binder, gates, name, &factors);
            let others = doped(binder, gates, source, sparsity, at);
            let pairs = products?.into_iter().zip(others?);
            pairs.map(|pair| Matrix::Sum(Box::new(pair))).collect()
        }
    };
    Some(Matrix::Gates(matrices))
}

fn kronecker(
    binder: &mut Binder<'_>,
    gates: Gates<'_>,
    name: &str,
    factors: &Factors,
) -> Option<Vec<Matrix>> {
    let b = tensor(binder, gates, name, "b", &factors.b);
    let c = tensor(binder, gates, name, "c", &factors.c);
    Some(b?.into_iter().zip(c?).map(|(b, c)| Matrix::Kronecker(Kronecker { b, c })).collect())
}

fn above(top: Vec<Dense>, bottom: Vec<Matrix>) -> Vec<Matrix> {
    let pairs = top.into_iter().zip(bottom);
    pairs.map(|(top, bottom)| Matrix::Stack(Box::new((Matrix::Dense(top), bottom)))).collect()
}

/// One factor of each gate, in canonical order.
pub(super) fn tensor(
    binder: &mut Binder<'_>,
    gates: Gates<'_>,
    name: &str,
    part: &str,
    shape: &[usize],
) -> Option<Vec<Dense>> {
    let dims: Vec<Dim> =
        std::iter::once(&gates.order.len()).chain(shape).map(|size| Dim::Exactly(*size)).collect();
    let data = binder.take(&format!("{name}.{part}"), &[&dims])?.data;
    let (rows, columns) = match *shape {
        [rows, columns] => (rows, columns),
        _ => (1, shape.iter().product()),
    };
    let gate = |from: &usize| {
        Dense::new(rows, columns, data[from * rows * columns..(from + 1) * rows * columns].to_vec())
    };
    Some(gates.order.iter().map(gate).collect())
}
