//! The command on real specs, as a user runs it.

mod decompositions;
mod dual_modules;
mod predictors;
mod report;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use safetensors::Dtype;
use safetensors::tensor::{TensorView, serialize};

const DIGITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/digits");

/// A folder of its own for each test, with the digits' LSTM in it.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder");
        for file in ["lstm.yaml", "lstm.safetensors", "lstm.golden.safetensors", "test.safetensors"] {
            fs::copy(Path::new(DIGITS).join(file), path.join(file)).expect("a copy");
        }
        Folder(path)
    }

    /// The first sequences of the test data, few enough for an unoptimised build.
    fn write_some(&self) {
        const COUNT: usize = 150;
        let bytes = fs::read(self.0.join("test.safetensors")).expect("data");
        let file = safetensors::SafeTensors::deserialize(&bytes).expect("tensors");
        let some = file.tensors().into_iter().map(|(name, tensor)| {
            let mut shape = tensor.shape().to_vec();
            let length = tensor.data().len() / shape[0] * COUNT;
            shape[0] = COUNT;
            (name, TensorView::new(tensor.dtype(), shape, &tensor.data()[..length]).expect("a tensor"))
        });
        self.write("some.safetensors", &serialize(some, None).expect("a file"));
    }

    /// The spec with this compression of its LSTM.
    fn compressed(test: &str, compression: &str) -> Folder {
        let folder = Folder::new(test);
        let text = folder.text("lstm.yaml");
        let text = text
            .replace("weights:", "fit: lstm.fit.safetensors\nweights:")
            .replace("hidden_size: 40}", &format!("hidden_size: 40, compression: {{{compression}}}}}"));
        folder.write("lstm.yaml", text.as_bytes());
        folder
    }

    /// The spec with this predictor beside its LSTM.
    fn with_predictor(test: &str, predictor: &str) -> Folder {
        Folder::with_runtime(test, &format!("skip: {{predictor: {{{predictor}}}}}"))
    }

    /// The spec with something under `runtime` that has to be learned.
    fn with_runtime(test: &str, runtime: &str) -> Folder {
        let folder = Folder::new(test);
        let text = folder.text("lstm.yaml").replace("weights:", "fit: lstm.fit.safetensors\nweights:");
        let text = format!("{text}\nruntime:\n  {runtime}\n");
        folder.write("lstm.yaml", text.as_bytes());
        folder.write_some();
        folder
    }

    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).expect("a text")
    }

    fn write(&self, file: &str, bytes: &[u8]) {
        fs::write(self.0.join(file), bytes).expect("a writable folder");
    }

    fn recurve(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_recurve"));
        command.args(arguments).current_dir(&self.0).output().expect("the command")
    }

    /// What the command prints where it succeeds.
    fn succeeds(&self, arguments: &[&str]) -> String {
        let output = self.recurve(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        String::from_utf8(output.stdout).expect("a text")
    }

    /// What the command says where it fails because of its input.
    fn fails(&self, arguments: &[&str]) -> String {
        let output = self.recurve(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        String::from_utf8(output.stderr).expect("a text")
    }
}

fn floats(name: &str, shape: &[usize], number: f32) -> Vec<u8> {
    let bytes: Vec<u8> =
        std::iter::repeat_n(number, shape.iter().product()).flat_map(f32::to_le_bytes).collect();
    let view = TensorView::new(Dtype::F32, shape.to_vec(), &bytes).expect("a tensor");
    serialize([(name, view)], None).expect("a file")
}

#[test]
fn check_says_what_a_spec_is() {
    let folder = Folder::new("check");
    let said = folder.succeeds(&["check", "lstm.yaml"]);
    assert!(said.contains("DigitsLstm: 8250 parameters, 33000 bytes of weights"), "{said}");
    assert!(
        said.contains("golden trace: 16 of 16 sequences, 128 of 128 steps, 160 outputs compared"),
        "{said}"
    );
    assert!(said.contains("deployed: the trained network, number by number"), "{said}");
    assert!(!said.contains("saturated"), "{said}");
}

#[test]
fn check_says_how_far_a_rounded_network_is_from_the_trace() {
    let folder = Folder::new("check_rounded");
    let dense = folder.text("lstm.yaml");
    folder.write("lstm.yaml", dense.replace("size: 40}", "size: 40, precision: int16x8}").as_bytes());
    let said = folder.succeeds(&["check", "lstm.yaml"]);
    assert!(said.contains("largest difference from the golden trace 1."), "{said}");
    assert!(said.contains("saturated: no number of `int16x8` left its range"), "{said}");
}

#[test]
fn check_finds_what_the_compiler_finds() {
    let folder = Folder::new("check_error");
    folder.write(
        "lstm.yaml",
        folder.text("lstm.yaml").replace("hidden_size: 40", "hidden_size: 41").as_bytes(),
    );
    let said = folder.fails(&["check", "lstm.yaml"]);
    assert!(said.contains("error[tensor-shape]") && said.contains("--> lstm.yaml:12:"), "{said}");
    let output = folder.recurve(&["check", "--json", "lstm.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(found["findings"][0]["code"], "tensor-shape");
    assert_eq!(found["findings"][0]["line"], 12);
}

#[test]
fn expand_prints_what_it_writes() {
    let folder = Folder::new("expand");
    let printed = folder.succeeds(&["expand", "lstm.yaml"]);
    assert!(printed.contains("pub struct DigitsLstm"), "{printed}");
    folder.succeeds(&["expand", "lstm.yaml", "--out-dir", "out"]);
    assert_eq!(printed, folder.text("out/digits_lstm.rs"));
    assert_eq!(fs::metadata(folder.0.join("out/digits_lstm.weights")).expect("weights").len(), 33000);
    assert!(printed.contains("lstm: ::recurve::cell::LstmState<40>"), "{printed}");
    let renamed = folder.succeeds(&["expand", "lstm.yaml", "--crate-path", "crate::vendored::rc"]);
    assert_eq!(renamed, printed.replace("::recurve", "crate::vendored::rc"));
    assert!(folder.fails(&["expand", "lstm.yaml", "--crate-path", "rc; fn"]).contains("is not a path"));
}

#[test]
fn bad_data_is_said_before_the_work() {
    let folder = Folder::compressed("bad_data", "low_rank: {rank: 2}");
    for (file, bytes, expected) in [
        (
            "width",
            floats("inputs", &[3, 8, 7], 0.5),
            "have the shape [3, 8, 7], and [steps, 8] or [sequences, steps, 8]",
        ),
        ("other", floats("x", &[3, 8, 8], 0.5), "has no tensor `inputs`"),
        ("text", b"no tensors".to_vec(), "is not a safetensors file"),
    ] {
        folder.write(file, &bytes);
        let said = folder.fails(&["fit", "lstm.yaml", "--evaluate", file]);
        assert!(said.contains(expected), "{said}");
        assert!(!folder.0.join("lstm.fit.safetensors").exists(), "{file}");
    }
    folder.write("nan", &floats("inputs", &[3, 8, 8], f32::NAN));
    let said = folder.fails(&["fit", "lstm.yaml", "--evaluate", "nan"]);
    assert!(said.contains("infinite or not a number"), "{said}");
    let said = folder.fails(&["fit", "lstm.yaml", "--evaluate", "absent"]);
    assert!(said.contains("cannot read `absent`"), "{said}");
}

#[test]
fn there_has_to_be_something_to_learn() {
    let folder = Folder::new("nothing");
    let said = folder.fails(&["fit", "lstm.yaml"]);
    assert!(
        said.contains("nothing in this spec has to be learned") && said.contains("help: add `compression`"),
        "{said}"
    );
    let said = folder.fails(&["fit", "lstm.yaml", "--size", "1KiB"]);
    assert!(said.contains("no layer of the spec has one"), "{said}");
}

#[test]
fn wrong_arguments_end_with_2() {
    let folder = Folder::new("arguments");
    for arguments in [&["fit"][..], &["fit", "lstm.yaml", "--size", "0"], &["nonsense"]] {
        assert_eq!(folder.recurve(arguments).status.code(), Some(2), "{arguments:?}");
    }
}
