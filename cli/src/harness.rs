//! Programs of compiled models, built by cargo and run.
//!
//! A program lies in the user's private cache folder, under a name that follows from its content: what was built once is
//! not built again.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use recurve_compiler::model::Input;
use recurve_compiler::plan::Plan;
use recurve_compiler::spec::Output;
use recurve_compiler::{Compiled, Config};
use recurve_fit::Progress;

use crate::bar::Bar;
use crate::cache::{Cache, Entry};
use crate::dependency;
use crate::failure::Failure;
use crate::print::plain;
use crate::source::write_below;

const MODELS: &str = include_str!("../programs/models.rs");

/// Bytes of stack of a program besides its models.
const STACK: usize = 8 << 20;
/// Values of one model that are on the stack at once: of two in use, each on its way from one place to another.
const VALUES: usize = 6;

/// What a program does with its models.
pub(crate) struct Purpose {
    name: &'static str,
    /// Files beside those of the models, `main.rs` among them.
    files: &'static [(&'static str, &'static str)],
}

pub(crate) const BENCH: Purpose = Purpose {
    name: "bench",
    files: &[
        ("main.rs", include_str!("../programs/bench.rs")),
        ("read.rs", include_str!("../programs/read.rs")),
        ("rounds.rs", include_str!("../programs/rounds.rs")),
    ],
};

pub(crate) const VERIFY: Purpose =
    Purpose { name: "verify", files: &[("main.rs", include_str!("../programs/verify.rs"))] };

/// A program that was built.
pub(crate) struct Program {
    path: PathBuf,
    /// Keeps it from being removed.
    _entry: Entry,
}

impl Program {
    /// Builds a program of `models`, each with what messages call its spec; without the network if `offline`.
    pub(crate) fn build(
        purpose: &Purpose,
        models: &[(&Compiled, &str)],
        offline: bool,
    ) -> Result<Program, Failure> {
        let mut files: Vec<(String, Vec<u8>)> =
            purpose.files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
        files.push(("models.rs".into(), MODELS.into()));
        files.push(("each.rs".into(), each(models).into_bytes()));
        for (at, (compiled, origin)) in models.iter().enumerate() {
            let code = Config::new().name("Model").code(compiled, origin).map_err(Failure::new)?;
            files.push((format!("m{at}/mod.rs"), code.into_bytes()));
            files.push((format!("m{at}/model.weights"), compiled.plan.weights.bytes().to_vec()));
        }
        let threads = models.iter().any(|(compiled, _)| compiled.model.threads > 1);
        let features: &[&str] = if threads { &["std"] } else { &[] };
        let mut hasher = DefaultHasher::new();
        (&files, features, dependency::runtime(features)).hash(&mut hasher);
        let name = format!("{}_{:016x}", purpose.name, hasher.finish());
        let cache = Cache::open()?;
        let entry = cache.entry(&name)?;
        let manifest = manifest(&name, features);
        for (path, bytes) in &files {
            write(&entry.package.join("src").join(path), bytes)?;
        }
        write(&entry.package.join("Cargo.toml"), manifest.as_bytes())?;
        let host = host()?;
        let target = cache.target();
        cargo(&entry.package, &target, &host, offline, models.len())?;
        let path = target.join(host).join("release").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        Ok(Program { path, _entry: entry })
    }

    /// Runs the program; gives what it printed.
    pub(crate) fn run(&self, arguments: &[OsString]) -> Result<String, Failure> {
        let output = Command::new(&self.path)
            .args(arguments)
            .output()
            .map_err(|error| Failure::new(format!("cannot run `{}`: {error}", self.path.display())))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let message = format!("the compiled model did not run to its end ({}): {said}", output.status);
            return Err(Failure::new(message.trim_end()));
        }
        String::from_utf8(output.stdout).map_err(Failure::new)
    }

    /// A file beside the program, named after it.
    pub(crate) fn beside(&self, extension: &str) -> PathBuf {
        let name = format!("{}.{}", std::process::id(), extension);
        self.path.with_extension(name)
    }
}

/// The code that shows each model to a visitor.
fn each(models: &[(&Compiled, &str)]) -> String {
    let mut code = String::from("//! The models, each shown to a visitor.\n\n");
    for at in 0..models.len() {
        code += &format!("#[allow(dead_code)]\n#[path = \"m{at}/mod.rs\"]\nmod m{at};\n");
    }
    let most = |bytes: fn(&Plan) -> usize| {
        models.iter().map(|(compiled, _)| bytes(&compiled.plan)).max().unwrap_or(0)
    };
    let (state, scratch) = (most(Plan::state_bytes), most(|plan| plan.memory.scratch_bytes));
    let stack = state.saturating_mul(VALUES).saturating_add(2 * scratch).saturating_add(STACK);
    code += &format!("\n/// Bytes of stack that the models need.\npub const STACK: usize = {stack};\n");
    code += "\npub fn each(visit: &mut impl crate::models::Visit) {\n";
    for (at, (compiled, _)) in models.iter().enumerate() {
        let plan = &compiled.plan;
        let is_whole = plan.skip.as_ref().is_some_and(|skip| !skip.is_streaming());
        let method = match plan.output {
            _ if is_whole => "to_vector",
            Output::Last if plan.is_bidirectional() => "to_vector",
            Output::Every if plan.is_bidirectional() => "to_sequence",
            Output::Last | Output::Every => "streaming",
        };
        let (steps, updates) = match plan.skip {
            Some(_) => ("model.stats().steps", "model.stats().updates"),
            None => ("0", "0"),
        };
        let (read, rows) = match plan.duals().next() {
            Some(_) => ("model.rows().read", "model.rows().of"),
            None => ("0", "0"),
        };
        code += &format!("    visit.{method}::<m{at}::Model>(|model| {{\n        let _ = model;\n");
        code += &format!("        [{steps}, {updates}, {read}, {rows}]\n    }});\n");
    }
    code + "}\n"
}

/// Targets stand in it one by one: cargo would run what it finds by itself, such as a `build.rs`.
fn manifest(name: &str, features: &[&str]) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\nbuild = false\nautolib = \
         false\nautobins = false\nautoexamples = false\nautotests = false\nautobenches = false\n\n[[bin]]\nname = \
         \"{name}\"\npath = \"src/main.rs\"\n\n[workspace]\n\n[dependencies]\n{}",
        dependency::runtime(features)
    )
}

/// Writes a file where it says something else: cargo looks at times.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if fs::read(path).is_ok_and(|found| found == bytes) {
        return Ok(());
    }
    write_below(path, bytes)
}

fn program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn no_cargo(error: &std::io::Error) -> Failure {
    Failure::new(format!(
        "cannot start `{}`, which compiles the model: {error}\n  help: install Rust from rustup.rs, or set `CARGO` to the \
         path of cargo",
        program().to_string_lossy()
    ))
}

/// The name of this machine for the Rust compiler, which a configuration could build for another one.
fn host() -> Result<String, Failure> {
    let output = Command::new(program()).arg("-vV").stdin(Stdio::null()).output();
    let output = output.map_err(|error| no_cargo(&error))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(|host| host.trim().to_owned()).ok_or_else(|| {
        Failure::new(format!("`{} -vV` does not name its host:\n{said}", program().to_string_lossy()))
    })
}

/// Has cargo show the warnings of a user's flags instead of failing for them.
fn tolerate(command: &mut Command, host: &str) {
    const TOLERANT: &str = "--cap-lints=warn";
    if let Some(flags) = std::env::var_os("CARGO_ENCODED_RUSTFLAGS") {
        let parts = [flags.as_os_str(), OsStr::new(TOLERANT)];
        let flags = if flags.is_empty() { TOLERANT.into() } else { parts.join(OsStr::new("\u{1f}")) };
        command.env("CARGO_ENCODED_RUSTFLAGS", flags);
    } else if let Some(flags) = std::env::var_os("RUSTFLAGS") {
        command.env("RUSTFLAGS", [flags.as_os_str(), OsStr::new(TOLERANT)].join(OsStr::new(" ")));
    } else {
        command.arg("--config").arg(format!("target.{host}.rustflags=[\"{TOLERANT}\"]"));
    }
}

fn cargo(package: &Path, target: &Path, host: &str, offline: bool, models: usize) -> Result<(), Failure> {
    let mut bar = Bar::default();
    bar.begin(if models == 1 { "compiling the model" } else { "compiling the models" }, 0);
    let mut command = Command::new(program());
    command
        .args(["build", "--release", "--quiet", "--manifest-path"])
        .arg(package.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target)
        .args(["--target", host])
        .args(if offline { &["--offline"][..] } else { &[] })
        .args(if std::io::stderr().is_terminal() { &["--color", "always"][..] } else { &[] })
        .stdin(Stdio::null());
    tolerate(&mut command, host);
    let output = command.output();
    bar.end();
    let output = output.map_err(|error| no_cargo(&error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let package = package.display().to_string();
    Err(Failure::rendered(format!(
        "error: cargo could not compile the model, in `{}`:\n{said}\n",
        plain(&package)
    )))
}

/// What a step of a model reads, for the program's command line.
pub(crate) fn tokens(compiled: &Compiled) -> OsString {
    match compiled.model.input {
        Input::Tokens(count) => count.to_string().into(),
        Input::Features(_) => "0".into(),
    }
}
