//! The tensors of little modules: those of the layer itself, named `<layer>.dual_module`, whose matrices multiply
//! projections, and the projections.

use super::bind::Binder;
use super::shape::Dim;
use crate::diagnostic::{Code, Diagnostic, quoted};
use crate::model::{Dense, INT4_GROUP, Storage};

/// A matrix of a layer that a little module approximates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// `ih` or `hh` in its tensors' names; nothing in those of a linear layer.
    pub name: &'static str,
    /// Numbers that it multiplies.
    pub columns: usize,
    /// Numbers that they are projected to.
    pub dim: usize,
}

impl Part {
    /// The name of a tensor, without its prefix: `weight_ih_l0`.
    pub fn tensor(&self, what: &str, end: &str) -> String {
        match self.name {
            "" => format!("{what}{end}"),
            name => format!("{what}_{name}{end}"),
        }
    }
}

/// The projection, the matrix behind it, and the bias of a part of `rows` rows.
///
/// Where the spec does not size the projection, the tensors do. Where it is not to be `exact`, it is multiplied in
/// integers.
pub(crate) fn little(
    binder: &mut Binder<'_>,
    part: &Part,
    end: &str,
    rows: usize,
    sized: bool,
    exact: bool,
) -> Option<(Dense, Dense, Vec<f64>)> {
    let prefix = binder.name.value.clone();
    let name = |what: &str| format!("{prefix}.{}", part.tensor(what, end));
    let dim = if sized { Dim::Exactly(part.dim) } else { Dim::Any };
    let projection = name("projection");
    let shape = [dim.clone(), Dim::Exactly(part.columns)];
    let found = binder.shape(&projection).and_then(|shape| shape.first().copied());
    let signs = binder.take_integers(&projection, &[&shape]);
    let dim = found.map_or(dim, Dim::Exactly);
    let weight = binder.take(&name("weight"), &[&[Dim::Exactly(rows), dim]]);
    let bias = binder.take_exact_if_there(&name("bias"), &[&[Dim::Exactly(rows)]]);
    let (signs, weight) = (signs?, weight?);
    if let Some(wrong) = signs.iter().find(|sign| !(-1..=1).contains(*sign)) {
        let message = format!("tensor {} has the element {wrong}", quoted(&projection));
        binder.fail(
            Diagnostic::error(Code::OutOfRange, binder.layer, message)
                .help("a projection adds and subtracts: expected -1, 0 and 1"),
        );
        return None;
    }
    let dim = weight.shape[1];
    let data = signs.into_iter().map(|sign| sign as f32).collect();
    let mut projection = Dense::new(dim, part.columns, data);
    let mut weight = Dense::new(rows, dim, weight.data);
    if !exact {
        scale(&mut projection, &mut weight);
    }
    let bias = bias.unwrap_or_else(|| vec![0.0; rows]);
    Some((projection, weight, bias))
}

/// The scale of a row of a projection, which the columns of the little module's matrix are divided by before they are
/// rounded; of one in `f32` there is none.
///
/// A projection of integers is a vector of integers, many of which are half of the largest one: without scales they
/// would be in the middle between two steps when they are rounded themselves, and chance would decide.
pub fn projection_scale(row: usize) -> f32 {
    1.0 + (row * 37 % 256) as f32 / 1024.0
}

/// Gives the rows of `projection` scales of their own, which `weight` takes back.
fn scale(projection: &mut Dense, weight: &mut Dense) {
    let columns = projection.columns.max(1);
    for (row, numbers) in projection.data.chunks_mut(columns).enumerate() {
        numbers.iter_mut().for_each(|number| *number *= projection_scale(row));
    }
    for numbers in weight.data.chunks_mut(weight.columns.max(1)) {
        for (row, number) in numbers.iter_mut().enumerate() {
            *number /= projection_scale(row);
        }
    }
    let groups = columns.div_ceil(INT4_GROUP);
    let scales = (0..projection.rows).flat_map(|row| std::iter::repeat_n(projection_scale(row), groups));
    projection.storage = Storage::Int2 { scales: scales.collect() };
}

/// Rows of an insensitive ratio and the thresholds that gave it in calibration, one or two: `columns` in all. A
/// second one that is not there is 0.
pub(crate) fn thresholds(
    binder: &mut Binder<'_>,
    end: &str,
    columns: usize,
    needed: bool,
) -> Option<Vec<[f32; 3]>> {
    let name = format!("{}.thresholds{end}", binder.name.value);
    let shape = [Dim::Any, Dim::Exactly(columns)];
    let curve = match needed {
        true => binder.take(&name, &[&shape])?,
        false => match binder.take_if_there(&name, &[&shape]) {
            Some(curve) => curve,
            None => return Some(Vec::new()),
        },
    };
    let point = |row: &[f32]| [row[0], row[1], row.get(2).copied().unwrap_or(0.0)];
    let curve: Vec<[f32; 3]> = curve.data.chunks(columns).map(point).collect();
    let rises = curve.windows(2).all(|pair| pair[0][0] < pair[1][0]);
    let within = curve.iter().all(|point| (0.0..=1.0).contains(&point[0]));
    if curve.is_empty() || !rises || !within {
        let message = format!("tensor {} is no curve of insensitive ratios", quoted(&name));
        binder.fail(
            Diagnostic::error(Code::OutOfRange, binder.layer, message)
                .help("its first column rises from row to row, within 0 and 1"),
        );
        return None;
    }
    Some(curve)
}
