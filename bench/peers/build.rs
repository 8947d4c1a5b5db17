//! Writes networks of random weights, and compiles them.

#[path = "../src/random.rs"]
mod random;
#[allow(dead_code, reason = "the program uses all of it")]
#[path = "src/shapes.rs"]
mod shapes;

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use random::Random;
use recurve_compiler::files::Directory;
use recurve_compiler::golden::Work;
use recurve_compiler::{Options, compile, diagnostic};
use safetensors::Dtype;
use safetensors::tensor::{TensorView, serialize};
use shapes::{SHAPES, Shape};

/// Precisions, with what the name of the type ends with.
const PRECISIONS: [(&str, &str); 4] = [("f32", ""), ("f16", "F16"), ("int8", "Int8"), ("int4", "Int4")];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/shapes.rs");
    println!("cargo::rerun-if-changed=../src/random.rs");
    let out_dir = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("`OUT_DIR` is not set")?);
    let (mut code, mut entries) = (String::new(), String::new());
    for (seed, shape) in (1..).zip(SHAPES) {
        let type_name = shape.type_name;
        let numbers = weights(&shape, &mut Random::new(seed))?;
        fs::write(out_dir.join(format!("{type_name}.safetensors")), numbers)?;
        for (precision, end) in PRECISIONS {
            let name = format!("{type_name}{end}");
            generate(&name, &shape.spec(&name, precision), precision == "f32", &out_dir)?;
            let (how, input, output) =
                (if shape.bidirectional { "Both" } else { "Forward" }, shape.input, shape.output());
            let weights = if precision == "f32" {
                format!("Some(<{name} as Weights>::weights)")
            } else {
                "None".into()
            };
            writeln!(code, "include!(concat!(env!(\"OUT_DIR\"), \"/{name}.rs\"));")?;
            writeln!(
                entries,
                "Compiled {{ type_name: \"{type_name}\", precision: \"{precision}\", \
                 weight_bytes: <{name} as Model>::WEIGHT_BYTES, weights: {weights}, \
                 make: || Box::new({how}::<{name}, {input}, {output}>::new()) }},"
            )?;
        }
    }
    writeln!(code, "/// Every compiled model.\npub const MODELS: &[Compiled] = &[{entries}];")?;
    Ok(fs::write(out_dir.join("models.rs"), code)?)
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
    let views: Vec<_> = tensors
        .iter()
        .map(|(name, sizes, bytes)| {
            TensorView::new(Dtype::F32, sizes.clone(), bytes).map(|view| (name, view))
        })
        .collect::<Result<_, _>>()?;
    Ok(serialize(views, None)?)
}

/// Writes the model's code, with an implementation of `Weights` beside its weights where they are to be seen.
fn generate(name: &str, spec: &str, is_seen: bool, out_dir: &Path) -> Result<(), Box<dyn Error>> {
    let compiled = compile(spec, &Directory(out_dir.into()), Work::QUICK)
        .map_err(|found| diagnostic::render(name, spec, &found, false))?;
    let options = Options { visibility: "pub".parse()?, name: None, origin: "the build script".into() };
    let bytes = compiled.plan.weights.bytes();
    let count = bytes.len() / size_of::<f32>();
    let seen = format!(
        "#[allow(non_local_definitions)]
        impl crate::peers::recurve::Weights for {name} {{
            fn weights() -> &'static [f32] {{ WEIGHTS.read::<f32, {count}>(0) }}
        }}"
    );
    let seen = if is_seen { seen } else { String::new() };
    let weights = format!("{{ {seen} ::core::include_bytes!(\"{name}.weights\") }}");
    fs::write(out_dir.join(format!("{name}.weights")), bytes)?;
    let code = compiled.code(&options, &weights.parse()?);
    Ok(fs::write(out_dir.join(format!("{name}.rs")), code.to_string())?)
}
