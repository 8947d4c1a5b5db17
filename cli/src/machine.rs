//! `recurve machine`.

mod validate;

use std::path::Path;

use recurve_compiler::Compiled;
use recurve_fit::Progress;
use recurve_predict::{Candidate, Machine, Sample, Work, learned_from};

use crate::arguments;
use crate::bar::Bar;
use crate::bench::{processor, time};
use crate::failure::Failure;
use crate::harness::{BENCH, Program};

/// Models of one program: more take the Rust compiler much memory.
const TOGETHER: usize = 16;

pub(crate) fn run(arguments: &arguments::Machine) -> Result<(), Failure> {
    if let Some(path) = &arguments.validate {
        return validate::run(path, arguments);
    }
    let candidates = learned_from();
    let mut bar = Bar::default();
    bar.begin("measuring", candidates.len() as u64);
    let mut samples = Vec::with_capacity(candidates.len());
    let mut instructions = String::new();
    for candidates in candidates.chunks(TOGETHER) {
        let timed = timed(candidates, arguments.seconds)?;
        instructions = timed.instructions;
        for (compiled, nanoseconds) in &timed.models {
            samples.push(Sample { work: Work::new(compiled), nanoseconds: *nanoseconds });
        }
        bar.advance(candidates.len() as u64);
    }
    bar.end();
    let machine = Machine::learn(processor(), instructions, &samples).map_err(Failure::new)?;
    let text = format!(
        "# What work costs on a machine, for `recurve predict`; measured by `recurve machine` {}.\n{}",
        env!("CARGO_PKG_VERSION"),
        machine.write()
    );
    match &arguments.out {
        None => print!("{text}"),
        Some(path) => {
            recurve_fit::write(path, text.as_bytes())?;
            eprintln!("wrote `{}`, learned from {} models", path.display(), samples.len());
        }
    }
    Ok(())
}

/// Models that were timed in turns, and what a step of each takes.
struct Timed {
    instructions: String,
    models: Vec<(Compiled, f64)>,
}

/// Compiles and times candidates, all of which have to compile.
fn timed(candidates: &[Candidate], seconds: f64) -> Result<Timed, Failure> {
    let mut compiled = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        compiled.push((candidate.compile().map_err(Failure::new)?, candidate.title()));
    }
    let models: Vec<(&Compiled, &str)> = compiled.iter().map(|(one, title)| (one, title.as_str())).collect();
    let program = Program::build(&BENCH, &models, Path::new(""))?;
    let (instructions, times) = time(&program, &models, seconds)?;
    let steps = times.into_iter().map(|times| times.step);
    Ok(Timed { instructions, models: compiled.into_iter().map(|(one, _)| one).zip(steps).collect() })
}

/// Reads the description of a machine.
pub(crate) fn read(path: &Path) -> Result<Machine, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("cannot read `{}`: {error}", path.display())))?;
    Machine::read(&text).map_err(|error| {
        Failure::new(format!(
            "`{}` describes no machine: {error}\n  help: `recurve machine --out FILE` writes one",
            path.display()
        ))
    })
}
