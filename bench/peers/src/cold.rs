//! From nothing to the first output, each time in a process of its own.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::peers::{Peer, Task, burn, candle, python, recurve, rten, tract};
use crate::rounds::median;
use crate::shapes::{SHAPES, Shape};
use crate::{Fault, onnx, weights};

/// Processes of each.
const STARTS: usize = 7;
/// Who is started: the crates, then what Python has.
pub const CRATES: [&str; 5] = ["recurve", "tract", "rten", "candle", "burn"];
pub const LIBRARIES: [(&str, &str); 3] =
    [("ONNX Runtime", "onnxruntime"), ("LiteRT", "ai_edge_litert"), ("PyTorch", "torch")];

/// What a start took.
#[derive(Debug, Clone)]
pub struct Start {
    pub name: &'static str,
    /// Microseconds from the file, or the program, to the first output.
    pub microseconds: f64,
    /// Memory that this brought in, in KiB.
    pub kib: f64,
}

/// Every peer's start with `shape`, from a file in `folder`.
pub fn starts(shape: &Shape, folder: &Path) -> Result<Vec<Start>, Fault> {
    let file = folder.join(format!("{}.onnx", shape.type_name));
    std::fs::write(&file, onnx::model(shape, 1)?)?;
    let mut starts = Vec::new();
    for name in CRATES {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["cold", name, shape.type_name]).arg(if name == "candle" || name == "burn" {
            weights::path(shape)
        } else {
            file.clone()
        });
        starts.extend(start(name, &mut command)?);
    }
    for (name, library) in LIBRARIES {
        let Ok(network) = python::description(library, shape, Task::Step) else {
            continue;
        };
        let mut command = Command::new(python::interpreter());
        command.arg(python::program()).args(["cold", &network.to_string()]);
        starts.extend(start(name, &mut command).unwrap_or_default());
    }
    Ok(starts)
}

/// The middle of several processes; nothing where the first one fails.
fn start(name: &'static str, command: &mut Command) -> Result<Option<Start>, Fault> {
    let mut found: [Vec<f64>; 2] = Default::default();
    for _ in 0..STARTS {
        let output = command.output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [microseconds, kib] = numbers[..] else {
            return Ok(None);
        };
        found[0].push(microseconds);
        found[1].push(kib);
    }
    let [microseconds, kib] = found.map(median);
    Ok(Some(Start { name, microseconds, kib }))
}

/// In the process that is started: prints the microseconds to the first output, and the memory that it brought in.
pub fn child(name: &str, type_name: &str, file: &Path) -> Result<(), Fault> {
    let shape = SHAPES.iter().find(|shape| shape.type_name == type_name).ok_or("no such network")?;
    let input = vec![0.0; shape.input];
    let before = resident()?;
    let start = Instant::now();
    let mut network: Box<dyn Peer> = match name {
        "recurve" => (recurve::of(shape).next().ok_or("no such model")?.make)(),
        "tract" => Box::new(tract::Tract::read(&std::fs::read(file)?, shape, Task::Step)?),
        "rten" => Box::new(rten::Rten::read(std::fs::read(file)?, shape, Task::Step)?),
        "candle" => Box::new(candle::Candle::read(std::fs::read(file)?, shape)?),
        _ => Box::new(burn::Burn::new(shape)?),
    };
    std::hint::black_box(network.step(&input)?);
    let seconds = start.elapsed().as_secs_f64();
    println!("{} {}", seconds * 1e6, resident()?.saturating_sub(before));
    Ok(())
}

/// Memory that the process holds, in KiB.
fn resident() -> Result<u64, Fault> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no memory is told")?;
    Ok(line.split_whitespace().next().and_then(|word| word.parse().ok()).ok_or("a number")?)
}
