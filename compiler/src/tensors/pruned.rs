//! Matrices with zeros in them: dense tensors, of which what is not zero is kept.

use super::bind::Binder;
use super::compressed::{Gates, Source, tensor};
use super::layout::Layout;
use super::shape::Dim;
use crate::diagnostic::{Code, Diagnostic, Span, Spanned};
use crate::model::{BLOCK_ROWS, Dense, Matrix, Sparse};
use crate::spec::Pattern;

/// Kept numbers have the place of their column in 16 bits.
const MOST_COLUMNS: usize = u16::MAX as usize;

/// Ends the name of a matrix that `recurve fit` pruned.
const PRUNED: &str = "s";

/// One of the dense tensors that stand beside one another in a matrix.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) columns: usize,
    pub(super) layout: Layout,
}

/// The matrices of all gates without their zeros.
pub(super) fn pruned(
    binder: &mut Binder<'_>,
    gates: Gates<'_>,
    source: &Source<'_>,
    pattern: Pattern,
    sparsity: Option<Spanned<f64>>,
    at: Span,
) -> Option<Vec<Matrix>> {
    let of_fit = format!("{}.{PRUNED}", source.name);
    let (dense, names) = if binder.has(&of_fit) {
        let dense = tensor(binder, gates, source.name, PRUNED, &[gates.hidden, source.columns])?;
        (dense, vec![of_fit.as_str()])
    } else {
        let names = source.dense.iter().map(|part| part.name.as_str()).collect();
        (dense_gates(binder, gates, source.dense)?, names)
    };
    let panel_rows = match pattern {
        Pattern::Unstructured => 1,
        Pattern::Blocks => BLOCK_ROWS,
    };
    without_zeros(binder, &dense, panel_rows, sparsity, at, &names)
}

/// The gates' sparse matrices of a doped Kronecker product.
pub(super) fn doped(
    binder: &mut Binder<'_>,
    gates: Gates<'_>,
    source: &Source<'_>,
    sparsity: Option<Spanned<f64>>,
    at: Span,
) -> Option<Vec<Matrix>> {
    let name = format!("{}.s", source.name);
    let dense = tensor(binder, gates, source.name, "s", &[gates.hidden, source.columns])?;
    without_zeros(binder, &dense, 1, sparsity, at, &[&name])
}

fn without_zeros(
    binder: &mut Binder<'_>,
    dense: &[Dense],
    panel_rows: usize,
    sparsity: Option<Spanned<f64>>,
    at: Span,
    names: &[&str],
) -> Option<Vec<Matrix>> {
    let sparse: Vec<Sparse> = dense.iter().map(|gate| Sparse::new(gate, panel_rows)).collect();
    let numbers: usize = dense.iter().map(|gate| gate.data.len()).sum();
    let kept: usize = sparse.iter().map(Sparse::kept).sum();
    let tensors = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let share = (numbers - kept) as f64 / numbers.max(1) as f64;
    if let Some(columns) = dense.first().map(|gate| gate.columns).filter(|columns| *columns > MOST_COLUMNS) {
        let message = format!("a matrix without its zeros has at most {MOST_COLUMNS} columns, not {columns}");
        binder.fail(Diagnostic::error(Code::CompressionShape, at, message));
        return None;
    }
    // What was pruned to a share is off by less than one number.
    let least = |sparsity: f64| sparsity - 1.0 / numbers.max(1) as f64;
    if let Some(sparsity) = sparsity.filter(|sparsity| share < least(sparsity.value)) {
        let message = format!(
            "a share of {} is to be zero, and of {tensors} a share of {share:.4} is left out",
            sparsity.value
        );
        let error = Diagnostic::error(Code::CompressionShape, sparsity.span, message);
        binder.fail(match panel_rows {
            1 => error,
            _ => error.help("only blocks that are zero as a whole are left out"),
        });
        return None;
    }
    let indices: usize = sparse.iter().map(Sparse::indices).sum();
    if 4 * kept + 2 * indices > 4 * numbers {
        let message = format!(
            "{tensors} would take more room without zeros than with them: {share:.4} of it are left out"
        );
        binder.fail(
            Diagnostic::error(Code::CompressionShape, at, message)
                .help("prune the matrix further, or store it as it is"),
        );
        return None;
    }
    Some(sparse.into_iter().map(Matrix::Sparse).collect())
}

/// The gates in canonical order, each with the columns of all parts.
pub(super) fn dense_gates(binder: &mut Binder<'_>, gates: Gates<'_>, parts: &[Part]) -> Option<Vec<Dense>> {
    let rows = gates.order.len().checked_mul(gates.hidden)?;
    let stacked: Vec<Option<Dense>> = parts
        .iter()
        .map(|part| {
            let shape = part.layout.shape(Dim::Exactly(rows), Dim::Exactly(part.columns));
            let tensor = binder.take(&part.name, &[&shape])?;
            Some(part.layout.matrix(gates.order, &tensor.shape, tensor.data))
        })
        .collect();
    let stacked: Vec<Dense> = stacked.into_iter().collect::<Option<_>>()?;
    let columns = parts.iter().map(|part| part.columns).sum();
    let gate = |gate: usize| {
        let rows = gate * gates.hidden..(gate + 1) * gates.hidden;
        let data = rows.flat_map(|row| stacked.iter().flat_map(move |part| part.row(row))).copied().collect();
        Dense::new(gates.hidden, columns, data)
    };
    Some((0..gates.order.len()).map(gate).collect())
}
