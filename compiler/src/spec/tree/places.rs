//! From the parser's places, counted in characters, to bytes.

use crate::diagnostic::Span;
use saphyr_parser::{Event, ScalarStyle};

/// The byte of every `STRIDE`th character.
pub(super) struct Places<'a> {
    text: &'a str,
    bytes: Vec<usize>,
}

const STRIDE: usize = 64;

impl<'a> Places<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let bytes = text.char_indices().step_by(STRIDE).map(|(byte, _)| byte).collect();
        Places { text, bytes }
    }

    /// The byte at which a character starts; the end of the text for those beyond.
    pub(super) fn byte(&self, character: usize) -> usize {
        let end = self.text.len();
        let Some(&base) = self.bytes.get(character / STRIDE) else {
            return end;
        };
        let rest = self.text.get(base..).unwrap_or("");
        rest.char_indices().nth(character % STRIDE).map_or(end, |(byte, _)| base + byte)
    }

    /// Where an event is. The parser's spans go on over comments after quotes, and absent values
    /// have the place of what follows them.
    #[cfg_attr(not(test), expect(clippy::wildcard_enum_match_arm, reason = "events of another crate"))]
    pub(super) fn of(&self, event: &Event<'_>, span: saphyr_parser::Span) -> Span {
        let start = self.byte(span.start.index());
        let span = Span::new(start, self.byte(span.end.index()));
        match event {
            Event::Scalar(_, ScalarStyle::SingleQuoted, ..) => self.trim_quoted(span, '\''),
            Event::Scalar(_, ScalarStyle::DoubleQuoted, ..) => self.trim_quoted(span, '"'),
            Event::Scalar(text, _, 0, None) if text.is_empty() => Span::new(start, start),
            _ => span,
        }
    }

    fn trim_quoted(&self, span: Span, quote: char) -> Span {
        let text = self.text.get(span.start..span.end).unwrap_or("");
        let Some(open) = text.find(quote) else {
            return span;
        };
        let mut characters = text.char_indices().skip_while(|&(at, _)| at <= open).peekable();
        while let Some((at, character)) = characters.next() {
            if character == '\\' && quote == '"' {
                characters.next();
            } else if character == quote
                && quote == '\''
                && characters.next_if(|next| next.1 == quote).is_some()
            {
                // A quote written twice is one of the text.
            } else if character == quote {
                return Span::new(span.start, span.start + at + 1);
            }
        }
        span
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trims_comments_after_quotes() {
        for (text, quote, expected) in [
            ("'a' # it's", '\'', "'a'"),
            ("'it''s'  ", '\'', "'it''s'"),
            ("&x \"\\\"é\" #\"", '"', "&x \"\\\"é\""),
            ("''", '\'', "''"),
        ] {
            let span = Places::new(text).trim_quoted(Span::new(0, text.len()), quote);
            assert_eq!(&text[span.start..span.end], expected);
        }
    }

    #[test]
    fn counts_bytes() {
        let text = "aé日𝄞".repeat(100);
        let places = Places::new(&text);
        for (character, (byte, _)) in text.char_indices().enumerate() {
            assert_eq!(places.byte(character), byte);
        }
        assert_eq!(places.byte(400), text.len());
        assert_eq!(places.byte(usize::MAX), text.len());
        assert_eq!(Places::new("").byte(0), 0);
    }
}
