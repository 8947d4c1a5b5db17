//! The trace that a compiled model must reproduce.

use super::PATH;
use super::read::{Kind, MapOf, Number, OneOf, Optional, Required, Value, choices, map};
use super::table::{MOST_TOLERANCE, Shape};
use super::tree::Content;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Spanned};

map! {
    /// A trace of the trained model, computed by the framework that trained it.
    pub struct Golden: "golden" => {
        /// A safetensors file with `inputs` and `outputs`.
        file: Spanned<String> = Required(PATH), example "kws.golden.safetensors";
        /// Largest accepted difference of an output `a` from the trace's `b`, `|a - b| / max(1, |b|)`: absolute for outputs up to
        /// 1, relative above.
        tolerance: Option<Spanned<f64>> = Optional(Tolerance), default "1e-4", example "1e-3";
        /// Place where a trace that is too long for compiling is compared.
        check: Option<Spanned<TraceCheck>> = Optional(OneOf::all()), default "compile", example "verify";
    }
}

choices! {
    /// Place where a trace that is too long for compiling is compared.
    pub enum TraceCheck {
        /// The compiler: a trace that is too long is an error.
        Compile = "compile",
        /// A test that runs `recurve verify`. The documentation of the generated type says so; compiling compares a part where it can.
        Verify = "verify",
    }
}

/// A number above 0, up to [`MOST_TOLERANCE`].
struct Tolerance;

impl Kind for Tolerance {
    type Out = Spanned<f64>;

    fn read(&self, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<f64>> {
        let tolerance = Number { positive: true }.read(value, diagnostics)?;
        if tolerance.value <= MOST_TOLERANCE {
            return Some(tolerance);
        }
        let message = format!(
            "`{}` is `{:?}`, expected a number above 0, up to {MOST_TOLERANCE}",
            value.key, tolerance.value
        );
        let help = "it is the largest difference that an output may have, relative to the trace where that is above 1; with so \
                    large a one nearly any network agrees";
        diagnostics.push(Diagnostic::error(Code::OutOfRange, tolerance.span, message).help(help));
        None
    }

    fn shape(&self) -> Shape {
        Shape::Tolerance
    }
}

/// A path, or a map with the path and more.
pub(super) struct GoldenReader;

impl Kind for GoldenReader {
    type Out = Golden;

    fn read(&self, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Golden> {
        match &*value.node.content {
            Content::Mapping(_) => MapOf::new().read(value, diagnostics),
            Content::Scalar(_) => {
                PATH.read(value, diagnostics).map(|file| Golden { file, tolerance: None, check: None })
            }
            Content::Sequence(_) | Content::Invalid => {
                diagnostics.push(self.mismatch(value));
                None
            }
        }
    }

    fn shape(&self) -> Shape {
        Shape::Either(Box::new(PATH.shape()), Box::new(MapOf::<Golden>::new().shape()))
    }
}
