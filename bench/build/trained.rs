//! The trained networks that skip steps, with a call for each that the page of their results is written from.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use recurve_compiler::Config;

/// Tasks, with the types of an input and an output.
const TASKS: [(&str, &str, &str); 5] = [
    ("adding", "[f32; 2]", "1"),
    ("har_skipping", "[f32; 9]", "6"),
    ("usps_pixels", "[f32; 1]", "10"),
    ("sst2", "u32", "2"),
    ("imdb", "u32", "2"),
];

/// How a file's name begins, in the order of a table, and what measures such a network.
const KINDS: [(&str, &str); 8] = [
    ("dense", "plain"),
    ("lstm", "plain"),
    ("skip_rnn", "fixed"),
    ("thr_rnn", "threshold"),
    ("window", "window"),
    ("predictor", "threshold"),
    ("stop_tokens", "fixed"),
    ("concat", "ends"),
];

/// Compiles them, and writes `skipping.rs` with a function for each task.
pub fn compile(specs: &Path, out_dir: &Path) -> Result<(), Box<dyn Error>> {
    let mut code = String::new();
    for (task, input, output) in TASKS {
        let mut calls = String::new();
        let folder = specs.join(task);
        println!("cargo::rerun-if-changed={}", folder.display());
        for (place, stem, path) in networks(&folder)? {
            let (_, how) = KINDS[place];
            let name = format!("skipping_{task}_{stem}");
            let type_name = type_name(&name);
            Config::new().out_dir(out_dir.join("trained")).name(&type_name).compile(path)?;
            writeln!(code, "recurve::include_model!(\"trained/{name}\");")?;
            writeln!(calls, "    section.{how}::<{type_name}>(\"{stem}\");")?;
        }
        let section = if calls.is_empty() { "_" } else { "section" };
        writeln!(code, "fn {task}({section}: &mut Section<{input}, {output}>) {{\n{calls}}}")?;
    }
    Ok(fs::write(out_dir.join("skipping.rs"), code)?)
}

/// The specs of a task in order: the place of their kind, the file's name, and the path.
fn networks(folder: &Path) -> io::Result<Vec<(usize, String, PathBuf)>> {
    let mut found = Vec::new();
    if !folder.is_dir() {
        return Ok(found);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let kind = KINDS.iter().position(|(kind, _)| stem.starts_with(kind));
        // A predictor that `recurve fit` has not learned does not compile.
        let is_learned = !stem.starts_with("predictor") || path.with_extension("fit.safetensors").exists();
        let is_spec = path.extension().is_some_and(|end| end == "yaml");
        if let (true, true, Some(kind)) = (is_spec, is_learned, kind) {
            found.push((kind, stem, path));
        }
    }
    found.sort();
    Ok(found)
}

/// `UpperCamelCase` of `snake_case`.
fn type_name(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + rest
    });
    words.collect()
}
