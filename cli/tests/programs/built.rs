//! What compiles models with cargo and runs them: the tutorial's four commands, `verify`, `bench`, `predict`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use safetensors::tensor::{Dtype, TensorView};
use serde_json::Value;

use crate::folder;

const SPECS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs");
const TRACES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/traces");

fn recurve(at: &Path, arguments: &[&str]) -> Output {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    let mut command = Command::new(env!("CARGO_BIN_EXE_recurve"));
    command.args(arguments).current_dir(at).env("RECURVE_CACHE", cache).output().expect("the command")
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn json(output: &Output) -> Value {
    serde_json::from_str(&text(output)).expect("json")
}

/// The commands of the README's tutorial, in its order.
#[test]
fn the_tutorial_works() {
    let at = folder("tutorial");
    for (from, to) in [
        ("lstm.safetensors", "digits.safetensors"),
        ("lstm.golden.safetensors", "digits.golden.safetensors"),
        ("test.safetensors", "digits.test.safetensors"),
    ] {
        fs::copy(Path::new(SPECS).join("digits").join(from), at.join(to)).expect("a copy");
    }
    let readme =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).expect("the README");
    let (_, tutorial) = readme.split_once("## Tutorial").expect("a tutorial");
    let (_, block) = tutorial.split_once("```sh\n").expect("its commands");
    let (block, _) = block.split_once("```").expect("the end of its commands");
    let commands: Vec<&str> =
        block.lines().map(|line| line.split('#').next().unwrap_or(line).trim()).collect();
    assert_eq!(commands.len(), 4, "{commands:?}");
    for command in commands {
        let words: Vec<&str> = command.split_whitespace().collect();
        let output = match words.as_slice() {
            ["recurve", arguments @ ..] => recurve(&at, arguments),
            ["cargo", arguments @ ..] => {
                let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
                let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tutorial_target");
                fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock"), at.join("digits/Cargo.lock"))
                    .expect("the versions that are here");
                let mut command = Command::new(cargo);
                command
                    .args(arguments)
                    .current_dir(&at)
                    .env("CARGO_TARGET_DIR", target)
                    .output()
                    .expect("cargo")
            }
            _ => panic!("`{command}` is not known"),
        };
        let said = text(&output);
        let expected = match words[1] {
            "new" => "activation of `classifier`: softmax (as the golden trace says)",
            "verify" => "98.00 %",
            "bench" => "read/step",
            _ => "[0.",
        };
        assert!(said.contains(expected), "`{command}` said\n{said}");
    }
}

#[test]
fn every_kind_of_model_is_verified() {
    let at = Path::new(TRACES);
    for spec in
        ["lstm_bidirectional.yaml", "tokens_lstm.yaml", "window_lstm_stack.yaml", "dual_lstm_int8.yaml"]
    {
        if !at.join(spec).exists() {
            panic!("{spec} is not there");
        }
        let found = json(&recurve(at, &["verify", spec, "--json"]));
        assert_eq!(found["verified"], true, "{spec}: {found:#}");
        let levels = found["trace"]["levels"].as_array().expect("levels");
        assert!(levels.iter().any(|level| level["instructions"] == "Scalar"), "{spec}: {found:#}");
        assert!(levels.iter().all(|level| level["run_differs_from_steps"] == 0), "{spec}: {found:#}");
    }
}

/// The digits' LSTM with these changes of its spec, and test data.
fn digits(test: &str, changes: &[(&str, &str)]) -> std::path::PathBuf {
    let at = folder(test);
    for file in ["lstm.safetensors", "lstm.golden.safetensors", "test.safetensors"] {
        fs::copy(Path::new(SPECS).join("digits").join(file), at.join(file)).expect("a copy");
    }
    let mut text = fs::read_to_string(Path::new(SPECS).join("digits/lstm.yaml")).expect("a spec");
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    fs::write(at.join("lstm.yaml"), text).expect("a spec");
    at
}

#[test]
fn a_rounded_network_is_verified_beside_the_trained_one() {
    let rounded = [
        ("size: 40}", "size: 40, precision: int8}"),
        ("golden: lstm.golden.safetensors", "golden: {file: lstm.golden.safetensors, tolerance: 1e-3}"),
    ];
    let at = digits("verify_rounded", &rounded);
    let arguments = ["verify", "lstm.yaml", "--data", "test.safetensors"];
    let said = text(&recurve(&at, &arguments));
    for expected in [
        "from the trained outputs 1.0e-6 (1e-3 accepted)",
        "as deployed: fitted or rounded",
        "from the reference executor of the deployed network",
        "absolute up to 1 and relative above (2e-2 accepted from the reference)",
        " % as deployed, 98.00 % as trained",
    ] {
        assert!(said.contains(expected), "`{expected}` is not in\n{said}");
    }
    let found = json(&recurve(&at, &[&arguments[..], &["--json"]].concat()));
    assert_eq!((&found["tolerance"], &found["trained"]["tolerance"]), (&0.02.into(), &0.001.into()));
    assert!(
        found["data"]["trained"]["accuracy"].as_f64().is_some_and(|share| (0.979..0.981).contains(&share))
    );
    let deployed = found["trained"]["deployed"]["difference"].as_f64().expect("a difference");
    assert!(deployed > 1e-3, "{deployed}");
}

#[test]
fn integers_and_plain_policies_are_held_to_the_tight_tolerance() {
    let integers = [("size: 40}", "size: 40, precision: int16x8}")];
    let at = digits("verify_integers", &integers);
    let found = json(&recurve(&at, &["verify", "lstm.yaml", "--data", "test.safetensors", "--json"]));
    assert_eq!((&found["tolerance"], &found["share_accepted_beyond_tolerance"]), (&1e-4.into(), &0.0.into()));
    assert_eq!(found["verified"], true);
    for spec in ["concat.yaml", "stop_tokens.yaml"] {
        let found = json(&recurve(Path::new(TRACES), &["verify", spec, "--json"]));
        assert_eq!((&found["tolerance"], &found["verified"]), (&1e-4.into(), &true.into()), "{spec}");
    }
}

/// A regression in large units: `y = x + 30000` and its `relu`.
#[test]
fn outputs_in_integers_have_the_range_of_sums() {
    let at = folder("verify_wide");
    let tensors = |file: &str, tensors: &[(&str, &[usize], &[f32])]| {
        let bytes = |numbers: &[f32]| numbers.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
        let tensors: Vec<(String, Vec<usize>, Vec<u8>)> =
            tensors.iter().map(|(name, shape, x)| ((*name).to_owned(), shape.to_vec(), bytes(x))).collect();
        let views = tensors.iter().map(|(name, shape, bytes)| {
            let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes);
            (name, view.expect("a tensor"))
        });
        fs::write(at.join(file), safetensors::serialize(views, None).expect("a file")).expect("a file");
    };
    tensors("w.safetensors", &[("fc.weight", &[2, 1], &[1.0, -1.0]), ("fc.bias", &[2], &[30_000.0, 0.0])]);
    let xs = [-20_000.0, -5000.0, 4.5, 5000.0, 20_000.0, 60_000.0];
    for activation in ["none", "relu"] {
        let clip = |y: f32| if activation == "relu" { y.max(0.0) } else { y };
        let ys: Vec<f32> = xs.iter().flat_map(|x| [clip(x + 30_000.0), clip(-x)]).collect();
        tensors("g.safetensors", &[("inputs", &[6, 1], &xs), ("outputs", &[6, 2], &ys)]);
        let layer = format!("linear: {{name: fc, units: 2, activation: {activation}, precision: int16x8}}");
        let spec = format!(
            "recurve: 1\nname: M\nweights: w.safetensors\ngolden: g.safetensors\ninput: {{features: 1}}\n\
             layers:\n  - {layer}\noutput: every\n"
        );
        fs::write(at.join("m.yaml"), spec).expect("a spec");
        let found = json(&recurve(&at, &["verify", "m.yaml", "--json"]));
        for level in found["trace"]["levels"].as_array().expect("levels") {
            assert_eq!(level["from_reference"], 0.0, "{found:#}");
            assert!(level["from_trace"].as_f64().is_some_and(|far| far < 1e-3), "{found:#}");
        }
        assert_eq!(found["trace"]["saturated"], serde_json::json!([]), "{found:#}");
    }
    tensors("d.safetensors", &[("inputs", &[3, 1], &[60_000.0, 70_000.0, 5.0])]);
    let found = json(&recurve(&at, &["verify", "m.yaml", "--data", "d.safetensors", "--json"]));
    let saturated = &found["data"]["saturated"][0];
    assert_eq!((&saturated["layer"], &saturated["numbers"]), (&"fc".into(), &"inputs".into()), "{found:#}");
    assert_eq!((&saturated["count"], &saturated["beyond"]), (&3.into(), &1.into()), "{found:#}");
    assert_eq!(saturated["largest"], 70_000.0);
}

/// A stack of two levels in both directions that keeps 300,000 steps of 32 bytes, and data to run it over.
fn large_model(at: &Path, target: &str) {
    let mut tensors = Vec::new();
    for (level, input) in [("l0", 3), ("l1", 4)] {
        for way in ["", "_reverse"] {
            tensors.push((format!("lstm.weight_ih_{level}{way}"), vec![8, input]));
            tensors.push((format!("lstm.weight_hh_{level}{way}"), vec![8, 2]));
        }
    }
    let numbers: Vec<u8> = (0..64).flat_map(|at| ((at % 11) as f32 / 8.0 - 0.5).to_le_bytes()).collect();
    let view = |shape: &Vec<usize>| {
        let bytes = &numbers[..4 * shape.iter().product::<usize>()];
        TensorView::new(Dtype::F32, shape.clone(), bytes).expect("a tensor")
    };
    let file = |tensors: &[(String, Vec<usize>)]| {
        let views = tensors.iter().map(|(name, shape)| (name, view(shape)));
        safetensors::serialize(views, None).expect("a file")
    };
    fs::write(at.join("weights.safetensors"), file(&tensors)).expect("a file");
    fs::write(at.join("data.safetensors"), file(&[("inputs".into(), vec![1, 5, 3])])).expect("a file");
    let spec = format!(
        "recurve: 1\nname: Large\nweights: weights.safetensors\ninput: {{features: 3, max_steps: 300000}}\nlayers:\n  - lstm: \
         {{name: lstm, hidden_size: 2, num_layers: 2, bidirectional: true}}\noutput: every\n{target}"
    );
    fs::write(at.join("large.yaml"), spec).expect("a spec");
}

#[test]
fn a_state_larger_than_a_stack_is_warned_of_and_runs() {
    let at = folder("large_state");
    large_model(&at, "");
    let checked = recurve(&at, &["check", "large.yaml"]);
    let said = String::from_utf8_lossy(&checked.stderr);
    let expected =
        ["warning[large-state]", "9600000 bytes", "`static MODEL: Mutex<Large> = Mutex::new(Large::new());`"];
    assert!(checked.status.success() && expected.iter().all(|part| said.contains(part)), "{said}");
    let found = json(&recurve(&at, &["verify", "large.yaml", "--data", "data.safetensors", "--json"]));
    assert_eq!(found["verified"], true, "{found:#}");
    let found = json(&recurve(&at, &["bench", "large.yaml", "--seconds", "0.1", "--json"]));
    assert!(found["models"][0]["step_ns"].as_f64().is_some_and(|ns| ns > 0.0), "{found:#}");
    let code = text(&recurve(&at, &["expand", "large.yaml"]));
    assert!(code.contains("/// static MODEL: Mutex<Large> = Mutex::new(Large::new());"), "{code}");

    large_model(&at, "target: {ram: 10 MiB}\n");
    let checked = recurve(&at, &["check", "large.yaml"]);
    let said = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success() && said.is_empty(), "the budget says that it is meant: {said}");
}

#[test]
fn a_trace_of_other_numbers_is_not_verified() {
    let at = folder("verify_other");
    for file in ["lstm.yaml", "lstm.safetensors", "lstm.golden.safetensors"] {
        fs::copy(Path::new(SPECS).join("digits").join(file), at.join(file)).expect("a copy");
    }
    let path = at.join("lstm.golden.safetensors");
    let mut bytes = fs::read(&path).expect("a trace");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&path, bytes).expect("a trace");
    let found = recurve(&at, &["verify", "lstm.yaml"]);
    assert_eq!(found.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&found.stderr).contains("golden-mismatch"));
    fs::write(
        at.join("lstm.yaml"),
        fs::read_to_string(at.join("lstm.yaml")).expect("a spec").replace("golden:", "# "),
    )
    .expect("a spec");
    let found = recurve(&at, &["verify", "lstm.yaml"]);
    assert_eq!(found.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&found.stderr).contains("nothing to run the model over"));
}

#[test]
fn models_are_timed_in_turns_and_predicted() {
    let at = Path::new(SPECS).join("digits");
    let found = json(&recurve(&at, &["bench", "lstm.yaml", "fastgrnn.yaml", "--seconds", "0.1", "--json"]));
    let models = found["models"].as_array().expect("models");
    assert_eq!(models.len(), 2);
    for model in models {
        for key in ["step_ns", "cold_step_ns", "run_step_ns", "read_ns"] {
            assert!(model[key].as_f64().is_some_and(|ns| ns > 0.0 && ns < 1e9), "{key}: {model:#}");
        }
    }
    assert_eq!(models[0]["weight_bytes"], 33_000);
    let folder = folder("predict");
    let machine = folder.join("machine.yaml");
    let kinds = [
        "step: 10.0",
        "product: 1.0",
        "f32 in 24 KiB: 5.0",
        "f32 in 256 KiB: 10.0",
        "lstm: 20.0",
        "softmax: 15.0",
    ];
    let text = format!(
        "machine: 1\nprocessor: described\ninstructions: Avx2\nnanoseconds: {{{}}}\n",
        kinds.join(", ")
    );
    fs::write(&machine, &text).expect("a machine");
    let machine = machine.display().to_string();
    let found = json(&recurve(&at, &["predict", "lstm.yaml", "--machine", &machine, "--json"]));
    // Two matrices of the cell and one of the classifier, 32 KiB of numbers, three vectors of units and one of outputs.
    let predicted = found["models"][0]["step_ns"].as_f64().expect("a time");
    assert!((10.0 + 3.0 + 160.0 + 60.0 + 15.0 - predicted).abs() < 40.0, "{predicted}");
    let unknown = recurve(&at, &["predict", "fastgrnn.yaml", "--machine", &machine]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("does not say what `fastgrnn` costs"));
    fs::write(folder.join("broken.yaml"), text.replace("step: 10.0", "step: -1")).expect("a machine");
    let broken = folder.join("broken.yaml").display().to_string();
    let broken = recurve(&at, &["predict", "lstm.yaml", "--machine", &broken]);
    assert!(String::from_utf8_lossy(&broken.stderr).contains("`step` costs -1 ns"));
}

#[test]
fn without_cargo_it_says_so() {
    let output = Command::new(env!("CARGO_BIN_EXE_recurve"))
        .args(["bench", "fastgrnn.yaml"])
        .current_dir(Path::new(SPECS).join("digits"))
        .env("PATH", "")
        .env("RECURVE_CACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"))
        .env_remove("CARGO")
        .output()
        .expect("the command");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot start `cargo`"));
}
