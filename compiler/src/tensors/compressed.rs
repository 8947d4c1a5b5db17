//! The tensors of compressed matrices: of each factor one tensor, its first dimension the gates.
//!
//! The names are recurve's own, behind the name that PyTorch gives the matrix: `lstm.weight_hh_l0.b`.

use super::bind::Binder;
use super::kronecker::{Factors, choose};
use super::pruned::{Part, doped, pruned};
use super::shape::Dim;
use crate::diagnostic::{Code, Diagnostic, Spanned};
use crate::model::{Dense, Kronecker, LowRank, Matrix, RankOne};
use crate::spec::Compression;

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
    let rows = gates.hidden;
    let Source { name, columns, .. } = *source;
    let matrices = match &compression.value {
        Compression::Kp(kp) => {
            let factors = chosen(binder, choose(rows, columns, kp.factors, compression.span))?;
            kronecker(binder, gates, name, &factors)?
        }
        Compression::Hkp(hkp) => {
            let others = other_rows(binder, rows, hkp.rows)?;
            let factors = chosen(binder, choose(others, columns, hkp.factors, compression.span))?;
            let top = tensor(binder, gates, name, "a", &[hkp.rows.value, columns]);
            let bottom = kronecker(binder, gates, name, &factors);
            above(top?, bottom?)
        }
        Compression::Hmd(hmd) => {
            let others = other_rows(binder, rows, hmd.rows)?;
            let (left, right) = (columns / 2, columns - columns / 2);
            if left == 0 {
                binder.fail(misfit(hmd.rows, format!("a matrix of {columns} column has no halves")));
                return None;
            }
            let top = tensor(binder, gates, name, "a", &[hmd.rows.value, columns]);
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
        Compression::LowRank(low_rank) => {
            let rank = low_rank.rank.value;
            if rank > rows.min(columns) {
                let message = format!(
                    "a matrix of {rows} x {columns} has at most rank {}, and `rank` is {rank}",
                    rows.min(columns)
                );
                binder.fail(misfit(low_rank.rank, message));
                return None;
            }
            let left = tensor(binder, gates, name, "u", &[rows, rank]);
            let right = tensor(binder, gates, name, "v", &[rank, columns]);
            let pairs = left?.into_iter().zip(right?);
            pairs.map(|(left, right)| Matrix::LowRank(LowRank { left, right })).collect()
        }
        Compression::Pruned(how) => pruned(binder, gates, source, how, compression.span)?,
        Compression::DopedKp(how) => {
            let factors = chosen(binder, choose(rows, columns, how.factors, compression.span))?;
            let products = kronecker(binder, gates, name, &factors);
            let others = doped(binder, gates, source, how.sparsity, compression.span);
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

/// Rows that are not dense.
fn other_rows(binder: &mut Binder<'_>, rows: usize, dense: Spanned<usize>) -> Option<usize> {
    if dense.value < rows {
        return Some(rows - dense.value);
    }
    let message =
        format!("a gate has {rows} rows, and `rows: {}` leaves none that could be compressed", dense.value);
    binder.fail(misfit(dense, message));
    None
}

fn chosen(binder: &mut Binder<'_>, factors: Result<Factors, Diagnostic>) -> Option<Factors> {
    factors.map_err(|error| binder.fail(error)).ok()
}

fn misfit(found: Spanned<usize>, message: String) -> Diagnostic {
    Diagnostic::error(Code::CompressionShape, found.span, message)
}
