//! Writes networks of random weights, and compiles them and some that were trained.

#[path = "../src/random.rs"]
mod random;
#[path = "../build/seen.rs"]
mod seen;
#[allow(dead_code, reason = "the program uses all of it")]
#[path = "src/shapes.rs"]
mod shapes;

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use half::f16;
use random::Random;
use safetensors::{Dtype, SafeTensors};
use shapes::{
    Form, LANGUAGE_MODEL, LANGUAGE_MODEL_FORMS, LanguageModelForm, SHAPES, Shape, TRAINED, Trained,
};

/// Precisions, with what the name of the type ends with.
const PRECISIONS: [(&str, &str); 4] = [("f32", ""), ("f16", "F16"), ("int8", "Int8"), ("int4", "Int4")];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/shapes.rs");
    println!("cargo::rerun-if-changed=../src/random.rs");
    println!("cargo::rerun-if-changed=../build/seen.rs");
    let out_dir = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("`OUT_DIR` is not set")?);
    let (mut code, mut entries) = (String::new(), String::new());
    for (seed, shape) in (1..).zip(SHAPES) {
        let type_name = shape.type_name;
        let numbers = weights(&shape, &mut Random::new(seed))?;
        fs::write(out_dir.join(format!("{type_name}.safetensors")), numbers)?;
        for (precision, end) in PRECISIONS {
            let name = format!("{type_name}{end}");
            let is_seen = precision == "f32";
            let seen = is_seen.then_some("crate::peers::recurve::Weights");
            seen::generate(&name, &shape.spec(&name, precision), seen, &out_dir, &out_dir)?;
            writeln!(code, "include!(concat!(env!(\"OUT_DIR\"), \"/{name}.rs\"));")?;
            writeln!(entries, "{},", entry(&shape, &name, precision, is_seen))?;
        }
    }
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs");
    for trained in TRAINED {
        let folder = specs.join(trained.folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        let numbers = trained_weights(&fs::read(folder.join("dense.safetensors"))?, &trained.shape)?;
        fs::write(out_dir.join(format!("{}.safetensors", trained.shape.type_name)), numbers)?;
        for (place, form) in trained.forms.iter().enumerate() {
            let name = format!("{}{place}", trained.shape.type_name);
            seen::generate(&name, &spec(&trained, form, &folder)?, None, &folder, &out_dir)?;
            writeln!(code, "include!(concat!(env!(\"OUT_DIR\"), \"/{name}.rs\"));")?;
            writeln!(entries, "{},", entry(&trained.shape, &name, form.title, false))?;
        }
    }
    // It is too large for the repository.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/data/language_model");
    let files = ["lstm", "dual_0.5_int8.fit", "dual_0.5_int4.fit"];
    if files.iter().all(|file| folder.join(format!("{file}.safetensors")).exists()) {
        println!("cargo::rerun-if-changed={}", folder.display());
        let type_name = LANGUAGE_MODEL.type_name;
        let numbers = trained_weights(&fs::read(folder.join("lstm.safetensors"))?, &LANGUAGE_MODEL)?;
        fs::write(out_dir.join(format!("{type_name}.safetensors")), numbers)?;
        for (place, form) in LANGUAGE_MODEL_FORMS.iter().enumerate() {
            let name = format!("{type_name}{place}");
            seen::generate(&name, &language_model(&name, form), None, &folder, &out_dir)?;
            writeln!(code, "include!(concat!(env!(\"OUT_DIR\"), \"/{name}.rs\"));")?;
            writeln!(entries, "{},", entry(&LANGUAGE_MODEL, &name, form.title, false))?;
        }
    }
    writeln!(code, "/// Every compiled model.\npub const MODELS: &[Compiled] = &[{entries}];")?;
    Ok(fs::write(out_dir.join("models.rs"), code)?)
}

/// What the program knows of a compiled model.
fn entry(shape: &Shape, name: &str, precision: &str, is_seen: bool) -> String {
    let (how, input, output) =
        (if shape.bidirectional { "Both" } else { "Forward" }, shape.input, shape.output());
    let weights = if is_seen { format!("Some(<{name} as Weights>::weights)") } else { "None".into() };
    format!(
        "Compiled {{ type_name: {:?}, precision: {precision:?}, weight_bytes: <{name} as Model>::WEIGHT_BYTES, \
         weights: {weights}, make: || Box::new({how}::<{name}, {input}, {output}>::new()) }}",
        shape.type_name
    )
}

/// The spec of a form. One that is changed has no trace that it would agree with.
fn spec(trained: &Trained, form: &Form, folder: &Path) -> Result<String, Box<dyn Error>> {
    let text = fs::read_to_string(folder.join(format!("{}.yaml", form.spec)))?;
    if form.changes.is_empty() {
        return Ok(text);
    }
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("golden:")).collect();
    let mut text = lines.join("\n");
    for (part, other) in form.changes {
        if !text.contains(part) {
            return Err(format!("{}, {}: there is no `{part}`", trained.folder, form.title).into());
        }
        text = text.replace(part, other);
    }
    Ok(text)
}

/// The spec of the language model's LSTM alone.
fn language_model(name: &str, form: &LanguageModelForm) -> String {
    let (fit, runtime) = match form.little {
        Some(precision) => (
            format!("fit: dual_0.5_{precision}.fit.safetensors\n"),
            format!(
                "runtime:\n  dual_module:\n    - {{layer: lstm, precision: {precision}, epsilon: 0.5, insensitive_ratio: 0.5}}\n"
            ),
        ),
        None => (String::new(), String::new()),
    };
    let Shape { input, hidden, .. } = LANGUAGE_MODEL;
    format!(
        "recurve: 1\nname: {name}\nweights: lstm.safetensors\nignore: [embedding.*, bottleneck.*, classifier.*]\n{fit}\
         input: {{features: {input}}}\nlayers:\n  - lstm: {{name: lstm, hidden_size: {hidden}, precision: {}}}\n\
         output: every\n{runtime}",
        form.precision
    )
}

/// Trained weights in `f32`, by the names of random ones; `head` is the classifier of a shape that has classes.
fn trained_weights(file: &[u8], shape: &Shape) -> Result<Vec<u8>, Box<dyn Error>> {
    let file = SafeTensors::deserialize(file)?;
    let mut tensors = Vec::new();
    for (name, tensor) in file.tensors() {
        let (layer, what) = name.split_once('.').ok_or("a name without a layer")?;
        let layer = match layer {
            "classifier" if shape.classes > 0 => "head",
            "embedding" | "bottleneck" | "classifier" => continue,
            _ => "rnn",
        };
        let halves = tensor.data().as_chunks().0.iter().map(|bytes| f16::from_le_bytes(*bytes).to_f32());
        let bytes: Vec<u8> = match tensor.dtype() {
            Dtype::F16 => halves.flat_map(f32::to_le_bytes).collect(),
            Dtype::F32 => tensor.data().to_vec(),
            other => return Err(format!("`{name}` is in {other:?}").into()),
        };
        tensors.push((format!("{layer}.{what}"), tensor.shape().to_vec(), bytes));
    }
    seen::file(&tensors)
}

/// Weights as PyTorch names and initialises them.
fn weights(shape: &Shape, random: &mut Random) -> Result<Vec<u8>, Box<dyn Error>> {
    let limit = 1.0 / (shape.hidden as f32).sqrt();
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = shape
        .tensors()
        .into_iter()
        .map(|(name, sizes)| {
            let count = sizes.iter().product();
            let bytes = (0..count).flat_map(|_| random.within(limit).to_le_bytes()).collect();
            (format!("rnn.{name}"), sizes, bytes)
        })
        .collect();
    seen::file(&tensors)
}
