//! Findings as text, in rustc's look.

use super::source::{Place, Source};
use super::{Diagnostic, Diagnostics, Severity};
use annotate_snippets::{
    Annotation, AnnotationKind, Element, Level, Origin, Renderer, Snippet, normalize_untrusted_str,
};
use std::collections::BTreeMap;

/// How many findings are shown in full.
const SHOWN: usize = 100;
/// Places further apart than this many lines are shown apart.
const NEIGHBOURS: usize = 16;

/// The findings about the spec `text` at `path`, as a person reads them.
///
/// With `colour` the text carries ANSI escapes for a terminal.
pub fn render(path: &str, text: &str, diagnostics: &Diagnostics, colour: bool) -> String {
    let path = &normalize_untrusted_str(path);
    let source = Source::new(text);
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut parts: Vec<String> =
        diagnostics.iter().take(SHOWN).map(|diagnostic| one(path, &source, diagnostic, &renderer)).collect();
    if diagnostics.len() > 1 {
        parts.push(summary(diagnostics));
    }
    let mut rendered = parts.join("\n\n");
    if !rendered.is_empty() {
        rendered.push('\n');
    }
    // The renderer replaces the other control characters.
    rendered.replace(|c| ('\u{80}'..='\u{9f}').contains(&c), "\u{fffd}")
}

fn one(path: &str, source: &Source<'_>, diagnostic: &Diagnostic, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let primary = source.place(diagnostic.span);
    let mut marks =
        vec![Mark { place: primary.clone(), kind: AnnotationKind::Primary, text: &diagnostic.label }];
    let mut elsewhere = Vec::new();
    for (span, text) in &diagnostic.related {
        let mark = Mark { place: source.place(*span), kind: AnnotationKind::Context, text };
        let near = mark.place.line.abs_diff(primary.line) <= NEIGHBOURS;
        if near { marks.push(mark) } else { elsewhere.push(mark) }
    }

    let mut group = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code.id())
        .element(snippet(path, source, marks));
    for mark in elsewhere {
        group = group.element(snippet(path, source, vec![mark]));
    }
    let help = diagnostic.help.iter();
    group = group.elements(help.map(|help| Level::HELP.message(normalize_untrusted_str(help))));
    renderer.render(&[group])
}

struct Mark<'a> {
    place: Place,
    kind: AnnotationKind,
    text: &'a str,
}

/// The lines from the first to the last mark; a primary mark gives the place in the header.
fn snippet<'a>(path: &'a str, source: &Source<'_>, marks: Vec<Mark<'a>>) -> Element<'a> {
    if let Some(far) = marks.iter().find(|mark| !mark.place.is_near()) {
        return Origin::path(path).line(far.place.line + 1).char_column(far.place.column).into();
    }
    let mut lines: BTreeMap<usize, Vec<Mark<'a>>> = BTreeMap::new();
    for mark in marks {
        lines.entry(mark.place.line).or_default().push(mark);
    }
    let first = lines.keys().next().copied().unwrap_or(0);
    let last = lines.keys().next_back().copied().unwrap_or(0);

    let mut text = String::new();
    let mut annotations: Vec<Annotation<'a>> = Vec::new();
    for line in first..=last {
        let marks = lines.remove(&line).unwrap_or_default();
        let furthest = marks.iter().map(|mark| &mark.place).max_by_key(|place| place.range.start);
        let excerpt = source.excerpt(line, furthest);
        for mark in &marks {
            let at = |byte: usize| text.len() + byte.min(excerpt.len());
            let range = at(mark.place.range.start)..at(mark.place.range.end);
            let label = (!mark.text.is_empty()).then_some(mark.text);
            annotations.push(mark.kind.span(range).label(label));
        }
        text.push_str(excerpt);
        text.push('\n');
    }
    Snippet::source(text).path(path).line_start(first + 1).annotations(annotations).into()
}

fn summary(diagnostics: &Diagnostics) -> String {
    let count = |severity, word: &str| match diagnostics.count(severity) {
        0 => None,
        1 => Some(format!("1 {word}")),
        n => Some(format!("{n} {word}s")),
    };
    let counts = [count(Severity::Error, "error"), count(Severity::Warning, "warning")];
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    let hidden = match diagnostics.len().saturating_sub(SHOWN) {
        0 => String::new(),
        _ => format!("; the first {SHOWN} are shown"),
    };
    format!("{}{hidden}", counts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, Span};

    fn error(start: usize, end: usize) -> Diagnostic {
        Diagnostic::error(Code::UnknownKey, Span::new(start, end), "unknown key `b`").label("here")
    }

    fn plain(text: &str, findings: impl IntoIterator<Item = Diagnostic>) -> String {
        let mut diagnostics = Diagnostics::new();
        diagnostics.extend(findings);
        render("a.yaml", text, &diagnostics, false)
    }

    #[test]
    fn looks_like_rustc() {
        let text = "recurve: 1\r\nname: A\r\nb: 2\r\n";
        let finding = error(21, 22).related(12..16, "there").help("write `a`").help("or `c`");
        let expected = "\
error[unknown-key]: unknown key `b`
 --> a.yaml:3:1
  |
2 | name: A
  | ---- there
3 | b: 2
  | ^ here
  |
  = help: write `a`
  = help: or `c`
";
        assert_eq!(plain(text, [finding]), expected);
    }

    #[test]
    fn shows_distant_places_apart() {
        let text = format!("a: 1\n{}a: 2\n", "#\n".repeat(100));
        let end = text.len() - 5;
        let expected = "\
error[unknown-key]: unknown key `b`
   --> a.yaml:102:1
    |
102 | a: 2
    | ^ here
    |
   ::: a.yaml:1:1
    |
  1 | a: 1
    | - first
";
        assert_eq!(plain(&text, [error(end, end + 1).related(0..1, "first")]), expected);
    }

    #[test]
    fn sorts_and_counts() {
        let warning = Diagnostic::warning(Code::UnusedTensor, 0..1, "first");
        let text = plain("a: 1\nb: 2\nc: 3\n", [error(10, 11), error(5, 6), warning]);
        let places: Vec<_> = text.lines().filter(|line| line.contains("-->")).collect();
        assert_eq!(places, [" --> a.yaml:1:1", " --> a.yaml:2:1", " --> a.yaml:3:1"]);
        assert!(text.ends_with("\n\n2 errors, 1 warning\n"));
    }

    #[test]
    fn survives_any_text_and_span() {
        let long = "é".repeat(5000);
        for text in ["", "\n", "a", "\u{feff}a", "\t\tb\0\u{1b}[31m\u{202e}", "a\r\n\r\nb", "日本\n語", &long]
        {
            for start in [0, 1, 2, 3, 7, 100, 9999, usize::MAX] {
                for end in [0, 1, 2, 3, 5, 101, 10_000, usize::MAX] {
                    let finding = error(start, end).related(end..start, "x").help("\u{1b}[31m");
                    let rendered = plain(text, [finding]);
                    assert!(!rendered.contains('\u{1b}'), "{rendered}");
                    assert!(rendered.len() < 4000);
                }
            }
        }
    }

    #[test]
    fn paths_and_texts_carry_no_escape_sequence() {
        let mut diagnostics = Diagnostics::new();
        diagnostics.push(error(0, 1).help("\u{9b}2J"));
        let rendered = render("\u{1b}[2J\u{9b}", "\u{9b}31m", &diagnostics, false);
        assert!(!rendered.contains(['\u{1b}', '\u{9b}']), "{rendered:?}");
    }

    #[test]
    fn shows_a_bounded_number() {
        let text = plain(
            "a: 1\n",
            (0..10_000).map(|n| Diagnostic::error(Code::UnknownKey, 0..1, format!("number {n}"))),
        );
        assert!(text.ends_with("10000 errors; the first 100 are shown\n"));
        assert_eq!(text.matches("error[").count(), 100);
    }

    #[test]
    fn colours_for_terminals_only() {
        let mut diagnostics = Diagnostics::new();
        diagnostics.push(error(0, 1));
        assert!(render("a.yaml", "b: 1", &diagnostics, true).contains('\u{1b}'));
        assert!(!render("a.yaml", "b: 1", &diagnostics, false).contains('\u{1b}'));
    }
}
