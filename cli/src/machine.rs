//! `recurve machine`.

mod validate;

use std::path::Path;

use recurve_compiler::Compiled;
use recurve_fit::Progress;
use recurve_predict::{Candidate, Machine, Sample, Work, learned_from};

use crate::arguments;
use crate::bar::Bar;
use crate::bench::{processor, steps};
use crate::failure::Failure;
use crate::harness::{BENCH, Program};
use crate::output::{Outputs, mark};
use crate::source;

/// Models of one program: more take the Rust compiler much memory.
const TOGETHER: usize = 16;
/// How often each is timed.
const PASSES: usize = 5;

pub(crate) fn run(arguments: &arguments::Machine) -> Result<(), Failure> {
    let outputs = Outputs::new(arguments.force);
    if let Some(path) = &arguments.out {
        outputs.check(path)?;
    }
    let candidates = learned_from();
    let mut groups: Vec<Vec<Candidate>> = candidates.chunks(TOGETHER).map(<[Candidate]>::to_vec).collect();
    let learning = groups.len();
    let mut impossible = Vec::new();
    if arguments.validate {
        groups.extend(validate::groups(&mut impossible));
    }
    let timed = timed(groups, arguments.seconds, arguments.offline)?;
    let (learned, tried) = timed.models.split_at(learning.min(timed.models.len()));
    let sample =
        |model: &TimedModel| Sample { work: Work::new(&model.compiled), nanoseconds: median(&model.steps) };
    let samples: Vec<Sample> = learned.iter().flatten().map(sample).collect();
    let machine = Machine::learn(processor(), timed.instructions, &samples).map_err(Failure::new)?;
    let text = format!(
        "{}# What work costs on a machine, for `recurve predict`; measured by `recurve machine`.\n{}",
        mark("# ", ""),
        machine.write()
    );
    match &arguments.out {
        None if arguments.validate => {}
        None => print!("{text}"),
        Some(path) => {
            outputs.write(path, text.as_bytes())?;
            eprintln!("wrote `{}`, learned from {} models", path.display(), samples.len());
        }
    }
    if arguments.validate {
        validate::run(&machine, tried, &impossible, arguments.json)?;
    }
    Ok(())
}

/// Models that were timed, by group.
struct Timed {
    instructions: String,
    models: Vec<Vec<TimedModel>>,
}

struct TimedModel {
    title: String,
    compiled: Compiled,
    /// Nanoseconds of a step, by pass.
    steps: Vec<f64>,
}

/// Compiles and times candidates, all of which have to compile; those of a group in turns. It passes over all groups several
/// times, so that what disturbs the machine for a while does not decide what one of them takes.
fn timed(groups: Vec<Vec<Candidate>>, seconds: f64, offline: bool) -> Result<Timed, Failure> {
    let mut bar = Bar::default();
    bar.begin("compiling", groups.len() as u64);
    let mut models = Vec::with_capacity(groups.len());
    let mut programs = Vec::with_capacity(groups.len());
    for group in &groups {
        let mut of_group = Vec::with_capacity(group.len());
        for candidate in group {
            let compiled = candidate.compile().map_err(Failure::new)?;
            of_group.push(TimedModel { title: candidate.title(), compiled, steps: Vec::new() });
        }
        programs.push(Program::build(&BENCH, &named(&of_group), offline)?);
        models.push(of_group);
        bar.advance(1);
    }
    bar.end();
    bar.begin("measuring", (PASSES * groups.len()) as u64);
    let mut instructions = String::new();
    for _ in 0..PASSES {
        for (program, of_group) in programs.iter().zip(&mut models) {
            let (level, times) = steps(program, &named(of_group), seconds / PASSES as f64)?;
            instructions = level;
            for (model, time) in of_group.iter_mut().zip(times) {
                model.steps.push(time);
            }
            bar.advance(1);
        }
    }
    bar.end();
    Ok(Timed { instructions, models })
}

fn named(models: &[TimedModel]) -> Vec<(&Compiled, &str)> {
    models.iter().map(|model| (&model.compiled, model.title.as_str())).collect()
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Reads the description of a machine.
pub(crate) fn read(path: &Path) -> Result<Machine, Failure> {
    let text = source::text(path)?;
    Machine::read(&text).map_err(|error| {
        Failure::new(format!(
            "`{}` describes no machine: {error}\n  help: `recurve machine --out FILE` writes one",
            path.display()
        ))
    })
}
