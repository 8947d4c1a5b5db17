//! The smallest program with each crate: how long it builds, and how large it is.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::shapes::SHAPES;
use crate::{Fault, onnx, weights};

/// What a program took.
pub struct Build {
    pub name: &'static str,
    pub seconds: f64,
    /// Of the program, stripped, with the weights in it or the file beside it.
    pub bytes: u64,
    /// Of the file that it reads.
    pub file_bytes: u64,
}

/// Name, dependencies, and the program.
const PROGRAMS: [(&str, &str, &str); 5] = [
    ("recurve", "recurve = { path = \"{runtime}\" }", include_str!("builds/recurve.rs")),
    (
        "tract",
        "tract-onnx = { version = \"=0.23.9\", default-features = false }",
        include_str!("builds/tract.rs"),
    ),
    (
        "rten",
        "rten = { version = \"=0.27.0\", default-features = false, features = [\"onnx_format\"] }\nrten-tensor = \"=0.27.0\"",
        include_str!("builds/rten.rs"),
    ),
    ("candle", "candle-core = \"=0.11.1\"\ncandle-nn = \"=0.11.1\"", include_str!("builds/candle.rs")),
    (
        "burn",
        "burn = { version = \"=0.22.1\", default-features = false, features = [\"std\", \"flex\", \"simd\"] }",
        include_str!("builds/burn.rs"),
    ),
];

/// Builds each in `folder`, from nothing, with the crates downloaded before; `say` hears which are left out, and why.
pub fn builds(folder: &Path, say: &mut dyn FnMut(String)) -> Vec<Build> {
    let mut builds = Vec::new();
    for (name, dependencies, program) in PROGRAMS {
        match build(&folder.join(name), name, dependencies, program) {
            Ok(build) => builds.push(build),
            Err(error) => say(format!("the program with {name} is left out: {error}")),
        }
    }
    builds
}

fn build(package: &Path, name: &'static str, dependencies: &str, program: &str) -> Result<Build, Fault> {
    let shape = SHAPES.iter().find(|shape| shape.type_name == "Lstm10To118").ok_or("the network")?;
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../runtime");
    let _ = std::fs::remove_dir_all(package);
    std::fs::create_dir_all(package.join("src"))?;
    let dependencies = dependencies.replace("{runtime}", &runtime.display().to_string());
    std::fs::write(
        package.join("Cargo.toml"),
        format!(
            "[package]\nname = \"smallest\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
                 {dependencies}\n\n[profile.release]\nstrip = true\n"
        ),
    )?;
    std::fs::write(package.join("src/main.rs"), program)?;
    std::fs::write(package.join("network.yaml"), shape.spec("Network", "f32"))?;
    std::fs::copy(weights::path(shape), package.join("Lstm10To118.safetensors"))?;
    std::fs::write(package.join("network.onnx"), onnx::model(shape, 1)?)?;
    let cargo = |arguments: &[&str]| -> Result<(), Fault> {
        let mut command = Command::new("cargo");
        command.args(arguments).current_dir(package).env("CARGO_TARGET_DIR", package.join("target"));
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        if status.success() { Ok(()) } else { Err(format!("{name} does not build").into()) }
    };
    cargo(&["fetch"])?;
    let start = Instant::now();
    cargo(&["build", "--release"])?;
    let seconds = start.elapsed().as_secs_f64();
    let program = package.join("target/release/smallest");
    let status = Command::new(&program).current_dir(package).stdout(Stdio::null()).status()?;
    if !status.success() {
        return Err(format!("the program with {name} fails").into());
    }
    let file = match name {
        "recurve" => None,
        "tract" | "rten" => Some("network.onnx"),
        _ => Some("Lstm10To118.safetensors"),
    };
    let size = |path: &Path| -> Result<u64, Fault> { Ok(std::fs::metadata(path)?.len()) };
    let file_bytes = file.map_or(Ok(0), |file| size(&package.join(file)))?;
    let build = Build { name, seconds, bytes: size(&program)?, file_bytes };
    std::fs::remove_dir_all(package)?;
    Ok(build)
}
