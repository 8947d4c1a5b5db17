//! `recurve bench`.

use std::ffi::OsString;
use std::fs;
use std::io::IsTerminal;

use recurve_compiler::golden::Work;
use recurve_compiler::{Compiled, compile};
use recurve_fit::Progress;
use serde_json::{Value, json};

use crate::arguments::Bench;
use crate::bar::Bar;
use crate::failure::Failure;
use crate::harness::{BENCH, Program, tokens};
use crate::print as printing;
use crate::source::Source;

/// Nanoseconds, the middle of many rounds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    /// Of a step, with what it reads in the caches that it fits in.
    pub(crate) step: f64,
    /// Of a step after 64 MiB of other memory were read.
    pub(crate) cold: f64,
    /// Of one of 32 steps in a run.
    pub(crate) run: f64,
    /// Of reading as many bytes as the weights have.
    pub(crate) read: f64,
    /// The part of that limit that a step reaches.
    pub(crate) of_limit: f64,
    /// How many times as fast as a step of the first model.
    pub(crate) faster: f64,
}

pub(crate) fn run(arguments: &Bench) -> Result<(), Failure> {
    let mut compiled = Vec::with_capacity(arguments.specs.len());
    for spec in &arguments.specs {
        let source = Source::read(spec)?;
        let one =
            compile(&source.text, &source.files, Work::QUICK).map_err(|found| source.failure(&found))?;
        crate::print::styled_note(&source.render(&one.warnings));
        compiled.push((one, spec.display().to_string()));
    }
    let models: Vec<(&Compiled, &str)> = compiled.iter().map(|(one, path)| (one, path.as_str())).collect();
    let program = Program::build(&BENCH, &models, arguments.offline)?;
    let (level, times) = time(&program, &models, arguments.seconds)?;
    if arguments.json {
        println!("{:#}", for_programs(&models, &level, &times));
    } else {
        print(&models, &level, &times);
    }
    Ok(())
}

/// Times the models of `program` in turns, each for about so many `seconds`. Gives the instruction set as well.
fn time(
    program: &Program,
    models: &[(&Compiled, &str)],
    seconds: f64,
) -> Result<(String, Vec<Times>), Failure> {
    let mut bar = Bar::default();
    bar.begin("timing", 0);
    let said = run_program(program, "all", models, seconds);
    bar.end();
    said.and_then(|said| lines(&said, "model ", models.len(), read))
}

/// Times steps only: nanoseconds of each model's.
pub(crate) fn steps(
    program: &Program,
    models: &[(&Compiled, &str)],
    seconds: f64,
) -> Result<(String, Vec<f64>), Failure> {
    let said = run_program(program, "steps", models, seconds)?;
    lines(&said, "step ", models.len(), |line| line.parse().ok())
}

fn run_program(
    program: &Program,
    what: &str,
    models: &[(&Compiled, &str)],
    seconds: f64,
) -> Result<String, Failure> {
    let mut arguments = vec![OsString::from(what), OsString::from(seconds.to_string())];
    arguments.extend(models.iter().map(|(compiled, _)| tokens(compiled)));
    program.run(&arguments)
}

/// The instruction set, and what the program said of each model in a line that begins so.
fn lines<T>(
    said: &str,
    begin: &str,
    models: usize,
    read: impl Fn(&str) -> Option<T>,
) -> Result<(String, Vec<T>), Failure> {
    let level = said.lines().find_map(|line| line.strip_prefix("level ")).unwrap_or("unknown");
    let found: Vec<T> = said.lines().filter_map(|line| line.strip_prefix(begin)).filter_map(read).collect();
    if found.len() == models {
        Ok((level.to_owned(), found))
    } else {
        Err(Failure::new(format!("{} of {models} models were timed", found.len())))
    }
}

fn read(line: &str) -> Option<Times> {
    let numbers: Vec<f64> = line.split(' ').filter_map(|number| number.parse().ok()).collect();
    let [step, cold, run, read, of_limit, faster] = numbers[..] else {
        return None;
    };
    Some(Times { step, cold, run, read, of_limit, faster })
}

/// The processor, as far as the system tells.
pub(crate) fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let value = |key: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(name, _)| name.trim() == key).map(|(_, value)| value.trim().to_owned())
    };
    match (value("model name"), value("cpu family"), value("model")) {
        (Some(name), Some(family), Some(model)) => format!("{name} (family {family}, model {model})"),
        (Some(name), ..) => name,
        _ => format!("an unknown {} processor", std::env::consts::ARCH),
    }
}

fn print(models: &[(&Compiled, &str)], level: &str, times: &[Times]) {
    let (bold, plain) = if std::io::stdout().is_terminal() { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
    println!("{}, {level}, one call after the other", processor());
    let width = models.iter().map(|(_, path)| path.chars().count()).max().unwrap_or(0).max(5);
    printing::styled(&format!(
        "{bold}{:<width$}  {:>10}  {:>10}  {:>10}  {:>10}  {:>10}  {:>9}  {:>9}  {:>7}{plain}\n",
        "model", "weights KB", "MACs", "step us", "cold us", "run us", "read us", "read/step", "faster"
    ));
    for ((compiled, path), times) in models.iter().zip(times) {
        println!(
            "{path:<width$}  {:>10.1}  {:>10}  {:>10.3}  {:>10.3}  {:>10.3}  {:>9.3}  {:>9.2}  {:>6.2}x",
            compiled.plan.weights.bytes().len() as f64 / 1024.0,
            compiled.plan.cost.macs(),
            times.step / 1e3,
            times.cold / 1e3,
            times.run / 1e3,
            times.read / 1e3,
            times.of_limit,
            times.faster,
        );
    }
    println!(
        "step: one, weights in the caches that they fit in; cold: one after 64 MiB of others were read; run: one of 32 in \
         a `run`;\nread: reading as many bytes as the weights have, which no step can beat"
    );
    if models.iter().any(|(compiled, _)| compiled.plan.is_bidirectional()) {
        println!("a model that reads both ways has no step: its `step` is a sequence of one");
    }
}

fn for_programs(models: &[(&Compiled, &str)], level: &str, times: &[Times]) -> Value {
    let one = |((compiled, path), times): (&(&Compiled, &str), &Times)| {
        json!({
            "spec": path,
            "weight_bytes": compiled.plan.weights.bytes().len(),
            "macs_per_step": compiled.plan.cost.macs(),
            "step_ns": times.step,
            "cold_step_ns": times.cold,
            "run_step_ns": times.run,
            "read_ns": times.read,
            "part_of_read_limit": times.of_limit,
            "faster": times.faster,
        })
    };
    json!({
        "processor": processor(),
        "instructions": level,
        "models": models.iter().zip(times).map(one).collect::<Vec<Value>>(),
    })
}
