//! Measures compiled models beside what would be used instead, and writes `docs/peers.md`.

mod builds;
mod cold;
#[path = "../../src/results/data.rs"]
mod data;
mod language_model;
#[path = "../../src/machine.rs"]
mod machine;
mod onnx;
mod page;
mod peers;
#[path = "../../src/plot.rs"]
mod plot;
#[path = "../../src/random.rs"]
mod random;
#[path = "../../../cli/programs/read.rs"]
mod read;
#[path = "../../../cli/programs/rounds.rs"]
mod rounds;
#[path = "../../src/scatter.rs"]
mod scatter;
mod shapes;
mod speed;
mod trained;
mod turns;
mod weights;

use std::path::Path;
use std::process::{Command, ExitCode};

use ::recurve::simd::Level;
use peers::Task;
use shapes::SHAPES;

const USAGE: &str = "usage: recurve-peers [--builds] [NETWORK..]

  --builds  also build the smallest program with each crate, which takes minutes
  NETWORK   a part of a network's name: only those are measured, and no page is written";

/// Steps of a sequence.
pub const STEPS: usize = 32;

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// An error that knows how to show itself.
fn boxed(error: impl std::fmt::Display) -> Fault {
    error.to_string().into()
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["cold", name, type_name, file] => cold::child(name, type_name, Path::new(file)),
        _ if arguments.iter().any(|it| it.starts_with('-') && it != "--builds") => Err(USAGE.into()),
        _ if std::env::var_os(ONE_THREAD.0).is_none() => return again(&arguments),
        _ => all(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What keeps the crates to one thread; they read it before anything else.
const ONE_THREAD: (&str, &str) = ("RAYON_NUM_THREADS", "1");

fn again(arguments: &[String]) -> ExitCode {
    let status = std::env::current_exe()
        .and_then(|program| Command::new(program).args(arguments).env(ONE_THREAD.0, ONE_THREAD.1).status());
    if status.is_ok_and(|status| status.success()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn all(arguments: &[String]) -> Result<(), Fault> {
    let names: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let is_named = |title: &str| names.is_empty() || names.iter().any(|name| title.contains(name.as_str()));
    let is_wanted = |shape: &shapes::Shape| is_named(&shape.name());
    let mut left_out: Vec<String> = Vec::new();
    let mut measured = Vec::new();
    for shape in SHAPES.into_iter().filter(is_wanted) {
        for task in [Task::Step, Task::Run] {
            if task == Task::Step && shape.bidirectional {
                continue;
            }
            eprintln!("measuring {}, {task:?}", shape.name());
            measured.push(speed::measured(shape, task, &mut |what| left_out.push(what))?);
        }
    }
    for what in &left_out {
        eprintln!("{what}");
    }
    let (steps, runs) = (page::times(&measured, Task::Step), page::times(&measured, Task::Run));
    let (precisions, int8) = (page::precisions(&measured), page::int8(&measured));
    println!("{steps}\n{runs}\n{precisions}\n{int8}");
    let folder = std::env::temp_dir();
    let mut starts = Vec::new();
    for shape in
        SHAPES.iter().filter(|shape| ["Lstm10To118", "Lstm256", "Lstm1500"].contains(&shape.type_name))
    {
        if is_wanted(shape) {
            eprintln!("starting {}", shape.name());
            starts.push((*shape, cold::starts(shape, &folder)?));
        }
    }
    let cold = page::cold(&starts);
    println!("{cold}");
    let mut built = Vec::new();
    if arguments.iter().any(|argument| argument == "--builds") {
        eprintln!("building the smallest programs");
        built = builds::builds(&folder.join("recurve-peers"), &mut |what| eprintln!("{what}"));
    }
    let builds = page::builds(&built);
    println!("{builds}");
    let tables = trained::tables(&is_named, &mut |what| eprintln!("{what}"))?;
    let trained = page::trained(&tables);
    println!("{trained}");
    if !names.is_empty() {
        return Ok(());
    }
    let date = Command::new("date")
        .arg("+%Y-%m-%d")
        .output()
        .map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned());
    let page = include_str!("page.md")
        .replace("{date}", &date.unwrap_or_default())
        .replace("{machine}", &format!("{} ({:?})", machine::processor(), Level::detect()))
        .replace("{versions}", &versions())
        .replace("{step}", steps.trim_end())
        .replace("{run}", runs.trim_end())
        .replace("{precisions}", precisions.trim_end())
        .replace("{int8}", int8.trim_end())
        .replace("{trained}", trained.trim_end())
        .replace("{cold}", cold.trim_end())
        .replace("{builds}", builds.trim_end());
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    std::fs::create_dir_all(docs.join("peers"))?;
    std::fs::write(docs.join("peers/step.svg"), page::drawing(&measured))?;
    for table in &tables {
        if let Some(drawing) = &table.drawing {
            std::fs::write(docs.join(format!("peers/{}.svg", table.name)), drawing)?;
        }
    }
    std::fs::write(docs.join("peers.md"), page.trim_end().to_owned() + "\n")?;
    println!("written to docs/peers.md");
    Ok(())
}

/// Of the peers: what the lock file has, and what Python says.
fn versions() -> String {
    let lock = include_str!("../Cargo.lock");
    let version = |name: &str| {
        let behind = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?.1;
        Some(format!("{name} {}", behind.split('"').next()?))
    };
    let mut versions: Vec<String> =
        ["tract-onnx", "rten", "candle-nn", "burn"].into_iter().filter_map(version).collect();
    for module in ["onnxruntime", "ai-edge-litert", "torch"] {
        let code =
            format!("from importlib.metadata import version; print(\"{module}\", version(\"{module}\"))");
        let output = Command::new(peers::python::interpreter()).args(["-c", &code]).output();
        versions.extend(
            output
                .ok()
                .filter(|it| it.status.success())
                .map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned()),
        );
    }
    format!("Versions: {}.", versions.join(", "))
}
