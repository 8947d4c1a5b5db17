//! Texts and names.

use super::{Kind, Resolved, Value};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Spanned, quoted};
use crate::spec::table::Shape;
use crate::spec::tree::Content;

/// A text with something in it.
pub(in crate::spec) struct Text {
    /// How sentences call it, with its article.
    pub(in crate::spec) what: &'static str,
    /// Characters it cannot end with, and what to do about them.
    pub(in crate::spec) end: Option<(char, &'static str)>,
}

impl Kind for Text {
    type Out = Spanned<String>;

    fn read(&self, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<String>> {
        let text = text(self, value, diagnostics)?;
        if let Some((_, help)) = self.end.filter(|(end, _)| text.ends_with(*end)) {
            let message = format!("`{}` is {}", value.key, quoted(&text));
            diagnostics.push(Diagnostic::error(Code::InvalidName, value.span(), message).help(help));
            return None;
        }
        Some(text)
    }

    fn shape(&self) -> Shape {
        Shape::Text { what: self.what, pattern: self.end.map_or(".", |_| "[^.]$") }
    }
}

/// The same, or nothing.
pub(in crate::spec) struct OrEmpty(pub(in crate::spec) Text);

impl Kind for OrEmpty {
    type Out = Spanned<String>;

    fn read(&self, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<String>> {
        match value.scalar() {
            Some(Resolved::Text("")) => Some(Spanned::new(String::new(), value.span())),
            _ => self.0.read(value, diagnostics),
        }
    }

    fn shape(&self) -> Shape {
        Shape::Text { what: self.0.what, pattern: "^$|[^.]$" }
    }
}

fn text<K: Kind>(kind: &K, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<String>> {
    let error = match (value.scalar(), &*value.node.content) {
        (Some(Resolved::Text("")), _) => {
            Diagnostic::error(Code::Empty, value.span(), format!("`{}` is empty", value.key))
                .help(format!("expected {}", kind.shape().what()))
        }
        (Some(Resolved::Text(text)), _) => {
            return Some(Spanned::new(text.to_owned(), value.span()));
        }
        (Some(Resolved::Null), _) => kind.mismatch(value),
        (Some(_), Content::Scalar(scalar)) => {
            kind.mismatch(value).help(format!("put it in quotes: `\"{}\"`", scalar.text))
        }
        _ => kind.mismatch(value),
    };
    diagnostics.push(error);
    None
}

/// The name of a Rust type.
pub(in crate::spec) struct TypeName;

const LONGEST: usize = 100;

impl Kind for TypeName {
    type Out = Spanned<String>;

    /// A bad name is returned, too: nothing else depends on it.
    fn read(&self, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<String>> {
        let name = text(self, value, diagnostics)?;
        if !is_type_name(&name) {
            let message = format!("{} cannot name the generated type", quoted(&name));
            let error = Diagnostic::error(Code::InvalidName, value.span(), message);
            let error = match name.as_str() {
                "Self" => error.help("`Self` is a keyword of Rust"),
                name if name.len() > LONGEST => error.help(format!("use at most {LONGEST} letters")),
                _ => error.help("it is a Rust type: a capital letter, then letters and digits of ASCII"),
            };
            let camel = upper_camel(&name);
            diagnostics.push(match name.is_ascii() && is_type_name(&camel) {
                true => error.help(format!("for example `{camel}`")),
                false => error,
            });
        }
        Some(name)
    }

    fn shape(&self) -> Shape {
        Shape::Text { what: "a type name", pattern: "^[A-Z][A-Za-z0-9]*$" }
    }
}

fn is_type_name(name: &str) -> bool {
    let letters =
        name.starts_with(|c: char| c.is_ascii_uppercase()) && name.bytes().all(|c| c.is_ascii_alphanumeric());
    letters && name != "Self" && name.len() <= LONGEST
}

fn upper_camel(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let capital = |word: &str| {
        let mut characters = word.chars();
        characters
            .next()
            .map_or(String::new(), |first| first.to_ascii_uppercase().to_string() + characters.as_str())
    };
    words.map(capital).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_type_names() {
        for name in ["A", "Kws", "KeywordSpotter", "Kws2", "LSTM"] {
            assert!(is_type_name(name), "{name}");
        }
        for name in ["", "kws", "Key_Word", "Self", "2Kws", "Größe", "A-B", &"A".repeat(101)] {
            assert!(!is_type_name(name), "{name}");
        }
    }

    #[test]
    fn suggests_type_names() {
        assert_eq!(upper_camel("key_word spotter-2"), "KeyWordSpotter2");
        assert_eq!(upper_camel("--"), "");
    }
}
