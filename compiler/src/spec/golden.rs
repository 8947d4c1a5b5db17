//! The trace that a compiled model must reproduce.

use super::PATH;
use super::read::{Kind, MapOf, Number, Optional, Required, Value, map};
use super::table::Shape;
use super::tree::Content;
use crate::diagnostic::{Diagnostics, Spanned};

map! {
    /// A trace of the trained model, computed by the framework that trained it.
    pub struct Golden: "golden" => {
        /// A safetensors file with `inputs` and `outputs`.
        file: Spanned<String> = Required(PATH), example "kws.golden.safetensors";
        /// Largest accepted absolute difference of an output.
        tolerance: Option<Spanned<f64>> = Optional(Number { positive: true }),
            default "1e-4", example "1e-3";
    }
}

/// A path, or a map with the path and more.
pub(super) struct GoldenReader;

impl Kind for GoldenReader {
    type Out = Golden;

    fn read(&self, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Golden> {
        match &*value.node.content {
            Content::Mapping(_) => MapOf::new().read(value, diagnostics),
            Content::Scalar(_) => PATH.read(value, diagnostics).map(|file| Golden { file, tolerance: None }),
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
