//! The reference executor against what PyTorch, Keras and ONNX Runtime computed.

use std::path::{Path, PathBuf};

use recurve_compiler::compile;
use recurve_compiler::diagnostic::{Diagnostics, render};
use recurve_compiler::files::Directory;
use recurve_compiler::golden::{self, Work};
use recurve_compiler::model::resolve;
use recurve_compiler::spec;
use recurve_compiler::tensors::Store;

const TOLERANCE: f64 = 1e-5;

/// The specs in a folder of the repository.
fn specs(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
    let mut specs: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("the folder of traces")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    specs.sort();
    specs
}

/// What is wrong with the spec at `path`, if anything.
fn fault(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).expect("a spec");
    let files = Directory(path.parent().expect("a folder").to_owned());
    let mut diagnostics = Diagnostics::new();
    let checked = spec::read(&text, &mut diagnostics).and_then(|spec| {
        let mut store = Store::read(&spec, &files, &mut diagnostics)?;
        let model = resolve(&spec, &mut store, &mut diagnostics)?;
        golden::check(&spec, &model, &files, Work::All, &mut diagnostics)
    });
    let name = path.display().to_string();
    match checked {
        _ if !diagnostics.is_empty() => Some(render(&name, &text, &diagnostics, false)),
        None => Some(format!("{name} has no trace")),
        Some(checked) if checked.steps == 0 || checked.steps < checked.steps_in_trace => {
            Some(format!("{name}: {checked:?}"))
        }
        Some(checked) if checked.worst > TOLERANCE => Some(format!("{name} is off by {:e}", checked.worst)),
        Some(_) => None,
    }
}

#[test]
fn the_reference_agrees_with_every_framework() {
    let specs = specs("tests/traces");
    assert!(specs.len() >= 30, "only {} traces", specs.len());
    let faults: Vec<String> = specs.iter().filter_map(|path| fault(path)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

const TASKS: [&str; 10] = [
    "digits",
    "har",
    "adding",
    "har_skipping",
    "imdb",
    "spoken_digits",
    "sst2",
    "usps",
    "usps_pixels",
    "usps_rows",
];

#[test]
fn the_examples_run_as_their_precision_explains() {
    let mut rounded = 0;
    for path in TASKS.iter().flat_map(|task| specs(&format!("specs/{task}"))) {
        let text = std::fs::read_to_string(&path).expect("a spec");
        let files = Directory(path.parent().expect("a folder").to_owned());
        let compiled = compile(&text, &files, Work::All).expect("a model");
        let name = path.display().to_string();
        assert!(compiled.warnings.is_empty(), "{}", render(&name, &text, &compiled.warnings, false));
        let golden = compiled.golden.expect("a trace");
        let alters = text.contains("precision:") || text.contains("fit:");
        assert_eq!(golden.deployed.is_some(), alters, "{name}");
        if let Some(deployed) = golden.deployed {
            assert!(
                deployed.worst > golden.worst && deployed.error < deployed.spread,
                "{name}: {deployed:?}"
            );
            rounded += 1;
        }
    }
    assert!(rounded >= 10, "only {rounded}");
}

#[test]
fn the_examples_are_what_was_trained() {
    for task in TASKS {
        let specs = specs(&format!("specs/{task}"));
        assert!(!specs.is_empty(), "no specs of {task}");
        let faults: Vec<String> = specs.iter().filter_map(|path| fault(path)).collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}
