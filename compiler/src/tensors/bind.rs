//! Gives one layer its tensors, and says everything that is wrong with them at once.

use safetensors::Dtype;

use super::fitted::{DualTarget, PredictorTarget};
use super::gates::Orders;
use super::missing;
use super::shape::{Dim, Mend, fits, list, mend};
use super::store::{Store, User};
use super::{decode, safetensors::dtype_name};
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
    misfits: Vec<Misfit>,
    mistyped: Vec<(String, Dtype)>,
    shared: Vec<(String, User)>,
    broken: bool,
    /// How messages call what the tensors are bound to.
    pub(super) what: &'static str,
    /// What helps where a tensor is missing or of another shape.
    pub(super) hint: Option<String>,
}

/// A decoded tensor.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) shape: Vec<usize>,
    pub(crate) data: Vec<f32>,
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
            misfits: Vec::new(),
            mistyped: Vec::new(),
            shared: Vec::new(),
            broken: false,
            what: "layer",
            hint: None,
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
        Some(self.store.get(name)?.shape)
    }

    /// The tensor, of one of these shapes. A fault is noted; the first shape is the one it names.
    pub(crate) fn take(&mut self, name: &str, shapes: &[&[Dim]]) -> Option<Tensor> {
        self.is_there(name, shapes).then(|| self.take_if_there(name, shapes))?
    }

    /// The same, without a fault where there is none of this name.
    pub(crate) fn take_if_there(&mut self, name: &str, shapes: &[&[Dim]]) -> Option<Tensor> {
        if !self.has_shape(name, shapes) {
            return None;
        }
        let stored = self.store.get(name)?;
        let Some(data) = decode::floats(stored.dtype, stored.bytes) else {
            self.mistyped.push((name.to_owned(), stored.dtype));
            return None;
        };
        if let Some((first, count)) = decode::not_finite(&data) {
            self.fail(not_finite(self.layer, name, first, count, data.len()));
            return None;
        }
        let shape = stored.shape.to_vec();
        let data = self.store.in_row_major(name, &shape, data);
        self.use_up(name);
        Some(Tensor { shape, data })
    }

    /// A tensor of integers, of one of these shapes. A fault is noted.
    pub(super) fn take_integers(&mut self, name: &str, shapes: &[&[Dim]]) -> Option<Vec<i64>> {
        if !self.is_there(name, shapes) || !self.has_shape(name, shapes) {
            return None;
        }
        let stored = self.store.get(name)?;
        let Some(wide) = decode::integers(stored.dtype, stored.bytes) else {
            let message =
                format!("tensor {} is {}, and integers are expected", quoted(name), dtype_name(stored.dtype));
            self.fail(Diagnostic::error(Code::TensorDtype, self.layer, message));
            return None;
        };
        self.use_up(name);
        // Whatever no `i64` holds is no place of anything.
        Some(wide.into_iter().map(|number| i64::try_from(number).unwrap_or(i64::MAX)).collect())
    }

    /// Whether there is one of this name; notes if not, with the first of the shapes.
    fn is_there(&mut self, name: &str, shapes: &[&[Dim]]) -> bool {
        let there = self.has(name);
        if !there {
            let shape = shapes.first().map_or(Vec::new(), |shape| shape.to_vec());
            self.missing.push(Missing { name: name.to_owned(), shape });
        }
        there
    }

    /// Whether the tensor, if there is one, has one of the shapes; notes if not.
    fn has_shape(&mut self, name: &str, shapes: &[&[Dim]]) -> bool {
        let Some(found) = self.shape(name) else {
            return false;
        };
        let one = shapes.iter().any(|shape| fits(shape, found));
        if !one {
            let found = found.to_vec();
            let expected = shapes.first().map_or(Vec::new(), |shape| shape.to_vec());
            self.misfits.push(Misfit { name: name.to_owned(), expected, found });
        }
        one
    }

    /// Notes that the layer uses the tensor, or that another does already.
    fn use_up(&mut self, name: &str) {
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
            let cause = mend(&first.expected, &first.found);
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
    let message =
        format!("tensor {} is {}, and weights are float32 or float16", quoted(name), dtype_name(dtype));
    Diagnostic::error(Code::TensorDtype, layer, message)
        .help("convert it when saving: `tensor.float()` in PyTorch, `array.astype(\"float32\")` in numpy")
}

fn not_finite(layer: Span, name: &str, first: usize, count: usize, of: usize) -> Diagnostic {
    let message =
        format!("tensor {} has {count} of {of} elements that are infinite or not a number", quoted(name));
    Diagnostic::error(Code::NotFinite, layer, message)
        .help(format!("the first is element {first}, counted row after row"))
        .help("did the training diverge, or did a conversion to float16 overflow?")
}
