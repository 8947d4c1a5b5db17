//! Names of tensors in a spec and in sentences.

/// In double quotes, as YAML reads it.
pub(super) fn text(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            // Line ends, marks of direction and the like.
            c if c.is_control() || ('\u{2000}'..='\u{206f}').contains(&c) || c == '\u{feff}' => {
                quoted += &format!("\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

/// In backticks, for a sentence.
pub(super) fn named(name: &str) -> String {
    if name.is_empty() { "`\"\"`".to_owned() } else { format!("`{}`", one_line(name)) }
}

/// For a sentence: without line ends and what a terminal would act on.
pub(super) fn one_line(text: &str) -> String {
    let quoted = self::text(text);
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_on_their_line_and_in_their_quotes() {
        for (name, expected) in [
            ("lstm", r#""lstm""#),
            (r#"a"b\c"#, r#""a\"b\\c""#),
            ("größe", r#""größe""#),
            ("a\nb", r#""a\u000ab""#),
            ("a\u{202e}b", r#""a\u202eb""#),
        ] {
            assert_eq!(text(name), expected);
        }
        assert_eq!((named("a\nb"), named("")), (r"`a\u000ab`".to_owned(), "`\"\"`".to_owned()));
        assert_eq!(one_line("\"\n"), r#"\"\u000a"#);
    }
}
