//! `recurve new`, from bare tensors to a crate.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use recurve_compiler::compile;
use recurve_compiler::files::Directory;
use recurve_compiler::golden::Work;

const SPECS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs");
const TRACES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/traces");

fn folder(test: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder");
    path
}

fn recurve(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_recurve")).args(arguments).output().expect("the command")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

/// Layers, outputs, and every number.
fn model(spec: &Path) -> String {
    let text = fs::read_to_string(spec).expect("a spec");
    let folder = spec.parent().expect("a folder").to_owned();
    let compiled = compile(&text, &Directory(folder), Work::All).expect("a model");
    assert!(compiled.golden.is_some(), "{}: no trace", spec.display());
    format!("{:?} {:?}", compiled.model.output, compiled.model.layers)
}

#[test]
fn bare_tensors_and_a_trace_give_the_spec_that_a_person_wrote() {
    let root = folder("new_traces");
    let mut tried = 0;
    for (folder, stems) in [
        (format!("{SPECS}/digits"), vec!["lstm", "gru", "fastgrnn"]),
        (format!("{SPECS}/spoken_digits"), vec!["dense", "kp", "hkp", "hmd", "low_rank"]),
        (
            TRACES.to_owned(),
            vec![
                "fastrnn_low_rank",
                "gru_after_kp",
                "gru_before_hmd",
                "gru_bidirectional_stacked_linear",
                "gru_stacked",
                "keras_gru_after",
                "keras_gru_before",
                "keras_lstm_bidirectional",
                "keras_tokens_gru",
                "lstm_bidirectional_last",
                "lstm_no_bias",
                "lstm_projected",
                "lstm_projected_bidirectional",
                "lstm_residual",
                "lstm_stacked",
                "onnx_gru_before",
                "onnx_lstm_bidirectional",
                "rnn_low_rank",
                "rnn_relu",
                "tokens_lstm",
            ],
        ),
    ] {
        for stem in stems {
            let of = |end: &str| format!("{folder}/{stem}{end}");
            let to = root.join(stem);
            let golden = of(".golden.safetensors");
            let made = recurve(&["new", &of(".safetensors"), &to.display().to_string(), "--golden", &golden]);
            assert!(made.status.success(), "{stem}: {}", said(&made));
            assert_eq!(model(&to.join("model.yaml")), model(Path::new(&of(".yaml"))), "{stem}");
            tried += 1;
        }
    }
    assert_eq!(tried, 28);
}

#[test]
fn what_the_tensors_do_not_tell_is_said_to_be_a_guess() {
    let to = folder("new_guess").join("made");
    let weights = format!("{TRACES}/onnx_gru_before.safetensors");
    let made = recurve(&["new", &weights, &to.display().to_string(), "--name", "Guess"]);
    assert!(made.status.success(), "{}", said(&made));
    let spec = fs::read_to_string(to.join("model.yaml")).expect("a spec");
    assert!(spec.contains("name: Guess\n") && spec.contains("convention: onnx\n"), "{spec}");
    assert!(spec.contains("reset: before") && spec.contains("or after"), "{spec}");
}

#[test]
fn what_cannot_be_a_model_leaves_nothing_behind() {
    let root = folder("new_errors");
    let digits = format!("{SPECS}/digits/lstm.safetensors");
    let text = root.join("text.safetensors");
    fs::write(&text, "no tensors").expect("a file");
    fs::create_dir(root.join("full")).expect("a folder");
    fs::write(root.join("full/file"), "mine").expect("a file");
    let text = text.display().to_string();
    let other = format!("{SPECS}/spoken_digits/dense.golden.safetensors");
    let test = format!("{SPECS}/digits/test.safetensors");
    let cases: [(&[&str], &str, &str); 6] = [
        (&["nothing.safetensors"], "a", "cannot read `nothing.safetensors`"),
        (&[&text], "b", "is not a safetensors file"),
        (&[&test], "c", "no recurrent layer is among the tensors"),
        (&[&digits], "full", "is not an empty folder"),
        (&[&digits, "--golden", &other], "d", "golden-shape"),
        (&[&digits, "--convention", "keras"], "e", "no recurrent layer"),
    ];
    for (arguments, to, expected) in cases {
        let to = root.join(to);
        let path = to.display().to_string();
        let made = recurve(&[&["new", arguments[0], &path], &arguments[1..]].concat());
        assert_eq!(made.status.code(), Some(1), "{expected}: {}", said(&made));
        assert!(said(&made).contains(expected), "{expected}: {}", said(&made));
        assert_eq!(to.exists(), to.ends_with("full"), "{expected}: `{path}` stays");
    }
    assert_eq!(fs::read(root.join("full/file")).expect("the file"), b"mine");
    let named = recurve(&["new", &digits, "--name", "small"]);
    assert_eq!(named.status.code(), Some(2), "{}", said(&named));
}

#[test]
fn the_schema_and_the_manual_are_current() {
    let schema = recurve(&["schema"]);
    let committed = fs::read(format!("{SPECS}/recurve.schema.json")).expect("the schema");
    assert!(schema.stdout == committed, "`recurve schema > specs/recurve.schema.json` renews it");
    let shells = ["bash", "zsh", "fish", "powershell", "elvish"];
    for shell in shells {
        let completions = recurve(&["completions", shell]);
        assert!(String::from_utf8_lossy(&completions.stdout).contains("verify"), "{shell}");
    }
    let pages = folder("new_manual");
    let written = recurve(&["man", &pages.display().to_string()]);
    assert!(written.status.success(), "{}", said(&written));
    let page = fs::read_to_string(pages.join("recurve-bench.1")).expect("a page");
    assert!(page.contains("seconds"), "{page}");
    assert!(fs::read_to_string(pages.join("recurve.1")).expect("a page").contains("Exit codes"));
}
