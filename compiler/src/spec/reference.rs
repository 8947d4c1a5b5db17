//! The page that describes the language.

use super::Spec;
use super::read::Map;
use super::schema::joined;
use super::table::{Exclusive, Key, MOST_TOLERANCE, Shape, Table, Word, choice};
use crate::diagnostic::Code;
use std::fmt::Write;

pub(super) const EXAMPLE: &str = include_str!("example.yaml");

/// The reference page of the spec language, in Markdown.
pub fn reference() -> String {
    let maps: Vec<String> = Spec::table().family().into_iter().map(map).collect();
    let codes = Code::ALL.iter().map(|code| format!("\n| `{}` | {} |", code.id(), code.explain()));
    let codes = format!("| code | meaning |\n|---|---|{}", codes.collect::<String>());
    include_str!("reference.md")
        .replace("{example}", EXAMPLE.trim_end())
        .replace("{maps}", maps.join("\n").trim_end())
        .replace("{tensor_names}", include_str!("tensor_names.md").trim_end())
        .replace("{codes}", &codes)
}

// Writing to a string cannot fail, hence the ignored results.
fn map(table: &'static Table) -> String {
    let doc = joined(table.doc);
    let mut out = match table.name {
        "spec" => format!("## The top level\n\n{doc}\n"),
        name => format!("## `{name}`\n\n{doc}\n\n```yaml\n{}```\n", example(table)),
    };
    out.push_str("\n| key | value | default | meaning |\n|---|---|---|---|\n");
    for key in table.keys {
        let value = value(&(key.rule)().shape);
        let also = key.also().map_or(String::new(), |also| format!(", also `{also}`"));
        let _ = writeln!(
            out,
            "| `{}`{also} | {value} | {} | {} |",
            key.name,
            default(table, key),
            cell(&joined(key.doc))
        );
    }
    for group in table.exclusive {
        let keys = choice(group.keys.iter().copied());
        let how_many = if group.needed { "exactly" } else { "at most" };
        let _ = writeln!(out, "\nA map has {how_many} one of {}.", keys.replace(" or ", " and "));
    }
    for (keys, words) in choices(table) {
        let _ = writeln!(out, "\n{}:\n", keys.join(" and "));
        for word in words {
            let _ = writeln!(out, "- `{}`: {}", word.text, joined(word.doc));
        }
    }
    out
}

/// A map with its keys; of those that exclude each other, the first.
pub(super) fn example(table: &Table) -> String {
    let mut out = format!("{}:\n", table.name);
    let mut shown: Vec<&str> = Vec::new();
    for key in table.keys {
        let excludes = |group: Exclusive| {
            group.keys.contains(&key.name) && group.keys.iter().any(|other| shown.contains(other))
        };
        if !key.apart && !table.groups().any(excludes) {
            let _ = writeln!(out, "  {}: {}", key.name, key.example);
            shown.push(key.name);
        }
    }
    out
}

fn default(table: &Table, key: &Key) -> String {
    match key.default {
        Some(default) => format!("`{default}`"),
        None if (key.rule)().required => "required".into(),
        None if table.groups().any(|group| group.needed && group.keys.contains(&key.name)) => {
            "one is required".into()
        }
        None => String::new(),
    }
}

fn value(shape: &Shape) -> String {
    match shape {
        Shape::Integer { min, max: u64::MAX } => format!("integer, at least {min}"),
        Shape::Integer { min, max } => format!("integer, {min} to {max}"),
        Shape::Number { positive: true } => "number above 0".into(),
        Shape::Share => "number between 0 and 1".into(),
        Shape::Fraction => "number from 0 to 1".into(),
        Shape::Tolerance => format!("number above 0, up to {MOST_TOLERANCE}"),
        Shape::Ratio => "number above 1".into(),
        Shape::Choice(words) => {
            let words: Vec<String> = words.iter().map(|word| format!("`{}`", word.text)).collect();
            words.join(", ")
        }
        Shape::OneOrMore(item) => format!("{}, or a list", value(item)),
        Shape::List(item) => format!("list; each item {}", value(item)),
        Shape::Pair(item) => format!("list of two; each item {}", value(item)),
        Shape::Map(table) => format!("map: [`{}`](#{})", table.name, table.name),
        Shape::OneKey(tables) => {
            let links: Vec<String> =
                tables().iter().map(|table| format!("[`{0}`](#{0})", table.name)).collect();
            format!("a map with one of {}", links.join(", "))
        }
        Shape::Either(one, other) => format!("{}, or {}", value(one), value(other)),
        Shape::Version(_)
        | Shape::Number { positive: false }
        | Shape::Boolean
        | Shape::Bytes
        | Shape::Text { .. } => {
            let what = shape.what();
            what.strip_prefix("a ").unwrap_or(&what).to_owned()
        }
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The words of a map's keys, keys with the same words together.
fn choices(table: &Table) -> Vec<(Vec<String>, &'static [Word])> {
    let mut choices: Vec<(Vec<String>, &'static [Word])> = Vec::new();
    for key in table.keys {
        let Shape::Choice(words) = (key.rule)().shape else {
            continue;
        };
        let same = |other: &[Word]| other.iter().map(|word| word.text).eq(words.iter().map(|word| word.text));
        let name = format!("`{}`", key.name);
        match choices.iter_mut().find(|(_, other)| same(other)) {
            Some((keys, _)) => keys.push(name),
            None => choices.push((vec![name], words)),
        }
    }
    choices
}
