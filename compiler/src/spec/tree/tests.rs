use super::build::MAX_NODES;
use super::*;
use crate::diagnostic::{Code, Diagnostics};
use std::time::{Duration, Instant};

/// The tree with its places left out, and the codes of what is wrong.
fn tree(text: &str) -> (String, Vec<Code>) {
    let mut diagnostics = Diagnostics::new();
    let node = parse(text, &mut diagnostics);
    let codes = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    (node.map_or("none".into(), |node| show(&node)), codes)
}

fn show(node: &Node) -> String {
    let join = |parts: Vec<String>| parts.join(", ");
    match &*node.content {
        Content::Scalar(scalar) if scalar.quoted => format!("{:?}", scalar.text),
        Content::Scalar(scalar) => scalar.text.clone(),
        Content::Sequence(items) => format!("[{}]", join(items.iter().map(show).collect())),
        Content::Mapping(entries) => {
            let entries = entries.iter().map(|entry| format!("{}: {}", entry.key.value, show(&entry.value)));
            format!("{{{}}}", join(entries.collect()))
        }
        Content::Invalid => "!".into(),
    }
}

fn spans(text: &str) -> Vec<&str> {
    fn walk<'a>(node: &Node, text: &'a str, out: &mut Vec<&'a str>) {
        out.push(&text[node.span.start..node.span.end]);
        match &*node.content {
            Content::Sequence(items) => items.iter().for_each(|item| walk(item, text, out)),
            Content::Mapping(entries) => {
                for entry in entries {
                    out.push(&text[entry.key.span.start..entry.key.span.end]);
                    walk(&entry.value, text, out);
                }
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    walk(&parse(text, &mut Diagnostics::new()).expect("YAML"), text, &mut out);
    out
}

#[test]
fn reads_every_style() {
    for (text, expected) in [
        ("a: 1\nb:\n  - x: 'y'\n  - [1, {k: v}]\n", "{a: 1, b: [{x: \"y\"}, [1, {k: v}]]}"),
        ("\u{feff}# c\r\na: 1 # d\r\n\r\nb: 2", "{a: 1, b: 2}"),
        ("---\na: |\n  one\n  two\n...\n", "{a: \"one\\ntwo\\n\"}"),
        ("a: &x {b: 1}\nc: *x\n", "{a: {b: 1}, c: {b: 1}}"),
        ("a:\nb: ~\n", "{a: , b: ~}"),
        ("? a\n: b\n", "{a: b}"),
        ("text", "text"),
        ("", "none"),
        ("# nothing\n", "none"),
    ] {
        assert_eq!(tree(text), (expected.to_owned(), vec![]), "{text}");
    }
}

#[test]
fn places_are_bytes() {
    let text = "größe: 'ä' # ü\nb:\n  - {é: ö}\n\n# end\n";
    let map = "größe: 'ä' # ü\nb:\n  - {é: ö}";
    assert_eq!(spans(text), [map, "größe", "'ä'", "b", "- {é: ö}", "{é: ö}", "é", "ö"]);
    assert_eq!(
        spans(
            "a:
b: &x é
"
        ),
        [
            "a:
b: &x é",
            "a",
            "a",
            "b",
            "&x é"
        ]
    );
}

#[test]
fn says_what_it_leaves_out() {
    for (text, expected, code) in [
        ("a: 1\na: 2\nb: 3\n", "{a: 1, b: 3}", Code::DuplicateKey),
        ("a: !!float 1\nb: 2\n", "{a: !, b: 2}", Code::InvalidYaml),
        ("a: !x {c: 1}\nb: 2\n", "{a: {c: 1}, b: 2}", Code::InvalidYaml),
        ("<<: {a: 1}\nb: 2\n", "{b: 2}", Code::InvalidYaml),
        ("[a]: 1\nb: 2\n", "{b: 2}", Code::InvalidYaml),
        (": 1\nb: 2\n", "{b: 2}", Code::InvalidYaml),
        ("a: &x [1, *x]\nb: 2\n", "{a: [1, !], b: 2}", Code::AliasLoop),
        ("a: 1\n---\nb: 2\n", "{a: 1}", Code::InvalidYaml),
        ("a: *b\n", "none", Code::UnknownAlias),
        ("a: [\n", "none", Code::InvalidYaml),
        ("a:\n\tb: 1\n", "none", Code::InvalidYaml),
        ("a: 1\n\0b: 2\n", "none", Code::InvalidYaml),
    ] {
        assert_eq!(tree(text), (expected.to_owned(), vec![code]), "{text}");
    }
}

#[test]
fn every_known_fault_is_ours() {
    for text in [
        "a:\n\tb: 1",
        "a: b\n c: d",
        "a: b\nc\n",
        "a: 1\n b\nc: [}",
        "- a\nb: c",
        "a: [b",
        "{a: b",
        "a: 'b",
        "a: ]",
        "a: @x",
        "a: \"\\q\"",
        "a: \"\\xzz\"",
        "a: 'b' c",
        "[a]\nb",
        "a: [,]",
    ] {
        let mut diagnostics = Diagnostics::new();
        parse(text, &mut diagnostics);
        let messages: Vec<_> = diagnostics.iter().map(|diagnostic| &diagnostic.message).collect();
        assert_eq!(messages.len(), 1, "{text}");
        assert!(!messages[0].starts_with("not YAML"), "{text}: {messages:?}");
    }
}

#[test]
fn bounds_depth_and_size() {
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(tree(&nested(64)).1, []);
    assert_eq!(tree(&nested(65)).1, [Code::TooDeep]);
    let alias =
        |depth: usize| format!("a: &x {}\nb: {}*x{}", nested(32), "[".repeat(depth), "]".repeat(depth));
    assert_eq!(tree(&alias(31)).1, []);
    assert_eq!(tree(&alias(32)).1, [Code::TooDeep]);

    let mut laughs = String::from("a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n");
    for level in 1..30 {
        let last = format!("*a{}, ", level - 1);
        laughs.push_str(&format!("a{level}: &a{level} [{}1]\n", last.repeat(9)));
    }
    assert_eq!(tree(&laughs).1, [Code::TooLarge]);
    assert_eq!(tree(&"- 1\n".repeat(MAX_NODES - 1)).1, []);
    assert_eq!(tree(&"- 1\n".repeat(MAX_NODES)).1, [Code::TooLarge]);
}

/// The parser neither recurses nor rescans; this would tell if a new version does.
#[test]
fn stays_quick_on_a_mebibyte_of_anything() {
    let pieces = [
        "[", "{", "- ", "? ", "[{", "a: ", "- ? ", ": ", "&a ", "*a ", "!t ", "\"", "'", "a", "#", " ", "\t",
        "\n", "|\n", "---\n", "%", "]", ",", "\u{feff}", "é", "[a, ", "{a: ", "a\n", "a:\n", "- a\n",
        "- &a\n", "? a\n", "[\n", "\0",
    ];
    for piece in pieces {
        let text = piece.repeat((1 << 20) / piece.len());
        let start = Instant::now();
        parse(&text, &mut Diagnostics::new());
        parse(&format!("a: [{text}"), &mut Diagnostics::new());
        assert!(start.elapsed() < Duration::from_secs(20), "{piece:?}");
    }
}
