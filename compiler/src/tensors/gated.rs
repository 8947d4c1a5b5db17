//! The tensors of one level of an LSTM, GRU or plain RNN, whatever the convention.

use super::bind::Binder;
use super::compressed::{Gates, Source, compressed};
use super::gates::Orders;
use super::layout::{self, Layout, PLAIN};
use super::pruned::Part;
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
    /// `[gates * hidden]`, not rounded yet; zeros where the file has none.
    pub(crate) input_bias: Vec<f64>,
    /// `[gates * hidden]`, not rounded yet; zeros where the file has none or only one for both.
    pub(crate) recurrent_bias: Vec<f64>,
}

/// The biases that were found, in canonical order.
#[derive(Debug, Default)]
pub(super) struct Biases {
    pub(super) input: Option<Vec<f64>>,
    pub(super) recurrent: Option<Vec<f64>>,
}

impl Biases {
    /// From one tensor with the bias of the input and that of the state behind it.
    pub(super) fn of_both(order: &[usize], both: Option<Vec<f64>>) -> Biases {
        let Some(mut input) = both else {
            return Biases::default();
        };
        let recurrent = input.split_off(input.len() / 2);
        Biases {
            input: Some(layout::reorder(order, input)),
            recurrent: Some(layout::reorder(order, recurrent)),
        }
    }

    /// Zeros for those that were not found.
    pub(super) fn or_zeros(self, rows: usize) -> (Vec<f64>, Vec<f64>) {
        let zeros = || vec![0.0; rows];
        (self.input.unwrap_or_else(zeros), self.recurrent.unwrap_or_else(zeros))
    }
}

/// The tensor of a matrix.
pub(super) struct Named {
    /// Its name in the weights.
    pub(super) tensor: String,
    /// The name in front of those of its factors, and of what `recurve fit` makes of it.
    pub(super) own: String,
}

/// The matrices of one direction.
pub(super) struct Matrices {
    pub(super) input: Named,
    pub(super) recurrent: Named,
    /// The own name of both in one.
    pub(super) joint: String,
    pub(super) layout: Layout,
}

impl Matrices {
    /// The matrix of the input and that of the state.
    pub(super) fn bind(
        &self,
        binder: &mut Binder<'_>,
        request: &Request,
        order: &[usize],
    ) -> (Option<Matrix>, Option<Matrix>) {
        let state = Dim::Of(1, request.state());
        let compression = request.compression.as_ref();
        match compression.map(|compression| compression.value.on()) {
            Some(On::Joint) => (request.no_input(), self.both(binder, request, order)),
            on => (
                self.one(binder, request, order, &self.input, &request.input, on != Some(On::Recurrent)),
                self.one(binder, request, order, &self.recurrent, &state, on != Some(On::Input)),
            ),
        }
    }

    /// A matrix by itself, compressed where a compression is there and says so.
    fn one(
        &self,
        binder: &mut Binder<'_>,
        request: &Request,
        order: &[usize],
        named: &Named,
        columns: &Dim,
        compress: bool,
    ) -> Option<Matrix> {
        let Some(how) = request.compression.as_ref().filter(|_| compress) else {
            let shape = self.layout.shape(request.stacked(), columns.clone());
            let tensor = binder.take(&named.tensor, &[&shape])?;
            return Some(Matrix::Dense(self.layout.matrix(order, &tensor.shape, tensor.data)));
        };
        let columns = columns.value()?;
        let dense = [Part { name: named.tensor.clone(), columns, layout: self.layout }];
        let gates = Gates { hidden: request.hidden.value, order };
        compressed(binder, gates, how, &Source { name: &named.own, columns, dense: &dense })
    }

    /// The matrix of the input with the state behind it.
    fn both(&self, binder: &mut Binder<'_>, request: &Request, order: &[usize]) -> Option<Matrix> {
        let (features, state) = (request.input.value()?, request.state().value);
        let part = |named: &Named, columns| Part { name: named.tensor.clone(), columns, layout: self.layout };
        let dense = [part(&self.input, features), part(&self.recurrent, state)];
        let gates = Gates { hidden: request.hidden.value, order };
        let columns = features.checked_add(state)?;
        let source = Source { name: &self.joint, columns, dense: &dense };
        compressed(binder, gates, request.compression.as_ref()?, &source)
    }
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
    // What is pruned is in the convention's own tensors.
    let has_names = matches!(compression.value, Compression::Pruned(_));
    if binder.convention != Convention::Pytorch && !has_names {
        binder.fail(
            Diagnostic::error(
                Code::ConventionLimit,
                compression.span,
                "compressed matrices have names in `convention: pytorch` only, but for `pruned` ones",
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

    /// What stands for the matrix of the input where the state's has it.
    fn no_input(&self) -> Option<Matrix> {
        Some(Matrix::Zero { rows: self.stacked().value()?, columns: self.input.value()? })
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
