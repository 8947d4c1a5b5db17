//! The lines of a spec, for looking up and showing places.

use super::Span;
use std::ops::Range;

/// Bytes of a line that are shown after the start of a place.
const AFTER: usize = 240;
/// Bytes before a place beyond which its line is not shown.
const NEAR: usize = 2000;

/// A text and where its lines start.
pub(super) struct Source<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

/// A span within one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Counted from 0.
    pub(super) line: usize,
    /// In characters, counted from 1.
    pub(super) column: usize,
    /// Bytes of the line.
    pub(super) range: Range<usize>,
}

impl<'a> Source<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let breaks = text.match_indices('\n').map(|(index, _)| index + 1);
        Source {
            text,
            // A byte order mark has no width: with it, carets would stand one place off.
            starts: std::iter::once(mark).chain(breaks).collect(),
        }
    }

    /// The first line of `span`, which may be any two numbers.
    pub(super) fn place(&self, span: Span) -> Place {
        let start = self.text.floor_char_boundary(span.start);
        let end = self.text.ceil_char_boundary(span.end).max(start);
        let line = self.starts.partition_point(|&first| first <= start).saturating_sub(1);
        let first = self.starts.get(line).copied().unwrap_or(0);
        let shown = self.line(line);
        let start = start.saturating_sub(first).min(shown.len());
        let end = end.saturating_sub(first).min(shown.len());
        Place { line, column: shown[..start].chars().count() + 1, range: start..end }
    }

    fn line(&self, line: usize) -> &'a str {
        let first = self.starts.get(line).copied().unwrap_or(self.text.len());
        let rest = &self.text[first..];
        let line = rest.split_once('\n').map_or(rest, |(line, _)| line);
        line.strip_suffix('\r').unwrap_or(line)
    }

    /// The start of the line, up to a little after `place` in it.
    pub(super) fn excerpt(&self, line: usize, place: Option<&Place>) -> &'a str {
        let full = self.line(line);
        let focus = place.map_or(0, |place| place.range.start);
        let end = full.ceil_char_boundary(focus.saturating_add(AFTER));
        &full[..end]
    }
}

impl Place {
    /// Whether the line is short enough up to here to show it.
    pub(super) fn is_near(&self) -> bool {
        self.range.start <= NEAR
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, start: usize, end: usize) -> (usize, usize, Range<usize>) {
        let place = Source::new(text).place(Span::new(start, end));
        (place.line, place.column, place.range)
    }

    #[test]
    fn finds_lines_and_columns() {
        assert_eq!(place("a: 1\nbc: 2\n", 5, 7), (1, 1, 0..2));
        assert_eq!(place("a: 1\r\nbc: 2\r\n", 10, 13), (1, 5, 4..5));
        assert_eq!(place("é: ö\n", 4, 6), (0, 4, 4..6));
        assert_eq!(place("\u{feff}a: 1", 3, 4), (0, 1, 0..1));
    }

    #[test]
    fn takes_any_span() {
        assert_eq!(place("", 0, 0), (0, 1, 0..0));
        assert_eq!(place("", 7, 3), (0, 1, 0..0));
        assert_eq!(place("a\n", 2, 2), (1, 1, 0..0));
        assert_eq!(place("a\nb", usize::MAX, usize::MAX), (1, 2, 1..1));
        assert_eq!(place("é", 1, 1), (0, 1, 0..2));
        assert_eq!(place("ab\ncd", 1, 5), (0, 2, 1..2));
    }

    #[test]
    fn cuts_long_lines() {
        let text = "ä".repeat(10_000);
        let source = Source::new(&text);
        let place = source.place(Span::new(1000, 1002));
        assert!(place.is_near());
        assert_eq!(source.excerpt(0, Some(&place)).len(), 1000 + AFTER);
        assert!(!source.place(Span::new(5000, 5002)).is_near());
    }
}
