//! Words of a fixed list.

use super::{Kind, Resolved, Value};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Spanned, nearest, quoted};
use crate::spec::table::{Shape, Word};
use crate::spec::tree::Content;
use std::marker::PhantomData;

/// An enum that is read from a word.
pub(in crate::spec) trait Choice: Copy + 'static {
    /// A word for each of the values, in their order.
    const WORDS: &'static [Word];
    const VALUES: &'static [Self];
}

/// Declares an enum and the words it is read from. The doc comments go to the reference, too.
macro_rules! choices {
    (
        $(#[doc = $doc:literal])+
        $vis:vis enum $name:ident {
            $($(#[doc = $word_doc:literal])+ $variant:ident = $word:literal,)+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $name {
            $($(#[doc = $word_doc])+ $variant,)+
        }

        impl $crate::spec::read::Choice for $name {
            const WORDS: &'static [$crate::spec::table::Word] =
                &[$($crate::spec::table::Word { text: $word, doc: &[$($word_doc),+] }),+];
            const VALUES: &'static [Self] = &[$($name::$variant),+];
        }
    };
}
pub(in crate::spec) use choices;

/// One of the words of `T`.
pub(in crate::spec) struct OneOf<T> {
    words: &'static [Word],
    values: PhantomData<T>,
}

impl<T: Choice> OneOf<T> {
    pub(in crate::spec) const fn all() -> Self {
        OneOf { words: T::WORDS, values: PhantomData }
    }

    /// The first `count` words only.
    pub(in crate::spec) const fn first(count: usize) -> Self {
        OneOf { words: T::WORDS.split_at(count).0, values: PhantomData }
    }
}

impl<T: Choice> Kind for OneOf<T> {
    type Out = Spanned<T>;

    fn read(&self, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<T>> {
        let text = match &*value.node.content {
            Content::Scalar(scalar) if value.scalar() != Some(Resolved::Null) => scalar.text.as_str(),
            Content::Scalar(_) | Content::Sequence(_) | Content::Mapping(_) | Content::Invalid => {
                diagnostics.push(self.mismatch(value));
                return None;
            }
        };
        let known = self.words.iter().zip(T::VALUES).find(|(word, _)| word.text == text);
        if let Some((_, &found)) = known {
            return Some(Spanned::new(found, value.span()));
        }
        let message = format!("unknown {} {}", quoted(value.key), quoted(text));
        let mut error = Diagnostic::error(Code::UnknownChoice, value.span(), message);
        if let Some(nearest) = nearest(text, self.words.iter().map(|word| word.text)) {
            error = error.help(format!("did you mean `{nearest}`?"));
        }
        diagnostics.push(error.help(format!("expected {}", self.shape().what())));
        None
    }

    fn shape(&self) -> Shape {
        Shape::Choice(self.words)
    }
}
