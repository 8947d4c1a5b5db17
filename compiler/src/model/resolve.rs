//! From the spec and the weights to a model.

use super::max_steps::check_max_steps;
use super::{Input, Layer, Model, dual_module, embedding, fastgrnn, fastrnn, gru, linear, lstm, rnn, skip};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span, Spanned, quoted};
use crate::spec::{self, Activations, Convention, InputKind, Output, Spec};
use crate::tensors::{Binder, Dim, Size, Store};

/// Resolves every shape and binds every tensor; `None` where that fails.
///
/// Reports what it finds in all layers. Behind a broken layer the size of the input is unknown and
/// matches anything.
pub fn resolve(spec: &Spec, store: &mut Store, diagnostics: &mut Diagnostics) -> Option<Model> {
    let mut scope = Scope::new(spec, store, diagnostics);
    let max_steps = check_max_steps(spec, scope.diagnostics);
    for (place, layer) in spec.layers.iter().enumerate() {
        match layer {
            Some(layer) => scope.layer(place, layer),
            None => scope.give_up(),
        }
    }
    if scope.broken || scope.layers.is_empty() {
        return None;
    }
    let mut model = Model {
        name: spec.name.value.clone(),
        input: match spec.input.kind {
            InputKind::Features(size) => Input::Features(size.value),
            InputKind::Tokens(tokens) => Input::Tokens(tokens.value),
        },
        max_steps: max_steps?,
        layers: std::mem::take(&mut scope.layers),
        output: spec.output.map_or(Output::Last, |output| output.value),
        activations: spec.runtime.activations.map_or(Activations::Fast, |form| form.value),
        skip: None,
        threads: spec.runtime.threads.map_or(1, |threads| threads.value),
    };
    if let Some(skip) = &spec.runtime.skip {
        model.skip = skip::resolve(skip, &model, &mut scope)?;
    }
    let mut seen: Vec<&Spanned<spec::DualModule>> = Vec::new();
    for module in spec.runtime.dual_module.iter().flatten() {
        let layer = &module.value.layer;
        if let Some(first) = seen.iter().find(|first| first.value.layer.value == layer.value) {
            let message = format!("{} has two dual modules", quoted(layer));
            let error = Diagnostic::error(Code::DualModuleMisplaced, layer.span, message);
            scope.fail(error.related(first.value.layer.span, "first here").help("remove one of them"));
            return None;
        }
        seen.push(module);
        dual_module::resolve(module, &mut model, &mut scope)?;
    }
    if spec.runtime.dual_module.iter().any(Option::is_none) {
        return None;
    }
    store.all_used(spec, diagnostics).then_some(model)
}

/// The layers resolved so far.
pub(super) struct Scope<'a> {
    pub(super) spec: &'a Spec,
    pub(super) convention: Convention,
    store: &'a mut Store,
    pub(super) diagnostics: &'a mut Diagnostics,
    /// Numbers that the next layer takes.
    pub(super) width: Dim,
    pub(super) layers: Vec<Layer>,
    broken: bool,
}

impl<'a> Scope<'a> {
    fn new(spec: &'a Spec, store: &'a mut Store, diagnostics: &'a mut Diagnostics) -> Self {
        let width = match &spec.input.kind {
            InputKind::Features(features) => Dim::Of(1, size("features", *features)),
            InputKind::Tokens(_) => Dim::Any,
        };
        let convention = spec.convention.map_or(Convention::Pytorch, |it| it.value);
        Scope { spec, convention, store, diagnostics, width, layers: Vec::new(), broken: false }
    }

    fn layer(&mut self, place: usize, layer: &Spanned<spec::Layer>) {
        if !self.fits_input(place, layer) {
            self.broken = true;
        }
        match &layer.value {
            spec::Layer::Lstm(lstm) => lstm::resolve(lstm, layer.span, self),
            spec::Layer::Gru(gru) => gru::resolve(gru, layer.span, self),
            spec::Layer::Rnn(rnn) => rnn::resolve(rnn, layer.span, self),
            spec::Layer::FastRnn(fastrnn) => fastrnn::resolve(fastrnn, layer.span, self),
            spec::Layer::FastGrnn(fastgrnn) => fastgrnn::resolve(fastgrnn, layer.span, self),
            spec::Layer::Linear(linear) => linear::resolve(linear, layer.span, self),
            spec::Layer::Embedding(embedding) => embedding::resolve(embedding, layer.span, self),
        }
    }

    /// Ids need an embedding first, and nothing else does.
    fn fits_input(&mut self, place: usize, layer: &Spanned<spec::Layer>) -> bool {
        let embeds = matches!(layer.value, spec::Layer::Embedding(_));
        let error = match &self.spec.input.kind {
            InputKind::Features(features) if embeds => Diagnostic::error(
                Code::InputLayerMismatch,
                layer.span,
                "an embedding takes ids, and the input is `features`",
            )
            .related(features.span, "vectors come in here")
            .help("write `tokens` instead of `features`, or remove the embedding"),
            InputKind::Tokens(tokens) if !embeds && place == 0 => Diagnostic::error(
                Code::InputLayerMismatch,
                layer.span,
                "the input is `tokens`, and the first layer is no embedding",
            )
            .related(tokens.span, "ids come in here")
            .help("start with `- embedding: {name: .., dim: ..}`"),
            InputKind::Tokens(_) if embeds && place > 0 => Diagnostic::error(
                Code::InputLayerMismatch,
                layer.span,
                "an embedding stands behind other layers, and only the input has ids",
            )
            .help("move the embedding to the front"),
            InputKind::Features(_) | InputKind::Tokens(_) => return true,
        };
        self.diagnostics.push(error);
        false
    }

    pub(super) fn binder<'b>(&'b mut self, name: &'b Spanned<String>, layer: Span) -> Binder<'b> {
        Binder::new(self.store, self.diagnostics, self.convention, name, layer)
    }

    /// A binder for the tensors of what decides which steps are executed.
    pub(super) fn policy_binder<'b>(
        &'b mut self,
        name: &'b Spanned<String>,
        policy: Span,
        hint: String,
    ) -> Binder<'b> {
        self.binder(name, policy).of_policy(hint)
    }

    /// What was bound, if all of it could be.
    pub(super) fn finished<T>(&mut self, complete: bool, bound: Option<T>) -> Option<T> {
        let bound = bound.filter(|_| complete);
        self.broken |= bound.is_none();
        bound
    }

    /// Reports a fault that leaves the sizes of the layers known.
    pub(super) fn fail(&mut self, error: Diagnostic) {
        self.broken = true;
        self.diagnostics.push(error);
    }

    /// Notes that a layer is broken, so that nothing is known of what it gives.
    pub(super) fn give_up(&mut self) {
        self.broken = true;
        self.width = Dim::Any;
    }

    /// Whether a matrix of `rows x columns` numbers can exist at all; a fault at `span` if not.
    pub(super) fn can_exist(&mut self, span: Span, rows: &Dim, columns: &Dim) -> bool {
        const MOST: usize = isize::MAX as usize / size_of::<f32>();
        let product = match (rows, columns) {
            (Dim::Any, _) | (_, Dim::Any) => return true,
            (rows, columns) => rows.value().zip(columns.value()),
        };
        let numbers = product.and_then(|(rows, columns)| rows.checked_mul(columns));
        if numbers.is_some_and(|numbers| numbers <= MOST) {
            return true;
        }
        self.fail(Diagnostic::error(
            Code::TooLarge,
            span,
            "the layer's matrices would have more numbers than memory can hold",
        ));
        false
    }
}

/// A number of the spec, as the tensors' shapes refer to it.
pub(super) fn size(key: &'static str, number: Spanned<usize>) -> Size {
    Size { value: number.value, key, span: number.span, before: None }
}
