//! Gives one layer its tensors, and says everything that is wrong with them at once.

use safetensors::Dtype;

use super::fitted::{DualTarget, PredictorTarget};
use super::gates::Orders;
use super::missing;
use super::safetensors::dtype_name;
use super::shape::{Dim, Mend, Size, fits, list, mend};
use super::store::{Store, User};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span, Spanned, quoted};
use crate::spec::Convention;

/// Gives one layer its tensors.
pub(crate) struct Binder<'a> {
    pub(super) store: &'a mut Store,
    pub(crate) diagnostics: &'a mut Diagnostics,
    pub(crate) convention: Convention,
    /// The layer's `name`, the prefix of its tensors.
    pub(crate) name: &'a Spanned<String>,
    /// The whole layer in the spec.
    pub(crate) layer: Span,
    /// What the layer says about its levels and directions, where it does.
    pub(crate) num_layers: Option<Spanned<usize>>,
    pub(crate) bidirectional: Option<Spanned<bool>>,
    pub(super) missing: Vec<Missing>,
    /// Sizes that a tensor of this layer has.
    confirmed: Vec<Size>,
    misfits: Vec<Misfit>,
    pub(super) mistyped: Vec<(String, Dtype)>,
    shared: Vec<(String, User)>,
    broken: bool,
    /// How messages call what the tensors are bound to.
    pub(super) what: &'static str,
    /// What helps where a tensor is missing or of another shape.
    pub(super) hint: Option<String>,
    /// What helps where a matrix is missing that may be another layer's.
    pub(crate) tie: Option<String>,
}

#[derive(Debug)]
pub(super) struct Missing {
    pub(super) name: String,
    pub(super) shape: Vec<Dim>,
}

#[derive(Debug)]
struct Misfit {
    name: String,
    expected: Vec<Dim>,
    found: Vec<usize>,
}

impl<'a> Binder<'a> {
    pub(crate) fn new(
        store: &'a mut Store,
        diagnostics: &'a mut Diagnostics,
        convention: Convention,
        name: &'a Spanned<String>,
        layer: Span,
    ) -> Self {
        Binder {
            store,
            diagnostics,
            convention,
            name,
            layer,
            num_layers: None,
            bidirectional: None,
            missing: Vec::new(),
            confirmed: Vec::new(),
            misfits: Vec::new(),
            mistyped: Vec::new(),
            shared: Vec::new(),
            broken: false,
            what: "layer",
            hint: None,
            tie: None,
        }
    }

    /// The same for what decides which steps are executed.
    pub(crate) fn of_policy(self, hint: String) -> Self {
        Binder { what: "the policy", hint: Some(hint), ..self }
    }

    /// Whether `recurve fit` is to learn the tensors with this prefix, which the weights lack.
    pub(crate) fn learns(&self, prefix: &str) -> bool {
        self.store.learning && !self.store.names().any(|name| name.starts_with(prefix))
    }

    /// Notes what `recurve fit` is to learn.
    pub(crate) fn note_predictor(&mut self, target: PredictorTarget) {
        self.store.predictor = Some(target);
    }

    /// Notes a little module that `recurve fit` is to learn.
    pub(crate) fn note_dual(&mut self, target: DualTarget) {
        self.store.duals.push(target);
    }

    /// Binds under another name.
    pub(super) fn under<T>(&mut self, name: &Spanned<String>, bind: impl FnOnce(&mut Binder<'_>) -> T) -> T {
        let mut binder = Binder {
            missing: std::mem::take(&mut self.missing),
            misfits: std::mem::take(&mut self.misfits),
            mistyped: std::mem::take(&mut self.mistyped),
            shared: std::mem::take(&mut self.shared),
            broken: self.broken,
            what: self.what,
            hint: self.hint.clone(),
            ..Binder::new(self.store, self.diagnostics, self.convention, name, self.layer)
        };
        let bound = bind(&mut binder);
        let Binder { missing, misfits, mistyped, shared, broken, .. } = binder;
        (self.missing, self.misfits, self.mistyped) = (missing, misfits, mistyped);
        (self.shared, self.broken) = (shared, broken);
        bound
    }

    pub(super) fn orders(&self) -> Orders {
        self.store.orders.unwrap_or(Orders::of(self.convention))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.store.has(name)
    }

    pub(crate) fn shape(&self, name: &str) -> Option<&[usize]> {
        self.store.shape(name)
    }

    /// Whether there is one of this name; notes if not, with the first of the shapes.
    pub(super) fn is_there(&mut self, name: &str, shapes: &[&[Dim]]) -> bool {
        let there = self.has(name);
        if !there {
            let mut shape = shapes.first().map_or(Vec::new(), |shape| shape.to_vec());
            let mut name = name.to_owned();
            if let Some((_, half)) = self.store.half(&name) {
                if half.ends_with("_g") || half.ends_with("0") {
                    shape.iter_mut().skip(1).for_each(|dim| *dim = Dim::Exactly(1));
                }
                name = half;
            }
            self.missing.push(Missing { name, shape });
        }
        there
    }

    /// Whether the tensor, if there is one, has one of the shapes; notes if not.
    pub(super) fn has_shape(&mut self, name: &str, shapes: &[&[Dim]]) -> bool {
        let Some(found) = self.shape(name) else {
            return false;
        };
        let found = found.to_vec();
        let fitting = shapes.iter().find(|shape| fits(shape, &found));
        let sizes = fitting.iter().flat_map(|shape| shape.iter()).filter_map(|dim| match dim {
            Dim::Of(_, size) => Some(size.clone()),
            Dim::Exactly(_) | Dim::Any => None,
        });
        self.confirmed.extend(sizes);
        let one = fitting.is_some();
        if !one {
            let expected = shapes.first().map_or(Vec::new(), |shape| shape.to_vec());
            self.misfits.push(Misfit { name: name.to_owned(), expected, found });
        }
        one
    }

    /// Notes that the layer uses the tensor, or that another does already.
    pub(super) fn use_up(&mut self, name: &str) {
        let user = User { layer: self.layer, name: self.name.value.clone() };
        if let Err(first) = self.store.take(name, user) {
            self.shared.push((name.to_owned(), first));
        }
    }

    /// Reports a fault of this layer.
    pub(crate) fn fail(&mut self, error: Diagnostic) {
        self.broken = true;
        self.diagnostics.push(error);
    }

    /// Whether a tensor was missing so far.
    pub(crate) fn lacks_tensors(&self) -> bool {
        !self.missing.is_empty()
    }

    /// Reports what was noted; whether the layer has all its tensors.
    pub(crate) fn finish(mut self) -> bool {
        if !self.missing.is_empty() {
            let error = missing::explain(&self);
            self.fail(error);
        }
        self.report_misfits();
        self.report_mistyped();
        self.report_shared();
        !self.broken
    }

    fn report_misfits(&mut self) {
        let mut rest = std::mem::take(&mut self.misfits);
        // The matrix that tells how many gates there are speaks for the tensors that cannot.
        rest.sort_by_key(|misfit| !matches!(mend(&misfit.expected, &misfit.found), Mend::Gates(..)));
        while !rest.is_empty() {
            let first = rest.remove(0);
            let cause = match mend(&first.expected, &first.found) {
                Mend::Size(size, _) if self.confirmed.contains(&size) => Mend::Confirmed(size),
                cause @ (Mend::Transpose
                | Mend::Size(..)
                | Mend::Confirmed(_)
                | Mend::Gates(..)
                | Mend::Unknown) => cause,
            };
            let (same, others): (Vec<_>, Vec<_>) =
                rest.into_iter().partition(|misfit| cause.mends(&misfit.expected, &misfit.found));
            rest = others;
            let error = self.misfit(&first, &cause, &same);
            self.fail(error);
        }
    }

    fn report_mistyped(&mut self) {
        let mut rest = std::mem::take(&mut self.mistyped);
        while !rest.is_empty() {
            let (name, dtype) = rest.remove(0);
            let (same, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(|(_, other)| *other == dtype);
            rest = others;
            let names: Vec<String> = same.iter().map(|(name, _)| quoted(name)).collect();
            let mut error = wrong_dtype(self.layer, &name, dtype);
            if !names.is_empty() {
                error = error.help(format!("the same holds for {}", names.join(", ")));
            }
            self.fail(error);
        }
    }

    fn misfit(&self, misfit: &Misfit, cause: &Mend, same: &[Misfit]) -> Diagnostic {
        let Misfit { name, expected, found } = misfit;
        let message = format!(
            "tensor {} has the shape {}, and {} is expected",
            quoted(name),
            list(found),
            list(expected)
        );
        let mut error = match cause {
            Mend::Size(size, value) if size.before.is_none() => {
                Diagnostic::error(Code::TensorShape, size.span, message)
                    .label(format!("the tensor has {value}"))
                    .help(format!("the tensor fits `{}: {value}`", size.key))
            }
            Mend::Size(size, _) => Diagnostic::error(Code::TensorShape, self.layer, message)
                .related(size.span, format!("this decides on {} of the input", size.value))
                .help(format!(
                    "{} comes before this layer: is one missing between them, or is their order another?",
                    quoted(size.before.as_deref().unwrap_or_default())
                )),
            Mend::Confirmed(size) => {
                let error = Diagnostic::error(Code::TensorShape, self.layer, message);
                let error = match (expected.as_slice(), found.as_slice()) {
                    ([dim], &[found]) if dim.times(2).value() == Some(found) => {
                        error.help("it is as long as two biases, one behind the other")
                    }
                    _ => error,
                };
                error.help(format!("`{}: {}` fits other tensors of this layer", size.key, size.value))
            }
            Mend::Transpose => {
                Diagnostic::error(Code::TensorShape, self.layer, message).help(self.transposed())
            }
            Mend::Gates(found, expected) => {
                Diagnostic::error(Code::TensorShape, self.layer, message).help(format!(
                    "it has {}, and this layer has {expected}",
                    match found {
                        4 => "four gates, as an `lstm` has",
                        3 => "three gates, as a `gru` has",
                        2 => "two gates",
                        _ => "one gate, as an `rnn` has",
                    }
                ))
            }
            Mend::Unknown => {
                let error = Diagnostic::error(Code::TensorShape, self.layer, message);
                self.hint.iter().cloned().fold(error, Diagnostic::help)
            }
        };
        if !same.is_empty() {
            let names: Vec<String> = same.iter().map(|misfit| quoted(&misfit.name)).collect();
            error = error.help(format!("the same holds for {}", names.join(", ")));
        }
        error
    }

    fn transposed(&self) -> &'static str {
        match self.convention {
            Convention::Keras => {
                "it is transposed: `convention: keras` has inputs as rows; the others have outputs as rows"
            }
            Convention::Pytorch | Convention::Onnx => {
                "it is transposed: this convention has outputs as rows; `convention: keras` has inputs as rows"
            }
        }
    }

    fn report_shared(&mut self) {
        let shared = std::mem::take(&mut self.shared);
        let Some((_, first)) = shared.first() else {
            return;
        };
        if first.name == self.name.value {
            // Two layers of one name: an error already.
            self.broken = true;
            return;
        }
        let names: Vec<String> = shared.iter().map(|(name, _)| quoted(name)).collect();
        let (noun, verb) = if names.len() == 1 { ("tensor", "is") } else { ("tensors", "are") };
        let message =
            format!("{noun} {} {verb} used by layer {} already", names.join(", "), quoted(&first.name));
        let error = Diagnostic::error(Code::TensorBoundTwice, self.name.span, message)
            .label("uses them again")
            .related(first.layer, "the first use")
            .help("give each layer the `name` of its own tensors");
        self.fail(error);
    }
}

fn wrong_dtype(layer: Span, name: &str, dtype: Dtype) -> Diagnostic {
    let message = format!(
        "tensor {} is {}, and weights are floats of 16, 32 or 64 bits",
        quoted(name),
        dtype_name(dtype)
    );
    Diagnostic::error(Code::TensorDtype, layer, message)
        .help("convert it when saving: `tensor.float()` in PyTorch, `array.astype(\"float32\")` in numpy")
}
