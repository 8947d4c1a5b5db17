//! Writes models of random weights and compiles them.
//!
//! With `RECURVE_BENCH_SMALL` set, none has more than 256 inputs or units, which tells nothing of large ones but that all
//! of it works.

#[path = "build/compressed.rs"]
mod compressed;
#[path = "src/random.rs"]
mod random;
#[path = "build/seen.rs"]
mod seen;
#[path = "build/skipping.rs"]
mod skipping;
#[path = "build/trained.rs"]
mod trained;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use random::Random;
use recurve_compiler::Config;

/// Name, kind, gates, inputs, outputs, and what the spec says besides.
const MODELS: [(&str, &str, usize, usize, usize, &str); 6] = [
    ("Lstm28To40", "lstm", 4, 28, 40, ""),
    ("Lstm10To118", "lstm", 4, 10, 118, ""),
    ("Gru10To154", "gru", 3, 10, 154, ", reset: after"),
    ("Lstm77To179", "lstm", 4, 77, 179, ""),
    ("Lstm256To256", "lstm", 4, 256, 256, ""),
    ("Lstm1500To1500", "lstm", 4, 1500, 1500, ""),
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/random.rs");
    println!("cargo::rerun-if-env-changed=RECURVE_BENCH_SMALL");
    let most = if std::env::var_os("RECURVE_BENCH_SMALL").is_some() { 256 } else { usize::MAX };
    let out_dir = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("`OUT_DIR` is not set")?);
    for (seed, (name, kind, gates, input, hidden, more)) in (1..).zip(MODELS) {
        let (input, hidden) = (input.min(most), hidden.min(most));
        let weights = weights(kind, gates, input, hidden, &mut Random::new(seed))?;
        fs::write(out_dir.join(format!("{name}.safetensors")), weights)?;
        let spec = format!(
            "recurve: 1\n\
             name: {name}\n\
             weights: {name}.safetensors\n\
             input: {{features: {input}}}\n\
             layers:\n  \
               - {kind}: {{name: {kind}, hidden_size: {hidden}{more}}}\n\
             output: every\n"
        );
        fs::write(out_dir.join(format!("{name}.yaml")), &spec)?;
        seen::generate(name, &spec, Some("crate::models::Weights"), &out_dir, &out_dir)?;
    }
    for (seed, model) in (100..).zip(compressed::MODELS) {
        let model = model.at_most(most);
        let path = out_dir.join(format!("{}.yaml", model.name));
        let weights =
            random_tensors(model.tensors(), model.limit(), &mut Random::new(seed), |name, shape, index| {
                model.is_zero(name, shape, index).then_some(0.0)
            })?;
        fs::write(path.with_extension("safetensors"), weights)?;
        fs::write(&path, model.spec())?;
        Config::new().out_dir(&out_dir).name(model.name).compile(&path)?;
    }
    for (seed, model) in (200..).zip(skipping::models()) {
        let path = out_dir.join(format!("{}.yaml", model.name()));
        let mut random = Random::new(seed);
        let weights =
            random_tensors(model.tensors(), model.limit(), &mut random, |name, _, _| model.fixed(name))?;
        fs::write(path.with_extension("safetensors"), weights)?;
        fs::write(&path, model.spec())?;
        Config::new().out_dir(&out_dir).compile(&path)?;
    }
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs");
    trained::compile(&specs, &out_dir)?;
    for task in ["digits", "usps", "spoken_digits", "har"] {
        let folder = specs.join(task);
        println!("cargo::rerun-if-changed={}", folder.display());
        let mut specs: Vec<PathBuf> =
            fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
        specs.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
        specs.sort();
        for spec in specs {
            // Names of their own: the models of random weights have some of the same.
            Config::new().out_dir(out_dir.join("trained")).compile(&spec)?;
        }
    }
    Ok(())
}

/// Weights as PyTorch names and initialises them.
fn weights(
    kind: &str,
    gates: usize,
    input: usize,
    hidden: usize,
    random: &mut Random,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let rows = gates * hidden;
    let limit = 1.0 / (hidden as f32).sqrt();
    let shapes = [
        ("weight_ih", vec![rows, input]),
        ("weight_hh", vec![rows, hidden]),
        ("bias_ih", vec![rows]),
        ("bias_hh", vec![rows]),
    ];
    let named = shapes.map(|(name, shape)| (format!("{kind}.{name}_l0"), shape));
    random_tensors(named.into(), limit, random, |_, _, _| None)
}

fn random_tensors(
    shapes: Vec<(String, Vec<usize>)>,
    limit: f32,
    random: &mut Random,
    fixed: impl Fn(&str, &[usize], usize) -> Option<f32>,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let tensors: Vec<_> = shapes
        .into_iter()
        .map(|(name, shape)| {
            let count = shape.iter().product();
            let numbers = (0..count).map(|index| {
                let number = random.within(limit);
                fixed(&name, &shape, index).unwrap_or(number)
            });
            let bytes: Vec<u8> = numbers.flat_map(f32::to_le_bytes).collect();
            (name, shape, bytes)
        })
        .collect();
    seen::file(&tensors)
}
