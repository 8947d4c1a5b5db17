//! The JSON schema accepts what the reader accepts, and refuses what the reader refuses for its form.

mod json_schema;

use std::fs;
use std::path::{Path, PathBuf};

use json_schema::errors;
use recurve_compiler::diagnostic::{Code, Diagnostics};
use recurve_compiler::spec;
use serde_json::Value;

/// Codes of errors that a schema can find.
const OF_FORM: &[Code] = &[
    Code::ConflictingKeys,
    Code::MissingKey,
    Code::UnknownKey,
    Code::UnknownChoice,
    Code::UnsupportedVersion,
    Code::WrongType,
];

fn schema() -> Value {
    serde_json::from_str(&spec::schema()).expect("the schema is JSON")
}

fn codes(text: &str) -> Vec<Code> {
    let mut diagnostics = Diagnostics::new();
    spec::read(text, &mut diagnostics);
    diagnostics.iter().map(|found| found.code).collect()
}

/// Every spec below `folder`.
fn specs(folder: &str) -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            match entry.extension().is_some_and(|end| end == "yaml") {
                true => found.push(entry),
                false if entry.is_dir() => folders.push(entry),
                false => {}
            }
        }
    }
    found
}

#[test]
fn schema_and_reader_agree() {
    let schema = schema();
    let (mut good, mut bad) = (0, 0);
    for path in ["specs", "tests/traces", "tests/diagnostics"].into_iter().flat_map(specs) {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let Ok(value) = serde_yaml::from_str::<Value>(&text) else { continue };
        let (read, errors) = (codes(&text), errors(&schema, &value));
        if read.is_empty() {
            assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
            good += 1;
        } else if read.iter().any(|code| OF_FORM.contains(code)) {
            assert!(!errors.is_empty(), "{}: {read:?}", path.display());
            bad += 1;
        }
    }
    assert!(good > 100 && bad > 20, "{good} good specs and {bad} bad ones");
}

#[test]
fn every_pair_of_keys_that_exclude_each_other_is_refused() {
    let layer = |compression: &str| {
        format!(
            "layers: [{{rnn: {{name: a, hidden_size: 8, compression: {{{compression}}}}}}}]\ninput: {{features: 8}}\n"
        )
    };
    let linear =
        |more: &str| format!("layers: [{{linear: {{name: a, units: 8, activation: relu}}}}]\n{more}");
    let dual = |keys: &str| {
        linear(&format!("input: {{features: 8}}\nruntime: {{dual_module: [{{layer: a, {keys}}}]}}\n"))
    };
    let cases = [
        (linear("input: {features: 8}\n"), true),
        (linear("input: {features: 8, tokens: 8}\n"), false),
        (linear("input: {max_steps: 8}\n"), false),
        (layer("kp: {factors: [[2, 4], [4, 4]], matrices: both}"), true),
        (layer("kp: {factors: [[2, 4], [4, 4]], on: both}"), true),
        (layer("kp: {factors: [[2, 4], [4, 4]], ratio: 2}"), false),
        (layer("kp: {on: both, matrices: both}"), false),
        (layer("hkp: {rows: 2, factors: [[2, 4], [4, 4]]}"), true),
        (layer("hkp: {factors: [[2, 4], [4, 4]], ratio: 2}"), false),
        (layer("hkp: {rows: 2, ratio: 2}"), false),
        (layer("hkp: {matrices: both}"), false),
        (layer("hmd: {rows: 2, ratio: 2}"), false),
        (layer("low_rank: {rank: 2}"), true),
        (layer("low_rank: {rank: 2, ratio: 2}"), false),
        (layer("pruned: {sparsity: 0.5, ratio: 2}"), false),
        (layer("pruned: {}"), true),
        (layer("doped_kp: {sparsity: 0.5, ratio: 2}"), false),
        (layer("kp: {}, hmd: {rows: 2}"), false),
        (dual("epsilon: 0.5"), true),
        (dual("epsilon: 0.5, dim: 8"), false),
        (dual("thresholds: {relu: 0.5}"), true),
        (dual("thresholds: {relu: 0.5}, insensitive_ratio: 0.5"), false),
        (dual("thresholds: {sigmoid: 0.5, tanh: 0.5}"), true),
        (dual("thresholds: {tanh: 0.5, relu: 0.5}"), false),
        (dual("thresholds: {sigmoid: 0.5, softmax: 0.5}"), false),
    ];
    let schema = schema();
    for (part, is_good) in cases {
        let text = format!("recurve: 1\nname: A\nweights: a\noutput: last\n{part}");
        let value = serde_yaml::from_str::<Value>(&text).expect("YAML");
        assert_eq!(codes(&text).is_empty(), is_good, "the reader, of {part}");
        assert_eq!(errors(&schema, &value).is_empty(), is_good, "the schema, of {part}");
    }
}
