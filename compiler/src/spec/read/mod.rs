//! Values of a spec, read from nodes. Every reader says what is wrong and goes on.

mod choice;
mod field;
mod integer;
mod list;
mod map;
mod number;
mod one_key;
mod resolve;
mod text;

pub(super) use choice::{Choice, OneOf, choices};
pub(super) use field::{Expected, Field, IfThere, Optional, OrDefault, Required, rule_of};
pub use integer::with_unit as bytes_with_unit;
pub(super) use integer::{Bytes, Integer, Version};
pub(super) use list::{ListOf, OneOrMore};
pub(super) use map::{Entries, Map, MapOf, map};
pub(super) use number::{Bool, Fraction, Number, Ratio, Share, Single};
pub(super) use one_key::{OneKey, OneKeyOf};
pub(super) use text::{OrEmpty, Text, TypeName};

use super::table::Shape;
use super::tree::{Content, Node};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span, Spanned};
use resolve::{Resolved, resolve};

/// A value and the key that it stands under.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    pub(super) key: &'a str,
    /// Where the key is.
    pub(super) at: Span,
    pub(super) node: &'a Node,
}

/// What a key takes, and how it is read.
pub(super) trait Kind {
    type Out;

    /// Reads the value, or says why it cannot.
    fn read(&self, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Self::Out>;

    fn shape(&self) -> Shape;

    /// Says that a value of another type was expected.
    fn mismatch(&self, value: Value<'_>) -> Diagnostic {
        value.mismatch(&self.shape().what())
    }
}

/// A value with its place, or that of its key where it is a map.
pub(super) struct Located<K>(pub(super) K);

impl<K: Kind> Kind for Located<K> {
    type Out = Spanned<K::Out>;

    fn read(&self, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Self::Out> {
        self.0.read(value, diagnostics).map(|read| Spanned::new(read, value.at))
    }

    fn shape(&self) -> Shape {
        self.0.shape()
    }
}

impl Value<'_> {
    fn span(&self) -> Span {
        self.node.span
    }

    /// The scalar that it is; `None` for lists and maps, and for what was found wrong before.
    fn scalar(&self) -> Option<Resolved<'_>> {
        match &*self.node.content {
            Content::Scalar(scalar) => Some(resolve(scalar)),
            Content::Sequence(_) | Content::Mapping(_) | Content::Invalid => None,
        }
    }

    /// Whether it was found wrong, and said so, before.
    fn is_invalid(&self) -> bool {
        matches!(*self.node.content, Content::Invalid)
    }

    fn mismatch(&self, expected: &str) -> Diagnostic {
        let key = self.key;
        let found = match &*self.node.content {
            Content::Sequence(_) => "a list",
            Content::Mapping(_) | Content::Invalid => "a map",
            Content::Scalar(scalar) => match resolve(scalar) {
                Resolved::Null => {
                    return Diagnostic::error(Code::Empty, self.span(), format!("`{key}` has no value"))
                        .help(format!("expected {expected}"));
                }
                Resolved::Bool(_) => "a boolean",
                Resolved::Integer { .. } => "an integer",
                Resolved::Float(_) => "a floating-point number",
                Resolved::Text(_) => "a text",
            },
        };
        let message = format!("expected {expected} for `{key}`, found {found}");
        Diagnostic::error(Code::WrongType, self.span(), message)
    }
}
