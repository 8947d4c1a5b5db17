//! The tensors of one level of an LSTM, GRU or plain RNN, whatever the convention.

use super::bind::Binder;
use super::gates::Orders;
use super::layout::PLAIN;
use super::shape::{Dim, Size};
use super::{keras, onnx, pytorch};
use crate::diagnostic::{Code, Diagnostic, Spanned};
use crate::model::Matrix;
use crate::spec::{Compression, Convention, On, Reset};

/// The cells whose tensors are stacks of gates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Lstm,
    Gru(Spanned<Reset>),
    Rnn,
}

/// One level of a layer.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) kind: Kind,
    pub(crate) input: Dim,
    pub(crate) hidden: Size,
    /// What the hidden vector of an LSTM is a projection to, if it is one.
    pub(crate) projection: Option<Size>,
    pub(crate) level: usize,
    pub(crate) levels: usize,
    /// 1, or 2 where the layer is bidirectional.
    pub(crate) directions: usize,
    pub(crate) compression: Option<Spanned<Compression>>,
}

/// One direction of a level, its gates stacked in canonical order.
#[derive(Debug, Clone)]
pub(crate) struct Gated {
    /// `[gates * hidden, input]`.
    pub(crate) input: Matrix,
    /// `[gates * hidden, hidden]`, or `[gates * hidden, input + hidden]` where `input` is zero; the columns are those of
    /// a projection where there is one.
    pub(crate) recurrent: Matrix,
    /// `[projection, hidden]`.
    pub(crate) projection: Option<Matrix>,
    /// `[gates * hidden]`; zeros where the file has none.
    pub(crate) input_bias: Vec<f32>,
    /// `[gates * hidden]`; zeros where the file has none or only one for both.
    pub(crate) recurrent_bias: Vec<f32>,
}

/// A level's forward direction, then its backward direction if it has one.
pub(crate) fn gated(binder: &mut Binder<'_>, request: &Request) -> Option<Vec<Gated>> {
    if !allows_compression(binder, request) {
        return None;
    }
    match binder.convention {
        Convention::Pytorch => pytorch::gated(binder, request),
        Convention::Keras => keras::gated(binder, request),
        Convention::Onnx => onnx::gated(binder, request),
    }
}

fn allows_compression(binder: &mut Binder<'_>, request: &Request) -> bool {
    let Some(compression) = &request.compression else {
        return true;
    };
    if binder.convention != Convention::Pytorch {
        binder.fail(
            Diagnostic::error(
                Code::ConventionLimit,
                compression.span,
                "compressed matrices have names in `convention: pytorch` only",
            )
            .help("save this layer's tensors as PyTorch names and stacks them"),
        );
        return false;
    }
    let is_joint = compression.value.on() == On::Joint;
    if let Kind::Gru(reset) = request.kind
        && reset.value == Reset::After
        && is_joint
    {
        binder.fail(
            Diagnostic::error(
                Code::CompressionShape,
                compression.span,
                "a GRU with `reset: after` has no matrix for input and state together",
            )
            .related(reset.span, "the reset gate multiplies the state's part alone")
            .help("write `matrices: both`, or train with `reset: before`"),
        );
        return false;
    }
    true
}

impl Kind {
    pub(crate) fn gates(self) -> usize {
        match self {
            Kind::Lstm => 4,
            Kind::Gru(_) => 3,
            Kind::Rnn => 1,
        }
    }
}

impl Request {
    /// The place in the file of each canonical gate.
    pub(super) fn order<'a>(&self, orders: &'a Orders) -> &'a [usize] {
        match self.kind {
            Kind::Lstm => &orders.lstm,
            Kind::Gru(_) => &orders.gru,
            Kind::Rnn => &PLAIN,
        }
    }

    /// `hidden`.
    pub(super) fn hidden(&self) -> Dim {
        Dim::Of(1, self.hidden.clone())
    }

    /// What the recurrent matrix multiplies.
    pub(super) fn state(&self) -> Size {
        self.projection.clone().unwrap_or_else(|| self.hidden.clone())
    }

    /// `gates * hidden`.
    pub(super) fn stacked(&self) -> Dim {
        Dim::Of(self.kind.gates(), self.hidden.clone())
    }
}
