//! EdgeML: `fastgrnn.W` of `[input, hidden]`, as in `x @ W`, whole or as two factors.
//!
//! FastRNN and FastGRNN have these names and layouts in every convention.

use super::bind::Binder;
use super::compressed::{Gates, Source, compressed};
use super::layout::{self, Layout, PLAIN};
use super::name::full_name;
use super::pruned::Part;
use super::shape::{Dim, Size};
use crate::diagnostic::{Code, Diagnostic, Spanned};
use crate::model::{Dense, LowRank, Matrix};
use crate::spec::{Compression, On};

/// One direction of a FastRNN or FastGRNN.
#[derive(Debug, Clone)]
pub(crate) struct Fast {
    /// `[hidden, input]`.
    pub(crate) input: Matrix,
    /// `[hidden, hidden]`.
    pub(crate) recurrent: Matrix,
    /// In the order they were asked for, each `[hidden]`.
    pub(crate) biases: Vec<Vec<f32>>,
    /// In the order they were asked for, before the sigmoid.
    pub(crate) scalars: Vec<f64>,
}

/// What a FastRNN and a FastGRNN have in common, and where they differ.
#[derive(Debug, Clone)]
pub(crate) struct Shape<'a> {
    pub(crate) input: Dim,
    pub(crate) hidden: Size,
    pub(crate) input_rank: Option<Size>,
    pub(crate) recurrent_rank: Option<Size>,
    pub(crate) compression: Option<Spanned<Compression>>,
    pub(crate) biases: &'a [&'a str],
    pub(crate) scalars: &'a [&'a str],
}

/// The forward direction, then the backward direction if there is one.
pub(crate) fn fast(binder: &mut Binder<'_>, shape: &Shape<'_>, directions: usize) -> Option<Vec<Fast>> {
    let layer = &binder.name.value;
    let on = shape.compression.as_ref().map(|compression| compression.value.on());
    let input_rank = shape.input_rank.as_ref().filter(|_| on != Some(On::Recurrent));
    let recurrent_rank = shape.recurrent_rank.as_ref().filter(|_| on != Some(On::Input));
    if let (Some(compression), Some(rank)) = (&shape.compression, input_rank.or(recurrent_rank)) {
        let message = format!("`compression` and `{}` both say how a matrix is stored", rank.key);
        binder.fail(
            Diagnostic::error(Code::ConflictingKeys, compression.span, message)
                .related(rank.span, "two factors, with EdgeML's names")
                .help(match (&shape.input_rank, &shape.recurrent_rank) {
                    (Some(_), None) => "remove one of them, or compress the other matrix: `on: recurrent`",
                    (None, Some(_)) => "remove one of them, or compress the other matrix: `on: input`",
                    _ => "remove one of them",
                }),
        );
        return None;
    }
    if directions == 1 {
        let prefix = layer.clone();
        return Some(vec![direction(binder, shape, &prefix)?]);
    }
    let (forward, backward) = (full_name(layer, "forward"), full_name(layer, "backward"));
    let forward = direction(binder, shape, &forward);
    let backward = direction(binder, shape, &backward);
    Some(vec![forward?, backward?])
}

fn direction(binder: &mut Binder<'_>, shape: &Shape<'_>, prefix: &str) -> Option<Fast> {
    let hidden = Dim::Of(1, shape.hidden.clone());
    let of = |part: &str| full_name(prefix, part);
    let (input, recurrent) = match &shape.compression {
        None => (
            matrix(binder, &of("W"), &shape.input, &hidden, shape.input_rank.as_ref()),
            matrix(binder, &of("U"), &hidden, &hidden, shape.recurrent_rank.as_ref()),
        ),
        Some(how) => {
            let (x, h) = (shape.input.value()?, shape.hidden.value);
            let gates = Gates { hidden: h, order: &PLAIN };
            let part = |name: &str, columns| Part { name: of(name), columns, layout: Layout::Columns };
            let joint = [part("W", x), part("U", h)];
            let mut stored = |name: &str, from: &Dim, columns: usize, rank, compress: bool| match compress {
                true => {
                    let dense = match name {
                        "WU" => joint.as_slice(),
                        _ => &[part(name, columns)],
                    };
                    compressed(binder, gates, how, &Source { name: &of(name), columns, dense })
                }
                false => matrix(binder, &of(name), from, &hidden, rank),
            };
            match how.value.on() {
                On::Joint => (
                    Some(Matrix::Zero { rows: h, columns: x }),
                    stored("WU", &hidden, x.checked_add(h)?, None, true),
                ),
                on @ (On::Input | On::Recurrent | On::Both) => (
                    stored("W", &shape.input, x, shape.input_rank.as_ref(), on != On::Recurrent),
                    stored("U", &hidden, h, shape.recurrent_rank.as_ref(), on != On::Input),
                ),
            }
        }
    };
    let biases: Vec<Option<Vec<f32>>> = shape
        .biases
        .iter()
        .map(|bias| {
            let row = [Dim::Exactly(1), hidden.clone()];
            Some(binder.take(&of(bias), &[&row, &row[1..]])?.data)
        })
        .collect();
    let one = [Dim::Exactly(1), Dim::Exactly(1)];
    let scalars: Vec<Option<f64>> = shape
        .scalars
        .iter()
        .map(|scalar| binder.take_exact(&of(scalar), &[&one, &one[1..], &[]])?.first().copied())
        .collect();
    Some(Fast {
        input: input?,
        recurrent: recurrent?,
        biases: biases.into_iter().collect::<Option<_>>()?,
        scalars: scalars.into_iter().collect::<Option<_>>()?,
    })
}

/// `x @ W` as a matrix of `[to, from]`.
fn matrix(binder: &mut Binder<'_>, name: &str, from: &Dim, to: &Dim, rank: Option<&Size>) -> Option<Matrix> {
    let mut turned = |name: &str, shape: [Dim; 2]| -> Option<Dense> {
        let tensor = binder.take(name, &[&shape])?;
        let (columns, rows) = (tensor.shape[0], tensor.shape[1]);
        Some(layout::columns(&PLAIN, rows, columns, &tensor.data))
    };
    let Some(rank) = rank else {
        return Some(Matrix::Dense(turned(name, [from.clone(), to.clone()])?));
    };
    let rank = Dim::Of(1, rank.clone());
    let right = turned(&format!("{name}1"), [from.clone(), rank.clone()]);
    let left = turned(&format!("{name}2"), [rank, to.clone()]);
    Some(Matrix::LowRank(LowRank { left: left?, right: right? }))
}
