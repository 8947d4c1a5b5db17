//! The command on real specs, as a user runs it.

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
    assert!(said.contains("golden trace: 128 steps of 16 sequences"), "{said}");
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
}

#[test]
fn fit_decomposes_and_check_accepts() {
    for (place, compression) in [
        "kp: {factors: [[4, 8], [10, 6]]}",
        "hkp: {rows: 8}",
        "hmd: {ratio: 2}",
        "low_rank: {on: both, rank: 5}",
        "low_rank: {on: recurrent, ratio: 2}",
        "pruned: {on: input, sparsity: 0.8}",
        "pruned: {pattern: blocks, ratio: 3}",
        "doped_kp: {ratio: 6}",
    ]
    .into_iter()
    .enumerate()
    {
        let folder = Folder::compressed(&format!("fit{place}"), compression);
        let said = folder.fails(&["check", "lstm.yaml"]);
        assert!(said.contains("error[missing-fit]"), "{compression}: {said}");
        folder.succeeds(&["fit", "lstm.yaml"]);
        let first = fs::read(folder.0.join("lstm.fit.safetensors")).expect("a fit file");
        folder.succeeds(&["check", "lstm.yaml"]);
        folder.succeeds(&["fit", "lstm.yaml"]);
        assert_eq!(
            first,
            fs::read(folder.0.join("lstm.fit.safetensors")).expect("a fit file"),
            "{compression}"
        );
    }
}

/// With all its rank a matrix is what it was.
#[test]
fn nothing_is_lost_at_full_rank() {
    let folder = Folder::compressed("full_rank", "low_rank: {on: input, rank: 8}");
    let said = folder.succeeds(&["fit", "lstm.yaml", "--json", "--evaluate", "test.safetensors"]);
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert!(said["matrices"][0]["relative_error"].as_f64().expect("a number") < 1e-6, "{said}");
    let evaluation = &said["evaluation"];
    assert_eq!(evaluation["sequences"], 599);
    assert_eq!(evaluation["accuracy"]["trained"], evaluation["accuracy"]["deployed"]);
    assert_eq!(evaluation["agreement"], 1.0);
    assert!(evaluation["difference"].as_f64().expect("a number") < 1e-6, "{said}");
}

#[test]
fn a_size_chooses_the_ratio() {
    let folder = Folder::compressed("size", "low_rank: {ratio: 1.5}");
    let said = folder.succeeds(&["fit", "lstm.yaml", "--size", "12KiB", "--json"]);
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let bytes = said["weight_bytes"].as_u64().expect("a number");
    // One more rank is 4 gates of 40 + 48 numbers.
    assert!(bytes <= 12 << 10 && bytes > (12 << 10) - 2 * 4 * 4 * 88, "{bytes}");
    assert!(!folder.text("lstm.yaml").contains("ratio: 1.5"));
    folder.succeeds(&["check", "lstm.yaml"]);
    let before = folder.text("lstm.yaml");
    let said = folder.fails(&["fit", "lstm.yaml", "--size", "1KiB"]);
    assert!(said.contains("more than 1024"), "{said}");
    assert_eq!(before, folder.text("lstm.yaml"));
}

#[test]
fn what_was_learned_becomes_stale() {
    let folder = Folder::compressed("stale", "low_rank: {on: both, rank: 5}");
    folder.succeeds(&["fit", "lstm.yaml"]);
    let text = folder.text("lstm.yaml");
    folder.write("lstm.yaml", text.replace("rank: 5", "rank: 6").as_bytes());
    let said = folder.fails(&["check", "lstm.yaml"]);
    assert!(
        said.contains("error[stale-fit]") && said.contains("as `low_rank 5`, and the spec says `low_rank 6`"),
        "{said}"
    );
    folder.write("lstm.yaml", text.as_bytes());
    let mut weights = fs::read(folder.0.join("lstm.safetensors")).expect("weights");
    let at = weights.len() - 3;
    weights[at] ^= 1;
    let all_but_bias = folder.text("lstm.yaml").replace("golden: lstm.golden.safetensors\n", "");
    folder.write("lstm.yaml", all_but_bias.as_bytes());
    folder.write("lstm.safetensors", &weights);
    let said = folder.fails(&["check", "lstm.yaml"]);
    assert!(said.contains("was learned from other weights: `lstm.weight_"), "{said}");
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
fn predictors_learn_which_steps_matter() {
    let data = ["--data", "some.safetensors"];
    for (place, predictor) in [
        "logistic: {name: skip, quantile: 0.3}",
        "mlp: {name: skip, hidden_size: 4, change: cosine}",
        "tree: {name: skip, depth: 4}",
        "forest: {name: skip, trees: 3, depth: 4, quantile: 0.4}",
    ]
    .into_iter()
    .enumerate()
    {
        let folder = Folder::with_predictor(&format!("predictor{place}"), predictor);
        let said = folder.fails(&["check", "lstm.yaml"]);
        assert!(said.contains("error[missing-fit]"), "{predictor}: {said}");
        let fit = |folder: &Folder| {
            let said = folder.succeeds(&[&["fit", "lstm.yaml", "--json"][..], &data].concat());
            serde_json::from_str::<serde_json::Value>(&said).expect("JSON")
        };
        let said = fit(&folder);
        let first = fs::read(folder.0.join("lstm.fit.safetensors")).expect("a fit file");
        folder.succeeds(&["check", "lstm.yaml"]);
        let learned = &said["predictor"];
        assert!(learned["labels_right"].as_f64().expect("a share") > 0.65, "{predictor}: {learned}");
        // A higher threshold never executes more, and all are compared with every step executed.
        let curve = learned["predictor"].as_array().expect("points");
        let of =
            |key: &str| curve.iter().map(|point| point[key].as_f64().expect("a number")).collect::<Vec<_>>();
        assert!(curve.len() >= 2 && of("at").is_sorted(), "{predictor}: {learned}");
        assert!(of("updates").iter().all(|share| (0.0..=1.0).contains(share)), "{predictor}: {learned}");
        assert!(of("macs").iter().zip(of("updates")).all(|(macs, updates)| *macs >= updates), "{learned}");
        assert_eq!(
            (&learned["every_step"]["macs"], &learned["every_step"]["agreement"]),
            (&1.0.into(), &1.0.into())
        );
        let written: serde_json::Value = serde_json::from_str(&folder.text("lstm.fit.json")).expect("JSON");
        assert_eq!(*learned, written);
        assert!(folder.text("lstm.fit.svg").starts_with("<svg"), "{predictor}");

        fit(&folder);
        assert_eq!(
            first,
            fs::read(folder.0.join("lstm.fit.safetensors")).expect("a fit file"),
            "{predictor}"
        );
        let text = folder.text("lstm.yaml").replace("name: skip", "name: skip, quantile: 0.25");
        let text = text.replace(", quantile: 0.3}", "}").replace(", quantile: 0.4}", "}");
        folder.write("lstm.yaml", text.as_bytes());
        let said = folder.fails(&["check", "lstm.yaml"]);
        assert!(said.contains("error[stale-fit]") && said.contains("0.25 by"), "{predictor}: {said}");
    }
}

#[test]
fn a_predictor_skips_what_the_threshold_says() {
    let folder = Folder::with_predictor("thresholds", "logistic: {name: skip, threshold: 0}");
    let fit = |folder: &Folder| {
        let arguments =
            ["fit", "lstm.yaml", "--json", "--data", "some.safetensors", "--evaluate", "some.safetensors"];
        serde_json::from_str::<serde_json::Value>(&folder.succeeds(&arguments)).expect("JSON")
    };
    let every = &fit(&folder)["evaluation"];
    assert_eq!((&every["updates"], &every["agreement"]), (&1.0.into(), &1.0.into()));
    // 40 + 8 numbers for a decision, and 4 * 40 * 48 + 400 for a step.
    assert!((every["macs"].as_f64().expect("a share") - 1.0 - 48.0 / 8080.0).abs() < 1e-9, "{every}");
    let text = folder.text("lstm.yaml").replace("threshold: 0}", "threshold: 0.5}");
    folder.write("lstm.yaml", text.as_bytes());
    let some = &fit(&folder)["evaluation"];
    let updates = some["updates"].as_f64().expect("a share");
    assert!(updates > 0.1 && updates < 0.9, "{some}");
}

#[test]
fn predictors_say_what_they_cannot_learn_from() {
    let folder = Folder::with_predictor("predictor_data", "tree: {name: skip}");
    let said = folder.fails(&["fit", "lstm.yaml"]);
    assert!(
        said.contains("the predictor `skip` learns from data") && said.contains("`--data FILE`"),
        "{said}"
    );
    folder.write("alike", &floats("inputs", &[20, 1, 8], 0.5));
    let said = folder.fails(&["fit", "lstm.yaml", "--data", "alike"]);
    assert!(said.contains("all 16 steps of the data would be labelled as executed"), "{said}");
    folder.write("few", &floats("inputs", &[3, 8, 8], 0.5));
    let said = folder.fails(&["fit", "lstm.yaml", "--data", "few"]);
    assert!(said.contains("the data has 3 sequences"), "{said}");
    folder.write("nan", &floats("inputs", &[30, 8, 8], f32::NAN));
    let said = folder.fails(&["fit", "lstm.yaml", "--data", "nan"]);
    assert!(said.contains("infinite or not a number"), "{said}");
    assert!(!folder.0.join("lstm.fit.safetensors").exists());
    let folder = Folder::compressed("data_for_nothing", "low_rank: {rank: 2}");
    let said = folder.fails(&["fit", "lstm.yaml", "--data", "test.safetensors"]);
    assert!(said.contains("the spec has none to learn"), "{said}");
}

#[test]
fn little_modules_learn_what_the_layer_computes() {
    let folder = Folder::with_runtime("dual", "dual_module: [{layer: lstm, insensitive_ratio: 0.5}]");
    let said = folder.fails(&["check", "lstm.yaml"]);
    assert!(said.contains("error[missing-fit]"), "{said}");
    let fit = ["fit", "lstm.yaml", "--json", "--data", "some.safetensors"];
    let said = folder.succeeds(&fit);
    let first = fs::read(folder.0.join("lstm.fit.safetensors")).expect("a fit file");
    folder.succeeds(&["check", "lstm.yaml"]);
    let learned = &serde_json::from_str::<serde_json::Value>(&said).expect("JSON")["dual_modules"];
    let written: serde_json::Value =
        serde_json::from_str(&folder.text("lstm.fit.dual_module.json")).expect("JSON");
    assert_eq!(*learned, written);
    assert!(folder.text("lstm.fit.dual_module.svg").starts_with("<svg"));
    // As many numbers as are projected, so that nothing but a random matrix stands between the two.
    assert_eq!(learned["modules"][0]["dims"], serde_json::json!([8, 40]));
    assert!(learned["modules"][0]["relative_error"].as_f64().expect("a number") < 0.3, "{learned}");
    let points = learned["points"].as_array().expect("points");
    let of =
        |key: &str| points.iter().map(|point| point[key].as_f64().expect("a number")).collect::<Vec<_>>();
    assert_eq!((of("agreement")[0], of("difference")[0], of("insensitive")[0]), (1.0, 0.0, 0.0));
    assert!(of("insensitive").is_sorted() && of("bytes").is_sorted_by(|a, b| a >= b), "{learned}");
    for (asked, found) in of("ratio").into_iter().zip(of("insensitive")) {
        assert!((asked - found).abs() < 0.05, "{asked} asked, {found} found: {learned}");
    }
    folder.succeeds(&fit);
    assert_eq!(first, fs::read(folder.0.join("lstm.fit.safetensors")).expect("a fit file"));
    let text = folder.text("lstm.yaml").replace("layer: lstm", "layer: lstm, dim: 4");
    folder.write("lstm.yaml", text.as_bytes());
    let said = folder.fails(&["check", "lstm.yaml"]);
    assert!(said.contains("error[stale-fit]") && said.contains("projections to 4 and 4"), "{said}");
}

#[test]
fn little_modules_are_rounded_to_few_bits_as_they_are_learned() {
    let folder = Folder::with_runtime("dual_bits", "dual_module: [{layer: lstm, precision: int8}]");
    let error = || {
        let said = folder.succeeds(&["fit", "lstm.yaml", "--json", "--data", "some.safetensors"]);
        let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
        said["dual_modules"]["modules"][0]["relative_error"].as_f64().expect("a number")
    };
    let mut errors = vec![error()];
    for (before, precision) in [("int8", "int4"), ("int4", "int2")] {
        let text = folder
            .text("lstm.yaml")
            .replace(&format!("precision: {before}}}]"), &format!("precision: {precision}}}]"));
        folder.write("lstm.yaml", text.as_bytes());
        let said = folder.fails(&["check", "lstm.yaml"]);
        assert!(
            said.contains("error[stale-fit]") && said.contains(&format!("rounded to {precision}")),
            "{said}"
        );
        errors.push(error());
        folder.succeeds(&["check", "lstm.yaml"]);
    }
    assert!(errors.is_sorted() && errors[1] < 0.15 && errors[2] < 0.5, "{errors:?}");
}

#[test]
fn little_modules_say_what_they_cannot_learn_from() {
    let folder = Folder::with_runtime("dual_data", "dual_module: [{layer: lstm}]");
    let said = folder.fails(&["fit", "lstm.yaml"]);
    assert!(said.contains("learns from data, and none is given") && said.contains("--data"), "{said}");
    for (shape, number, reason) in [
        (vec![1, 200, 8], 0.5, "the data has 1 sequences with steps"),
        (vec![3, 5, 8], 0.5, "the data has 10 steps to learn from"),
        (vec![3, 5, 7], 0.5, "7"),
        (vec![3, 5, 8], f32::NAN, "not a number"),
    ] {
        folder.write("bad.safetensors", &floats("inputs", &shape, number));
        let said = folder.fails(&["fit", "lstm.yaml", "--data", "bad.safetensors"]);
        assert!(said.contains(reason), "{shape:?}: {said}");
        assert!(!folder.0.join("lstm.fit.safetensors").exists(), "{shape:?}");
    }
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
fn a_report_says_what_a_model_costs() {
    let folder = Folder::new("report");
    let said = folder.succeeds(&["report", "lstm.yaml"]);
    for line in [
        "DigitsLstm: 32.2 KiB of weights",
        "precision: int8",
        "skip: {window: {length: 16, budget: 8}}",
        "data reuse efficiency",
        "in a sequence of 32 steps",
        "nRF52840",
    ] {
        assert!(said.contains(line), "`{line}` in {said}");
    }
    let said = folder.succeeds(&["report", "lstm.yaml", "--json", "--steps", "7", "--cache", "16KiB"]);
    let report: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(report["total"]["flash_bytes"], 33000);
    assert_eq!(report["traffic"]["steps"], 7);
    assert_eq!(report["traffic"]["cache_bytes"], 16384);
    assert!(report["alternatives"].as_array().expect("a list").len() > 15);
    let said = folder.succeeds(&["report", "lstm.yaml", "--html", "report.html"]);
    assert_eq!(said, "");
    assert!(folder.text("report.html").contains("<svg"));
}

#[test]
fn a_report_judges_by_own_devices() {
    let folder = Folder::new("report_targets");
    let own = "targets: 1\nmicrocontrollers:\n  - {name: a thimble, flash: 16 KiB, ram: 1 KiB}\n";
    folder.write("own.yaml", own.as_bytes());
    let said = folder.succeeds(&["report", "lstm.yaml", "--targets", "own.yaml"]);
    assert!(said.contains("a thimble  does not fit") && !said.contains("nRF52840"), "{said}");
    folder.write("own.yaml", own.replace("16 KiB", "16 KB").as_bytes());
    let said = folder.fails(&["report", "lstm.yaml", "--targets", "own.yaml"]);
    assert!(said.contains("found `16 KB`") && said.contains("line 3") && said.contains("help:"), "{said}");
    assert!(
        folder.fails(&["report", "lstm.yaml", "--targets", "none.yaml"]).contains("cannot read `none.yaml`")
    );
}

#[test]
fn wrong_arguments_end_with_2() {
    let folder = Folder::new("arguments");
    for arguments in [&["fit"][..], &["fit", "lstm.yaml", "--size", "0"], &["nonsense"]] {
        assert_eq!(folder.recurve(arguments).status.code(), Some(2), "{arguments:?}");
    }
}
