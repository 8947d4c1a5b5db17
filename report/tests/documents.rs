//! Every piece of YAML in the documents is what recurve reads: a spec, a part of one, or devices.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use recurve_compiler::diagnostic::{Diagnostic, Diagnostics, Span, Spanned, render};
use recurve_compiler::files::Memory;
use recurve_compiler::golden::Work;
use recurve_compiler::spec::{self, Spec};
use recurve_compiler::{Compiled, compile_spec, unfitted_spec};
use recurve_fit::sketch;
use recurve_report::Devices;
use safetensors::tensor::{Dtype, TensorView, serialize};
use serde_yaml::{Mapping, Value};

const WEIGHTS: &str = "w.safetensors";
const FIT: &str = "fit.safetensors";

#[test]
fn every_example_in_the_documents_compiles() {
    let mut examples = 0;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for page in pages(&root) {
        let text = fs::read_to_string(&page).expect("a readable page");
        for example in examples_of(&text) {
            let keys: Mapping = serde_yaml::from_str(example).expect("an example is a map");
            examples += 1;
            if keys.contains_key("targets") {
                Devices::read(example).expect("devices");
                continue;
            }
            let whole = whole(keys);
            let text = serde_yaml::to_string(&whole).expect("YAML");
            if let Err(found) = compiled(&text) {
                let said = render("example", &text, &found, false);
                panic!("{} has\n\n{example}\nand its compiler says of\n\n{text}\n{said}", page.display());
            }
        }
    }
    assert!(examples > 30, "{examples} examples");
}

/// The Markdown pages below the root.
fn pages(root: &Path) -> Vec<PathBuf> {
    let mut found = vec![root.join("README.md"), root.join("CONTRIBUTING.md")];
    let mut folders: Vec<_> =
        ["docs", "examples", "specs", "bench", "train"].map(|name| root.join(name)).into();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if path.extension().is_some_and(|end| end == "md") {
                found.push(path);
            } else if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            }
        }
    }
    found
}

fn examples_of(page: &str) -> impl Iterator<Item = &str> {
    page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap_or(rest))
}

/// The spec of the reference's first example, with the keys of another one in it.
fn whole(keys: Mapping) -> Mapping {
    if keys.contains_key("recurve") {
        return keys;
    }
    let (name, value) = keys.iter().next().expect("an example has a key");
    let name = name.as_str().expect("keys are texts");
    let this = || Value::Mapping(keys.clone());
    let yaml = |text: &str| serde_yaml::from_str::<Value>(text).expect("YAML");
    let lstm = |more: Value| {
        let mut lstm = yaml("{lstm: {name: lstm, hidden_size: 118}}");
        lstm["lstm"].as_mapping_mut().expect("a map").extend(more.as_mapping().expect("a map").clone());
        lstm
    };
    let map = |name: &str, value: Value| Value::Mapping(Mapping::from_iter([(name.into(), value)]));
    let linear = || yaml("{linear: {name: classifier, units: 12, activation: softmax}}");
    let tokens = || yaml("{tokens: 100}");
    let embedding = || yaml("{embedding: {name: embedding, dim: 10}}");
    let mut spec = Mapping::new();
    let mut set = |key: &str, value: Value| drop(spec.insert(key.into(), value));
    set("recurve", 1.into());
    set("name", "Example".into());
    set("weights", WEIGHTS.into());
    set("input", yaml("{features: 10}"));
    set("layers", vec![lstm(yaml("{}")), linear()].into());
    set("output", "last".into());
    match name {
        "lstm" | "gru" | "rnn" | "fastrnn" | "fastgrnn" => {
            let units = value.get("proj_size").unwrap_or(&value["hidden_size"]).as_u64().expect("units");
            // An output of both directions, to which a residual connection adds an input of its size.
            set("input", map("features", (2 * units).into()));
            set("layers", vec![this()].into());
            set("output", "every".into());
        }
        "linear" => set("layers", vec![this()].into()),
        "embedding" => {
            set("input", tokens());
            set("layers", vec![this(), lstm(yaml("{}"))].into());
        }
        "kp" | "hkp" | "hmd" | "low_rank" | "pruned" | "doped_kp" => {
            set("layers", vec![lstm(map("compression", this())), linear()].into());
        }
        "window" | "skip_rnn" | "thr_rnn" | "predictor" | "concat" => set("runtime", map("skip", this())),
        "stop_tokens" => {
            set("input", tokens());
            set("layers", vec![embedding(), lstm(yaml("{}"))].into());
            set("runtime", map("skip", this()));
        }
        "mlp" | "logistic" | "tree" | "forest" => {
            set("runtime", map("skip", map("predictor", this())));
        }
        "dual_module" => set("runtime", map("dual_module", vec![value.clone()].into())),
        "thresholds" => {
            let mut module = yaml("{layer: lstm}");
            module.as_mapping_mut().expect("a map").extend(keys.clone());
            set("runtime", map("dual_module", vec![module].into()));
        }
        _ => {
            for (key, value) in &keys {
                set(key.as_str().expect("keys are texts"), value.clone());
            }
        }
    }
    let input = spec["input"].as_mapping_mut().expect("a map");
    let has_max_steps = input.contains_key("max_steps");
    // Only levels that read both ways one after the other keep a sequence in memory.
    if value.get("num_layers").is_some() {
        input.insert("max_steps".into(), 100.into());
    } else if has_max_steps {
        let both_ways = vec![lstm(yaml("{bidirectional: true, num_layers: 2}"))];
        spec.insert("layers".into(), both_ways.into());
    }
    spec
}

/// Compiles a spec with arbitrary weights. Its trace, which nobody has, is left out.
fn compiled(text: &str) -> Result<Compiled, Diagnostics> {
    let mut diagnostics = Diagnostics::new();
    let read = spec::read(text, &mut diagnostics);
    let Some(read) = read.filter(|_| !diagnostics.has_errors()) else {
        return Err(diagnostics);
    };
    let place = |path: &str| Spanned::new(path.to_owned(), Span::new(0, 0));
    let spec = Spec { golden: None, weights: vec![place(WEIGHTS)], fit: Some(place(FIT)), ..read };
    let mut tensors = BTreeMap::new();
    loop {
        let mut files = Memory([(WEIGHTS.to_owned(), weights(&tensors))].into_iter().collect());
        let unfitted = match unfitted_spec(&spec, &files) {
            Ok(unfitted) => unfitted,
            Err(found) => {
                let before = tensors.len();
                tensors.extend(found.iter().flat_map(missing));
                if tensors.len() == before {
                    return Err(found);
                }
                continue;
            }
        };
        if let Ok(fit) = sketch(&unfitted) {
            files.0.insert(FIT.to_owned(), fit);
        }
        return compile_spec(&spec, &files, Work::QUICK);
    }
}

/// The tensors that an error asks for: "expected `lstm.weight_ih_l0` [472, 10]".
fn missing(error: &Diagnostic) -> Vec<(String, Vec<usize>)> {
    let tensor = |help: &String| {
        let (name, shape) = help.strip_prefix("expected `")?.split_once("` [")?;
        let shape = shape.strip_suffix(']')?.split(", ").map(|size| size.parse().ok());
        Some((name.to_owned(), shape.collect::<Option<Vec<usize>>>()?))
    };
    error.help.iter().filter_map(tensor).collect()
}

fn weights(tensors: &BTreeMap<String, Vec<usize>>) -> Vec<u8> {
    let numbers = |shape: &Vec<usize>| -> Vec<u8> {
        let count = shape.iter().product();
        (0..count).flat_map(|at: usize| (0.1 + (at * 37 % 101) as f32 / 500.0).to_le_bytes()).collect()
    };
    let numbers: BTreeMap<_, _> =
        tensors.iter().map(|(name, shape)| (name, (shape, numbers(shape)))).collect();
    let view = |(shape, bytes)| TensorView::new(Dtype::F32, Vec::clone(shape), bytes).expect("a tensor");
    let views = numbers.iter().map(|(name, (shape, bytes))| (name, view((shape, bytes))));
    serialize(views, None).expect("a file")
}
