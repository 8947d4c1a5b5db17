//! The keywords of JSON schema that the spec's schema uses. A keyword that is not known here panics.

use serde_json::{Map, Value};

/// Each place where `value` differs from what `schema` asks for.
pub(crate) fn errors(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, schema, value, "", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let keywords = schema.as_object().expect("a schema is an object");
    for (keyword, asked) in keywords {
        let says = |schema: &Value| {
            let mut found = Vec::new();
            check(root, schema, value, at, &mut found);
            found
        };
        let matching = || list(asked).iter().filter(|schema| says(schema).is_empty()).count();
        let number = || asked.as_f64().expect("a number");
        let within = |holds: fn(f64, f64) -> bool| value.as_f64().is_none_or(|value| holds(value, number()));
        let holds = match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "default" | "examples" | "enumDescriptions" => {
                true
            }
            // It is checked with `properties`.
            "additionalProperties" => true,
            "pattern" => value.as_str().is_none_or(|text| matches(asked.as_str().expect("a pattern"), text)),
            "$ref" => {
                let name =
                    asked.as_str().and_then(|name| name.strip_prefix('#')).expect("a reference within");
                found.extend(says(root.pointer(name).expect("what is referred to")));
                true
            }
            "type" => is_of(asked.as_str().expect("a type"), value),
            "const" => asked == value,
            "enum" => list(asked).contains(value),
            "minimum" => within(|value, least| value >= least),
            "maximum" => within(|value, most| value <= most),
            "exclusiveMinimum" => within(|value, least| value > least),
            "exclusiveMaximum" => within(|value, most| value < most),
            "minItems" => value.as_array().is_none_or(|items| items.len() as f64 >= number()),
            "maxItems" => value.as_array().is_none_or(|items| items.len() as f64 <= number()),
            "minProperties" => value.as_object().is_none_or(|map| map.len() as f64 >= number()),
            "maxProperties" => value.as_object().is_none_or(|map| map.len() as f64 <= number()),
            "required" => value.as_object().is_none_or(|map| {
                list(asked).iter().all(|key| map.contains_key(key.as_str().expect("a key")))
            }),
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, asked, item, &format!("{at}/{index}"), found);
                }
                true
            }
            "properties" => {
                let is_open = keywords.get("additionalProperties") != Some(&Value::Bool(false));
                properties(root, asked, is_open, value, at, found);
                true
            }
            "allOf" => matching() == list(asked).len(),
            "anyOf" => matching() > 0,
            "oneOf" => matching() == 1,
            "not" => !says(asked).is_empty(),
            other => panic!("the schema uses `{other}`"),
        };
        if !holds {
            found.push(format!("{at}: {keyword}: {asked}"));
        }
    }
}

fn properties(root: &Value, asked: &Value, is_open: bool, value: &Value, at: &str, found: &mut Vec<String>) {
    let known: &Map<String, Value> = asked.as_object().expect("properties are an object");
    for (key, value) in value.as_object().into_iter().flatten() {
        match known.get(key) {
            Some(schema) => check(root, schema, value, &format!("{at}/{key}"), found),
            None if is_open => {}
            None => found.push(format!("{at}/{key}: no such key")),
        }
    }
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        other => panic!("the schema has the type `{other}`"),
    }
}

/// Whether one of the schema's regular expressions, each with what it means, matches.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern {
        "." => !text.is_empty(),
        "^$|[^.]$" => text.is_empty() || matches("[^.]$", text),
        "[^.]$" => text.ends_with(|last| last != '.'),
        "^[A-Z][A-Za-z0-9]*$" => {
            text.starts_with(|first: char| first.is_ascii_uppercase())
                && text.chars().all(|one| one.is_ascii_alphanumeric())
        }
        "^[0-9]+ ?(B|kB|KiB|MB|MiB|GB|GiB)$" => {
            let unit = text.trim_start_matches(|digit: char| digit.is_ascii_digit());
            let units = ["B", "kB", "KiB", "MB", "MiB", "GB", "GiB"];
            unit.len() < text.len() && units.contains(&unit.strip_prefix(' ').unwrap_or(unit))
        }
        other => panic!("the schema has the pattern `{other}`"),
    }
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().expect("a list")
}
