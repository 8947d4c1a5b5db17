//! Changing one byte of the weights or one line of the spec changes the program, through both fronts; nothing is built
//! again where nothing changed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cargo::{Package, cargo, dependency, messages, root};
use safetensors::SafeTensors;

const MAIN: &str = r#"
fn main() {
    println!("{:?}", DigitsLstm::new().run(&[[0.5; 8]; 8]));
}
"#;

/// A package that runs a model, with its own copy of the spec and the weights.
struct Front(Package);

impl Front {
    fn new(name: &str, dependencies: &str, files: &[(&str, &str)]) -> Front {
        let package = Package::new(&folder(), name, dependencies, files);
        let specs = root().join("specs/digits");
        let spec = fs::read_to_string(specs.join("lstm.yaml")).expect("a spec");
        // The golden trace would refuse what this test changes.
        let spec: Vec<&str> = spec.lines().filter(|line| !line.starts_with("golden:")).collect();
        package.write("model/lstm.yaml", spec.join("\n").as_bytes());
        package.write("model/lstm.safetensors", &read(&specs.join("lstm.safetensors")));
        Front(package)
    }

    /// What the program prints, and whether cargo had to build it.
    fn run(&self) -> (Vec<f32>, bool) {
        let output = cargo(&self.0.folder, &folder().join("target"), &["run", "--offline"]);
        let said = messages(&output);
        assert!(output.status.success(), "{said}");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let numbers = printed.trim().trim_matches(['[', ']']).split(", ");
        let numbers = numbers.map(|number| number.parse().expect("a number")).collect();
        (numbers, said.contains(&format!("Compiling {} ", self.0.name)))
    }

    /// Changes one byte of a bias: one that takes part in every output.
    fn change_weights(&self) {
        let path = self.0.folder.join("model/lstm.safetensors");
        let mut bytes = read(&path);
        let at = {
            let file = SafeTensors::deserialize(&bytes).expect("weights");
            let bias = file.tensor("classifier.bias").expect("a bias");
            bias.data().as_ptr() as usize - bytes.as_ptr() as usize
        };
        // The middle byte of the first number's fraction.
        bytes[at + 1] ^= 0xff;
        fs::write(path, bytes).expect("a writable folder");
    }

    fn change_spec(&self) {
        let path = self.0.folder.join("model/lstm.yaml");
        let spec = fs::read_to_string(&path).expect("a spec");
        let changed = spec.replace("activation: softmax", "activation: none");
        assert_ne!(spec, changed);
        fs::write(path, changed).expect("a writable folder");
    }

    /// The outputs at first, after the weights changed, and after the spec changed.
    fn outputs(&self) -> [Vec<f32>; 3] {
        let (first, _) = self.run();
        let (again, built) = self.run();
        assert!(!built && again == first, "{}: nothing had changed", self.0.name);

        self.change_weights();
        let (reweighted, built) = self.run();
        assert!(built && reweighted != first, "{}: the weights had changed", self.0.name);

        self.change_spec();
        let (respecified, built) = self.run();
        assert!(built && respecified != reweighted, "{}: the spec had changed", self.0.name);

        let (_, built) = self.run();
        assert!(!built, "{}: nothing had changed", self.0.name);
        [first, reweighted, respecified]
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("rebuild")
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).expect("a readable file")
}

#[test]
fn a_change_of_weights_or_spec_changes_the_program() {
    let compiler = dependency("recurve-compiler", "compiler", "");
    let without_macro = dependency("recurve", "runtime", "default-features = false");
    let by_macro = Front::new(
        "by_macro",
        &format!("[dependencies]\n{}", dependency("recurve", "runtime", "")),
        &[("src/main.rs", &format!("recurve::rnn_model!(\"model/lstm.yaml\");{MAIN}"))],
    );
    let by_script = Front::new(
        "by_script",
        &format!("[dependencies]\n{without_macro}\n[build-dependencies]\n{compiler}"),
        &[
            ("src/main.rs", &format!("recurve::include_model!(\"digits_lstm\");{MAIN}")),
            (
                "build.rs",
                "fn main() -> Result<(), recurve_compiler::Error> {\n    \
                     recurve_compiler::Config::new().compile(\"model/lstm.yaml\")\n}\n",
            ),
        ],
    );
    let outputs = by_macro.outputs();
    let sum: f32 = outputs[1].iter().sum();
    assert!((sum - 1.0).abs() < 1e-3 && outputs[1].len() == 10, "{:?}", outputs[1]);
    assert_eq!(outputs, by_script.outputs(), "the fronts differ");
}

#[test]
fn a_spec_that_the_build_script_writes_is_compiled_once() {
    let compiler = dependency("recurve-compiler", "compiler", "");
    let without_macro = dependency("recurve", "runtime", "default-features = false");
    let front = Front::new(
        "by_writing_script",
        &format!("[dependencies]\n{without_macro}\n[build-dependencies]\n{compiler}"),
        &[
            ("src/main.rs", &format!("recurve::include_model!(\"digits_lstm\");{MAIN}")),
            (
                "build.rs",
                r#"
fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=model");
    let out_dir = std::path::PathBuf::from(std::env::var("OUT_DIR")?);
    for file in ["lstm.yaml", "lstm.safetensors"] {
        std::fs::copy(format!("model/{file}"), out_dir.join(file))?;
    }
    Ok(recurve_compiler::Config::new().compile(out_dir.join("lstm.yaml"))?)
}
"#,
            ),
        ],
    );
    front.outputs();
}
