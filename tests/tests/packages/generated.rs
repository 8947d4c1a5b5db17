//! The generated code compiles without a warning, whatever the user calls things.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cargo::{Package, cargo, dependency, messages};
use recurve_compiler::Config;
use safetensors::tensor::{Dtype, TensorView};

/// Names of layers and of the type that the code has uses of its own for.
const STREAMING: &str = "recurve: 1
name: Run
weights: weights.safetensors
input: {features: 3}
layers:
  - linear: {name: y, units: 3}
  - rnn: {name: x, hidden_size: 3, residual: true}
  - rnn: {name: inputs, hidden_size: 3}
  - rnn: {name: output, hidden_size: 3}
  - rnn: {name: last, hidden_size: 3}
  - rnn: {name: self, hidden_size: 3}
  - rnn: {name: sums, hidden_size: 3}
  - rnn: {name: cell, hidden_size: 3}
  - rnn: {name: head, hidden_size: 3}
  - linear: {name: simd, units: 3}
  - linear: {name: steps, units: 3}
output: every
";

const BIDIRECTIONAL: &str = "recurve: 1
name: S
weights: weights.safetensors
input: {features: 3, max_steps: 20}
layers:
  - rnn: {name: room, hidden_size: 3, bidirectional: true}
  - linear: {name: both, units: 3}
  - rnn: {name: rnn, hidden_size: 3, bidirectional: true}
  - linear: {name: y, units: 3}
  - rnn: {name: rnn_backward, hidden_size: 3}
  - rnn: {name: forward, hidden_size: 3}
  - linear: {name: outputs, units: 3}
  - linear: {name: weights, units: 3}
output: every
";

/// What a careful crate asks of its code.
const LINTS: &str = "#![deny(warnings, clippy::all, clippy::pedantic, future_incompatible, keyword_idents)]
#![deny(let_underscore, missing_docs, nonstandard_style, rust_2018_idioms, unreachable_pub, unused)]
#![deny(missing_debug_implementations, single_use_lifetimes, trivial_casts, trivial_numeric_casts)]
#![deny(unused_lifetimes, unused_qualifications, unused_results, unsafe_code, elided_lifetimes_in_paths)]
//! Models.
";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated")
}

/// Weights for every layer of a spec above.
fn weights(spec: &str) -> Vec<u8> {
    let zeros = [0; 4 * 3 * 6];
    let mut tensors = Vec::new();
    let mut width = 3;
    for line in spec.lines().filter(|line| line.contains("{name: ")) {
        let name = line.split("{name: ").nth(1).and_then(|rest| rest.split(',').next()).expect("a name");
        let both = line.contains("bidirectional");
        let ends: &[&str] = match (line.contains("rnn: {"), both) {
            (true, true) => &["_l0", "_l0_reverse"],
            (true, false) => &["_l0"],
            (false, _) => &[""],
        };
        for end in ends {
            let (input, state) = if end.is_empty() { ("weight", "") } else { ("weight_ih", "weight_hh") };
            tensors.push((format!("{name}.{input}{end}"), vec![3, width]));
            if !state.is_empty() {
                tensors.push((format!("{name}.{state}{end}"), vec![3, 3]));
            }
        }
        width = if both { 6 } else { 3 };
    }
    let views = tensors.into_iter().map(|(name, shape)| {
        let bytes = &zeros[..4 * shape.iter().product::<usize>()];
        (name, TensorView::new(Dtype::F32, shape, bytes).expect("a tensor"))
    });
    safetensors::serialize(views, None).expect("a file")
}

/// Writes a module for a spec.
fn compile(source: &Path, module: &str, config: &Config, spec: &Path) -> String {
    config.clone().out_dir(source.join(module)).compile(spec).expect("a spec that compiles");
    let files =
        fs::read_dir(source.join(module)).expect("a folder").map(|entry| entry.expect("an entry").path());
    let code =
        files.into_iter().find(|path| path.extension().is_some_and(|it| it == "rs")).expect("the code");
    let file = code.file_name().and_then(|name| name.to_str()).expect("a name");
    format!("/// A model.\npub mod {module} {{ include!(\"{module}/{file}\"); }}\n")
}

#[test]
fn careful_crates_accept_it() {
    let recurve = dependency("recurve", "runtime", "default-features = false");
    let package = Package::new(&folder(), "generated", &format!("[dependencies]\n{recurve}"), &[]);
    let source = package.folder.join("src");
    let mut library = LINTS.to_owned();

    for (name, spec) in [("streaming", STREAMING), ("bidirectional", BIDIRECTIONAL)] {
        let path = package.folder.join(name).join("spec.yaml");
        package.write(&format!("{name}/spec.yaml"), spec.as_bytes());
        package.write(&format!("{name}/weights.safetensors"), &weights(spec));
        for type_name in ["Run", "Step", "S", "Model"] {
            let module = format!("{name}_{}", type_name.to_lowercase());
            library += &compile(&source, &module, &Config::new().name(type_name), &path);
        }
    }
    for name in
        ["keras_tokens_gru", "fastgrnn_low_rank", "fastrnn", "keras_gru_before", "onnx_lstm_bidirectional"]
    {
        let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("traces/{name}.yaml"));
        library += &compile(&source, name, &Config::new(), &spec);
    }
    package.write("src/lib.rs", library.as_bytes());

    for command in ["check", "clippy"] {
        let output = cargo(&package.folder, &folder().join("target"), &[command, "--offline"]);
        let said = messages(&output);
        let absent = command == "clippy" && said.contains("no such command");
        assert!(absent || output.status.success() && !said.contains("warning:"), "cargo {command}\n{said}");
    }
}
