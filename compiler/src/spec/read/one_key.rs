//! Maps whose one key says what they are.

use super::{Kind, Value};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Spanned, nearest, quoted};
use crate::spec::table::{Shape, Table, choice};
use crate::spec::tree::Content;
use std::marker::PhantomData;

/// An enum that is read from a map with one key, the variant's name in the language.
pub(in crate::spec) trait OneKey: Sized {
    /// The noun for one of them.
    const NOUN: &'static str;
    /// Whether it is an item of a list.
    const IN_LIST: bool = true;

    fn tables() -> Vec<&'static Table>;

    /// Reads what stands under the key, which is the name of one of the tables.
    fn read(value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Self>;
}

/// A map with one key, read as `E`, at the place of the key.
pub(in crate::spec) struct OneKeyOf<E>(PhantomData<E>);

impl<E> OneKeyOf<E> {
    pub(in crate::spec) const fn new() -> Self {
        OneKeyOf(PhantomData)
    }
}

impl<E: OneKey> Kind for OneKeyOf<E> {
    type Out = Spanned<E>;

    fn read(&self, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<E>> {
        let names = || E::tables().into_iter().map(|table| table.name);
        let noun = E::NOUN;
        let Content::Mapping(entries) = &*value.node.content else {
            let help = format!("each {noun} starts with {}", choice(names()));
            diagnostics.push(self.mismatch(value).help(help));
            return None;
        };
        let Some((first, rest)) = entries.split_first() else {
            let message = format!("this {noun} is an empty map");
            let help = format!("each {noun} starts with {}", choice(names()));
            diagnostics.push(Diagnostic::error(Code::Empty, value.span(), message).help(help));
            return None;
        };
        let key = first.key.value.as_str();
        if let Some(second) = rest.first() {
            let (one, other) = (quoted(key), quoted(&second.key.value));
            let help = if names().any(|name| name == second.key.value) {
                if E::IN_LIST {
                    format!("start each {noun} with `- `")
                } else {
                    format!("one {noun} at a time: remove {one} or {other}")
                }
            } else {
                format!("indent {other} deeper than {one}")
            };
            diagnostics.push(
                Diagnostic::error(
                    Code::ConflictingKeys,
                    second.key.span,
                    format!("{other} stands beside {one}, not under it"),
                )
                .related(first.key.span, format!("a {noun} is a map with this one key"))
                .help(help),
            );
            return None;
        }
        if !names().any(|name| name == key) {
            let message = format!("unknown {noun} {}", quoted(key));
            let mut error = Diagnostic::error(Code::UnknownChoice, first.key.span, message);
            if let Some(nearest) = nearest(key, names()) {
                error = error.help(format!("did you mean `{nearest}`?"));
            }
            diagnostics.push(error.help(format!("expected {}", choice(names()))));
            return None;
        }
        let inner = Value { key, at: first.key.span, node: &first.value };
        if inner.is_invalid() {
            return None;
        }
        E::read(inner, diagnostics).map(|read| Spanned::new(read, first.key.span))
    }

    fn shape(&self) -> Shape {
        Shape::OneKey(E::tables)
    }
}
