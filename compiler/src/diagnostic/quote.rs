//! The user's words inside our sentences.

use std::fmt::Write;

/// Characters kept of a long text.
const LENGTH: usize = 60;

/// `text` in backticks, on one line and of bounded length.
pub fn quoted(text: &str) -> String {
    if text.is_empty() {
        return "`\"\"`".to_owned();
    }
    let mut quoted = String::from("`");
    for (index, character) in text.chars().enumerate() {
        if index == LENGTH {
            quoted.push_str("...");
            break;
        }
        if character.is_control() {
            // Writing to a string cannot fail.
            let _ = write!(quoted, "{}", character.escape_default());
        } else {
            quoted.push(character);
        }
    }
    quoted.push('`');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_on_one_short_line() {
        assert_eq!(quoted("größe"), "`größe`");
        assert_eq!(quoted(""), "`\"\"`");
        assert_eq!(quoted("a\nb\u{1b}"), r"`a\nb\u{1b}`");
        assert!(quoted(&"x".repeat(1 << 20)).len() < 100);
    }
}
