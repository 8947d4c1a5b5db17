//! Printing that neither panics nor passes on what a terminal would obey.
//!
//! The macros take the place of the standard library's: a write to standard output that fails ends the command with a
//! message, one to standard error is left out. Names from files have their control characters replaced.

use std::borrow::Cow;
use std::fmt::Arguments;
use std::io::{self, IsTerminal, Write};

macro_rules! print {
    ($($part:tt)*) => { $crate::print::output(&::std::format_args!($($part)*), "") };
}
macro_rules! println {
    () => { $crate::print::output(&::std::format_args!(""), "\n") };
    ($($part:tt)*) => { $crate::print::output(&::std::format_args!($($part)*), "\n") };
}
macro_rules! eprint {
    ($($part:tt)*) => { $crate::print::note(&::std::format_args!($($part)*), "") };
}
macro_rules! eprintln {
    ($($part:tt)*) => { $crate::print::note(&::std::format_args!($($part)*), "\n") };
}

/// Prints to standard output.
pub(crate) fn output(text: &Arguments<'_>, end: &str) {
    let text = text.to_string();
    write(plain(&text).as_bytes());
    write(end.as_bytes());
}

/// Prints to standard error.
pub(crate) fn note(text: &Arguments<'_>, end: &str) {
    let text = text.to_string();
    styled_note(&format!("{}{end}", plain(&text)));
}

/// Prints to standard error what has no names of files in it but plain ones, and may have colours.
pub(crate) fn styled_note(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Prints to standard output what has no names in it, and may have colours.
pub(crate) fn styled(text: &str) {
    write(text.as_bytes());
}

/// Prints a file to standard output as it is, unless that is a terminal.
pub(crate) fn file(text: &str) {
    match io::stdout().is_terminal() {
        true => write(plain(text).as_bytes()),
        false => write(text.as_bytes()),
    }
}

/// Sees to it that everything has been written.
pub(crate) fn flush() {
    if let Err(error) = io::stdout().flush() {
        fail(&error);
    }
}

fn write(bytes: &[u8]) {
    if let Err(error) = io::stdout().write_all(bytes) {
        fail(&error);
    }
}

pub(crate) fn fail(error: &io::Error) -> ! {
    styled_note(&format!("error: cannot write to standard output: {error}\n"));
    // What is left in the buffer would be tried again.
    std::process::exit(1)
}

/// Text of one line or more without what moves a cursor, changes colours or turns the direction of what follows. What replaces
/// it is readable in JSON too.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    let is_odd = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
    };
    if !text.contains(is_odd) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_odd(c) { plain += &format!("\\u{:04x}", u32::from(c)) } else { plain.push(c) }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_instead_of_obeyed() {
        assert_eq!(plain("a\tb\nc é"), "a\tb\nc é");
        assert_eq!(plain("\u{1b}[2J\r\u{9b}1m\u{202e}x\u{7f}"), "\\u001b[2J\\u000d\\u009b1m\\u202ex\\u007f");
        let json = serde_json::json!({"name": "\u{9b}\u{1b}"}).to_string();
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&plain(&json)).expect("JSON")["name"],
            "\u{9b}\u{1b}"
        );
    }
}
