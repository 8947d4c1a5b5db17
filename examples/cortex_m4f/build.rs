//! Compiles inputs in, and tells the linker of the device's memory.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use safetensors::SafeTensors;

type Fault = Box<dyn std::error::Error>;

/// Golden traces, whose first sequences are read, and the steps that are taken of each.
const INPUTS: [(&str, &str, usize); 4] = [
    ("PIXELS", "../../specs/digits/gru.golden.safetensors", 8),
    ("COEFFICIENTS", "../../specs/spoken_digits/kp.golden.safetensors", 16),
    ("MOTION", "../../specs/har_skipping/window.golden.safetensors", 48),
    ("NOISE", "../../tests/traces/fastgrnn.golden.safetensors", 8),
];

fn main() -> Result<(), Fault> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let mut code = String::new();
    for (name, path, steps) in INPUTS {
        println!("cargo::rerun-if-changed={path}");
        code += &inputs(name, Path::new(path), steps)?;
    }
    fs::write(out.join("inputs.rs"), code)?;
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "none") {
        fs::copy("memory.x", out.join("memory.x"))?;
        println!("cargo::rerun-if-changed=memory.x");
        println!("cargo::rustc-link-search={}", out.display());
        println!("cargo::rustc-link-arg-bins=-Tlink.x");
        println!("cargo::rustc-link-arg-bins=--nmagic");
    }
    Ok(())
}

/// The first `steps` inputs of a trace, to the last bit.
fn inputs(name: &str, path: &Path, steps: usize) -> Result<String, Fault> {
    let bytes = fs::read(path).map_err(|error| format!("`{}`: {error}", path.display()))?;
    let file = SafeTensors::deserialize(&bytes)?;
    let tensor = file.tensor("inputs")?;
    let features = *tensor.shape().last().ok_or("the trace's inputs have a shape")?;
    let numbers = tensor.data().as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes));
    let numbers: Vec<u32> = numbers.take(steps * features).collect();
    let mut code = format!("/// Of `{}`.\n", path.file_name().ok_or("a file")?.display());
    writeln!(code, "pub static {name}: [[f32; {features}]; {steps}] = [")?;
    for step in numbers.chunks(features) {
        let step: Vec<String> = step.iter().map(|bits| format!("f32::from_bits({bits:#010x})")).collect();
        writeln!(code, "    [{}],", step.join(", "))?;
    }
    code += "];\n";
    Ok(code)
}
