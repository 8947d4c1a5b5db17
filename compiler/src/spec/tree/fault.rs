//! What the YAML parser found wrong, in words that tell how to mend it.

use super::build::MAX_DEPTH;
use super::places::Places;
use crate::diagnostic::{Code, Diagnostic, Span, quoted};
use saphyr_parser::ScanError;

/// Part of the parser's words, our message, and how to mend it.
const FAULTS: &[(&str, &str, &str)] = &[
    ("tabs disallowed", "a tab indents this line", "indent with spaces"),
    ("tab cannot be used as indentation", "a tab indents this line", "indent with spaces"),
    ("cannot start with a tab", "a tab indents this line", "indent with spaces"),
    ("found a tab", "a tab stands where YAML allows spaces only", "write a space instead"),
    (
        "mapping values are not allowed",
        "a `:` stands where no key can be",
        "check the indentation of this line and the last; put a text with `: ` in it in quotes",
    ),
    (
        "illegal placement of ':'",
        "a `:` stands where no key can be",
        "close the list or map before it; put a text with a colon in quotes",
    ),
    (
        "simple key expect",
        "expected a `:` after the key",
        "check the indentation of this line; write `key: value`",
    ),
    (
        "did not find expected key",
        "expected a key here",
        "keys of one map have the same indentation; items of a list start with `- `",
    ),
    (
        "did not find expected '-' indicator",
        "expected the next item of the list",
        "items of a list start with `- ` at the same indentation; a map and a list do not mix",
    ),
    ("expected ',' or ']'", "expected `,` or `]`", "close the list with `]`"),
    ("expected ',' or '}'", "expected `,` or `}`", "close the map with `}`"),
    ("invalid indentation in quoted", "the quote is not closed", "close it on the same line"),
    ("unexpected end of stream", "the quote is not closed", "close it on the same line"),
    ("misplaced bracket", "a bracket is closed that was not opened", "remove it, or put the text in quotes"),
    ("unexpected character", "a text cannot start with this character", "put the text in quotes"),
    ("unprintable character", "a character here is not text", "remove it; a spec is UTF-8 text"),
    ("unknown escape character", "a backslash starts no escape here", r"write `\\`, or use single quotes"),
    ("hexadecimal number", "an escape here lacks hexadecimal digits", r"write `\\`, or use single quotes"),
    (
        "trailing content after",
        "the text goes on after its quote",
        "put the whole text in one pair of quotes",
    ),
    (
        "did not find expected <document start>",
        "something follows the end of the spec",
        "a spec is one map of keys",
    ),
    (
        "invalid indentation",
        "the indentation of this line fits nothing above it",
        "align it with its neighbours",
    ),
    (
        "wrongly indented",
        "the indentation of this line fits nothing above it",
        "align it with its neighbours",
    ),
    ("comment intercepting", "a comment divides a text of several lines", "put the text on one line"),
    ("did not find expected node content", "expected a value here", "remove the `,` or write a value"),
];

/// The parser's error; `open` are the brackets that wait to be closed.
pub(super) fn explain(error: &ScanError, text: &str, places: &Places<'_>, open: &[Span]) -> Diagnostic {
    let at = error.marker().index();
    let mut span = Span::new(places.byte(at), places.byte(at.saturating_add(1)));
    let info = error.info();
    if info.contains("recursion limit") {
        return too_deep(span);
    }
    if info.contains("unknown anchor") {
        return unknown_alias(span, text);
    }
    if info.contains("tab") {
        span = on_tab(span, text);
    }
    let known = FAULTS.iter().find(|(part, ..)| info.contains(part));
    let mut diagnostic = match known {
        Some((_, message, help)) => Diagnostic::error(Code::InvalidYaml, span, *message).help(*help),
        None => Diagnostic::error(Code::InvalidYaml, span, format!("not YAML: {info}")),
    };
    if let (Some(&open), true) =
        (open.last(), info.contains("expected ','") || info.contains("illegal placement"))
    {
        diagnostic = diagnostic.related(open, "opened here");
    }
    diagnostic
}

/// The tab at or just before `span`.
fn on_tab(span: Span, text: &str) -> Span {
    let before = text.get(..span.start).unwrap_or("");
    match before.strip_suffix('\t') {
        Some(rest) => Span::new(rest.len(), before.len()),
        None => span,
    }
}

pub(super) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error(Code::TooDeep, span, format!("values nest more than {MAX_DEPTH} deep"))
        .help("no key of a spec needs more than a few levels")
}

fn unknown_alias(span: Span, text: &str) -> Diagnostic {
    let rest = text.get(span.start..).unwrap_or("");
    let end = rest.find(|c: char| c.is_whitespace() || ",[]{}".contains(c)).unwrap_or(rest.len());
    let alias = rest.get(..end).unwrap_or("");
    let span = Span::new(span.start, span.start + alias.len());
    Diagnostic::error(
        Code::UnknownAlias,
        span,
        format!("no anchor before this alias is named {}", quoted(alias.trim_start_matches('*'))),
    )
    .help("put a text that starts with `*` in quotes, or name a value before it with `&`")
}
