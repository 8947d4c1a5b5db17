//! The JSON schema of a spec, for editors.

use super::Spec;
use super::json::Json;
use super::read::Map;
use super::table::{Exclusive, Key, MOST_TOLERANCE, Shape, Table};

/// The JSON schema (2020-12) of a spec.
pub fn schema() -> String {
    let root = Spec::table();
    let mut entries = vec![
        ("$schema", Json::text("https://json-schema.org/draft/2020-12/schema")),
        ("title", Json::text("recurve spec")),
    ];
    entries.extend(object(root));
    let maps = root.family().into_iter().skip(1);
    let maps = maps.map(|table| (table.name, Json::Object(object(table)))).collect();
    entries.push(("$defs", Json::Object(maps)));
    Json::Object(entries).pretty()
}

type Object = Vec<(&'static str, Json)>;

fn object(table: &'static Table) -> Object {
    let names = |key: &'static Key| std::iter::once(key.name).chain(key.also()).map(move |name| (name, key));
    let properties = table.keys.iter().flat_map(names);
    let properties = properties.map(|(name, key)| (name, Json::Object(property(key)))).collect();
    let mut entries = vec![
        ("description", Json::text(joined(table.doc))),
        ("type", Json::text("object")),
        ("properties", Json::Object(properties)),
    ];
    let required: Vec<&str> =
        table.keys.iter().filter(|key| (key.rule)().required).map(|key| key.name).collect();
    if !required.is_empty() {
        entries.push(("required", Json::texts(required)));
    }
    let groups: Vec<Json> = table.groups().flat_map(exclusive).collect();
    if !groups.is_empty() {
        entries.push(("allOf", Json::List(groups)));
    }
    entries.push(("additionalProperties", Json::Literal("false".into())));
    entries
}

/// At most one of the keys, exactly one where one is needed.
fn exclusive(group: Exclusive) -> Vec<Json> {
    let there = |names: &[&'static str]| Json::Object(vec![("required", Json::texts(names.iter().copied()))]);
    if group.needed {
        let one = group.keys.iter().map(|key| there(&[key]));
        return vec![Json::Object(vec![("oneOf", Json::List(one.collect()))])];
    }
    let pairs = group.keys.iter().enumerate().flat_map(|(at, first)| {
        group.keys.iter().skip(at + 1).map(|second| Json::Object(vec![("not", there(&[first, second]))]))
    });
    pairs.collect()
}

fn property(key: &'static Key) -> Object {
    let mut entries = vec![("description", Json::text(joined(key.doc)))];
    entries.extend(value((key.rule)().shape));
    if let Some(default) = key.default {
        entries.push(("default", scalar(default)));
    }
    if !key.example.starts_with(['{', '[']) {
        entries.push(("examples", Json::List(vec![scalar(key.example)])));
    }
    entries
}

fn value(shape: Shape) -> Object {
    let one = |kind: &str| vec![("type", Json::text(kind))];
    let any =
        |shapes: Vec<Object>| vec![("anyOf", Json::List(shapes.into_iter().map(Json::Object).collect()))];
    match shape {
        Shape::Version(number) => vec![("const", Json::number(number))],
        Shape::Integer { min, max } => {
            let mut entries = one("integer");
            entries.push(("minimum", Json::number(min)));
            if max < u64::MAX {
                entries.push(("maximum", Json::number(max)));
            }
            entries
        }
        Shape::Number { positive } => {
            let mut entries = one("number");
            if positive {
                entries.push(("exclusiveMinimum", Json::number(0)));
            }
            entries
        }
        Shape::Share => {
            let mut entries = one("number");
            entries.push(("exclusiveMinimum", Json::number(0)));
            entries.push(("exclusiveMaximum", Json::number(1)));
            entries
        }
        Shape::Fraction => {
            let mut entries = one("number");
            entries.push(("minimum", Json::number(0)));
            entries.push(("maximum", Json::number(1)));
            entries
        }
        Shape::Tolerance => {
            let mut entries = one("number");
            entries.push(("exclusiveMinimum", Json::number(0)));
            entries.push(("maximum", Json::Literal(MOST_TOLERANCE.to_string())));
            entries
        }
        Shape::Ratio => {
            let mut entries = one("number");
            entries.push(("exclusiveMinimum", Json::number(1)));
            entries
        }
        Shape::Boolean => one("boolean"),
        Shape::Bytes => {
            let mut text = one("string");
            text.push(("pattern", Json::text("^[0-9]+ ?(B|kB|KiB|MB|MiB|GB|GiB)$")));
            any(vec![value(Shape::Integer { min: 1, max: u64::MAX }), text])
        }
        Shape::Text { pattern, .. } => {
            let mut entries = one("string");
            entries.push(("pattern", Json::text(pattern)));
            entries
        }
        Shape::Choice(words) => {
            let docs = words.iter().map(|word| Json::text(joined(word.doc)));
            vec![
                ("enum", Json::texts(words.iter().map(|word| word.text))),
                ("enumDescriptions", Json::List(docs.collect())),
            ]
        }
        Shape::OneOrMore(item) => any(vec![value((*item).clone()), value(Shape::List(item))]),
        Shape::List(item) => {
            let mut entries = one("array");
            entries.push(("items", Json::Object(value(*item))));
            entries.push(("minItems", Json::number(1)));
            entries
        }
        Shape::Pair(item) => {
            let mut entries = value(Shape::List(item));
            entries.retain(|(key, _)| *key != "minItems");
            entries.extend(["minItems", "maxItems"].map(|key| (key, Json::number(2))));
            entries
        }
        Shape::Map(table) => reference(table),
        Shape::OneKey(tables) => {
            let properties = tables().into_iter().map(|table| (table.name, Json::Object(reference(table))));
            let mut entries = one("object");
            entries.push(("properties", Json::Object(properties.collect())));
            entries.push(("minProperties", Json::number(1)));
            entries.push(("maxProperties", Json::number(1)));
            entries.push(("additionalProperties", Json::Literal("false".into())));
            entries
        }
        Shape::Either(one, other) => any(vec![value(*one), value(*other)]),
    }
}

fn reference(table: &Table) -> Object {
    vec![("$ref", Json::text(format!("#/$defs/{}", table.name)))]
}

/// A scalar of YAML in JSON.
fn scalar(yaml: &str) -> Json {
    let text = yaml.trim_matches('"');
    let literal = text.parse::<f64>().is_ok_and(f64::is_finite) || matches!(text, "true" | "false");
    if literal && text == yaml { Json::Literal(yaml.into()) } else { Json::text(text) }
}

/// The lines of a doc comment as one.
pub(super) fn joined(doc: &[&str]) -> String {
    let lines: Vec<&str> = doc.iter().map(|line| line.trim()).collect();
    lines.join(" ")
}
