//! Just enough JSON to write a schema.

use std::fmt::Write;

pub(super) enum Json {
    Text(String),
    /// A number or boolean, as it is written.
    Literal(String),
    List(Vec<Json>),
    Object(Vec<(&'static str, Json)>),
}

impl Json {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Json::Text(text.into())
    }

    pub(super) fn number(number: u64) -> Self {
        Json::Literal(number.to_string())
    }

    pub(super) fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Json::List(texts.into_iter().map(Json::text).collect())
    }

    /// Two spaces a level.
    pub(super) fn pretty(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, 0);
        out.push('\n');
        out
    }

    fn write(&self, out: &mut String, level: usize) {
        match self {
            Json::Text(text) => write_text(text, out),
            Json::Literal(literal) => out.push_str(literal),
            Json::List(items) => block(out, level, ('[', ']'), items, |item, out| item.write(out, level + 1)),
            Json::Object(entries) => block(out, level, ('{', '}'), entries, |(key, value), out| {
                write_text(key, out);
                out.push_str(": ");
                value.write(out, level + 1);
            }),
        }
    }
}

fn block<T>(
    out: &mut String,
    level: usize,
    (open, close): (char, char),
    items: &[T],
    mut write: impl FnMut(&T, &mut String),
) {
    out.push(open);
    for (index, item) in items.iter().enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        out.push_str(&"  ".repeat(level + 1));
        write(item, out);
    }
    if !items.is_empty() {
        out.push('\n');
        out.push_str(&"  ".repeat(level));
    }
    out.push(close);
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            // Writing to a string cannot fail.
            c if c.is_control() => drop(write!(out, "\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_json() {
        let list = Json::List(vec![Json::number(1), Json::text("a\"\\\n\u{7}é"), Json::List(vec![])]);
        let json = Json::Object(vec![("list", list), ("empty", Json::Object(vec![]))]);
        let expected =
            "{\n  \"list\": [\n    1,\n    \"a\\\"\\\\\\n\\u0007é\",\n    []\n  ],\n  \"empty\": {}\n}\n";
        assert_eq!(json.pretty(), expected);
    }
}
