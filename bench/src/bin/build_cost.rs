//! Measures how long a crate with a compiled model takes to build, by building some; see README.md.

#[path = "../machine.rs"]
mod machine;
#[path = "../table.rs"]
mod table;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const JOBS: &str = "2";
const SMALL: &str = "Lstm28To40";
const LARGE: &str = "Lstm1500To1500";
/// How often a model is exchanged for another.
const EXCHANGES: usize = 3;

#[derive(Clone, Copy)]
enum Front {
    Macro,
    BuildScript,
}

/// Seconds.
struct Cost {
    clean: f64,
    small: f64,
    large: f64,
}

fn main() -> ExitCode {
    if std::env::args().len() > 1 {
        eprintln!("usage: build_cost");
        return ExitCode::from(2);
    }
    match print() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn print() -> Result<()> {
    println!("processor: {}", machine::processor());
    println!("seconds of `cargo build --jobs {JOBS}`\n");
    let head =
        ["front and profile", "from clean", "other 44 KB model", "other 72 MB model", "added by 72 MB"];
    let mut rows = vec![head.map(String::from).to_vec()];
    let root = Scratch::new()?;
    for (name, front) in [("rnn_model!", Front::Macro), ("build.rs", Front::BuildScript)] {
        for profile in ["dev", "release"] {
            let Cost { clean, small, large } = cost(&root.0, front, profile)?;
            let seconds = [clean, small, large, large - small].map(|s| format!("{s:.1}"));
            let mut row = vec![format!("{name}, {profile}")];
            row.extend(seconds);
            rows.push(row);
        }
    }
    table::print(&rows);
    println!("\n  goals: from clean under 60 s with rnn_model!; added by 72 MB under 5 s with build.rs");
    Ok(())
}

fn cost(root: &Path, front: Front, profile: &str) -> Result<Cost> {
    let _ = fs::remove_dir_all(root);
    create(root, front)?;
    exchange(root, SMALL)?;
    let clean = build(root, profile)?;
    let (mut small, mut large) = (Vec::new(), Vec::new());
    for _ in 0..EXCHANGES {
        for (model, seconds) in [(LARGE, &mut large), (SMALL, &mut small)] {
            exchange(root, model)?;
            seconds.push(build(root, profile)?);
        }
    }
    Ok(Cost { clean, small: median(small), large: median(large) })
}

/// Writes a crate that compiles the model beside it.
fn create(root: &Path, front: Front) -> Result<()> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let home = home.canonicalize()?;
    let path = |part: &str| format!("{{ path = {:?} }}", home.join(part));
    let manifest = "[package]\nname = \"cost\"\nedition = \"2024\"\n\n[workspace]\n";
    let (dependencies, model) = match front {
        Front::Macro => (
            format!("[dependencies]\nrecurve = {}\n", path("runtime")),
            "recurve::rnn_model!(struct Net = \"model.yaml\");",
        ),
        Front::BuildScript => (
            format!(
                "[dependencies]\nrecurve = {{ path = {:?}, default-features = false }}\n\n\
                 [build-dependencies]\nrecurve-compiler = {}\n",
                home.join("runtime"),
                path("compiler")
            ),
            "recurve::include_model!(\"net\");",
        ),
    };
    fs::create_dir_all(root.join("src"))?;
    fs::write(root.join("Cargo.toml"), format!("{manifest}\n{dependencies}"))?;
    let program = "use recurve::Model;\n\n\
                   fn main() {\n    let mut net = Net::new();\n    \
                   println!(\"{:?}\", net.step(&[0.5; <Net as Model>::INPUT_SIZE]));\n}\n";
    fs::write(root.join("src/main.rs"), format!("{model}\n\n{program}"))?;
    if let Front::BuildScript = front {
        let script = "fn main() -> Result<(), recurve_compiler::Error> {\n    \
                      recurve_compiler::Config::new().name(\"Net\").compile(\"model.yaml\")\n}\n";
        fs::write(root.join("build.rs"), script)?;
    }
    // The versions that the project is tested with, where it has any.
    let _ = fs::copy(home.join("Cargo.lock"), root.join("Cargo.lock"));
    Ok(())
}

/// Makes the model of that name the crate's.
fn exchange(root: &Path, name: &str) -> Result<()> {
    let models = Path::new(env!("OUT_DIR"));
    let weights = format!("{name}.safetensors");
    fs::copy(models.join(&weights), root.join("model.safetensors"))?;
    let spec = fs::read_to_string(models.join(format!("{name}.yaml")))?;
    Ok(fs::write(root.join("model.yaml"), spec.replace(&weights, "model.safetensors"))?)
}

/// Seconds that it takes.
fn build(root: &Path, profile: &str) -> Result<f64> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo
        .args(["build", "--quiet", "--jobs", JOBS, "--profile", profile])
        .env("CARGO_TARGET_DIR", root.join("target"))
        .env_remove("RUSTFLAGS")
        .current_dir(root);
    let start = Instant::now();
    let output = cargo.output()?;
    let seconds = start.elapsed().as_secs_f64();
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`cargo build` failed:\n{message}").into());
    }
    Ok(seconds)
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

/// A folder that goes when it is no longer used.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self> {
        let name = format!("recurve-build-cost-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder)?;
        Ok(Scratch(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
