//! `recurve verify`.

mod compare;
mod print;
mod turns;

use std::ffi::OsString;

use recurve_compiler::diagnostic::Diagnostics;
use recurve_compiler::golden::{self, Checked, TOLERANCE, Work};
use recurve_compiler::plan::Plan;
use recurve_compiler::sequences::Steps;
use recurve_compiler::spec::{self, Output, Spec};
use recurve_compiler::{Compiled, compile, unfitted};

use crate::arguments::Verify;
use crate::failure::Failure;
use crate::harness::{Program, VERIFY};
use crate::source::{Source, sequences};
use compare::{OnData, OnTrace};
use turns::may_turn;

/// What the compiled model gave on one instruction set.
struct Run {
    level: String,
    /// Outputs of a run that are not those of the steps to the last bit.
    different: usize,
    /// Steps, executed ones, and rows that were read and were there; zeros where the model leaves out none.
    counts: [u64; 4],
    /// Of each sequence, the outputs one after the other.
    outputs: Vec<Vec<f32>>,
}

/// Everything that was found.
struct Found {
    /// What the trained network gave over its trace, in f64.
    trained: Option<Checked>,
    /// The accepted difference of it.
    accepted: f64,
    trace: Option<OnTrace>,
    data: Option<OnData>,
}

pub(crate) fn run(arguments: &Verify) -> Result<(), Failure> {
    let source = Source::read(&arguments.spec)?;
    let compiled = compile(&source.text, &source.files, Work::All).map_err(|found| source.failure(&found))?;
    crate::print::styled_note(&source.render(&compiled.warnings));
    let data = arguments.data.as_ref().map(|path| sequences(path, compiled.model.input)).transpose()?;
    let spec = spec::read(&source.text, &mut Diagnostics::new());
    let expected = match &spec {
        Some(spec) => {
            let trace = golden::expected(spec, &compiled.model, &source.files);
            trace.map_err(|error| {
                let mut found = Diagnostics::new();
                found.push(error);
                source.failure(&found)
            })?
        }
        None => Vec::new(),
    };
    if expected.is_empty() && data.is_none() {
        return Err(Failure::new(
            "there is nothing to run the model over\n  help: add `golden:` to the spec, or give sequences with `--data FILE`",
        ));
    }
    let program = build(&compiled, arguments)?;
    let trace = match expected.is_empty() {
        true => None,
        false => {
            let runs = run_over(&program, &compiled, expected.iter().map(|one| &one.inputs))?;
            Some(compare::with_trace(&compiled, &expected, runs))
        }
    };
    let data = match &data {
        None => None,
        Some(data) => {
            let steps: Vec<Steps> = (0..data.count())
                .map(|at| data.inputs(at, data.length(at)))
                .collect::<Result<_, _>>()
                .map_err(recurve_fit::Error::from)?;
            let labels = data.labels().map_err(recurve_fit::Error::from)?;
            let runs = run_over(&program, &compiled, steps.iter())?;
            let mut found = compare::with_data(&compiled, &steps, labels.as_deref(), runs)?;
            let scored = found.accuracy.is_some() || found.perplexity.is_some();
            if scored && spec.as_ref().is_some_and(Spec::alters) {
                let trained = trained(&source)?;
                let program = build(&trained, arguments)?;
                let runs = run_over(&program, &trained, steps.iter())?;
                found.trained = Some(compare::scores(&trained, &steps, labels.as_deref(), &runs));
            }
            Some(found)
        }
    };
    let accepted = spec.as_ref().and_then(|spec| spec.golden.as_ref()?.tolerance);
    let accepted = accepted.map_or(TOLERANCE, |tolerance| tolerance.value);
    let found = Found { trained: compiled.golden, accepted, trace, data };
    if arguments.json {
        println!("{:#}", print::for_programs(&compiled, &found));
    } else {
        print::print(&compiled, &found);
    }
    match print::failures(&compiled, &found).as_slice() {
        [] => Ok(()),
        failures => Err(Failure::new(failures.join("\nerror: "))),
    }
}

fn build(compiled: &Compiled, arguments: &Verify) -> Result<Program, Failure> {
    Program::build(&VERIFY, &[(compiled, &arguments.spec.display().to_string())], arguments.offline)
}

/// The network as it was trained: neither fitted nor rounded.
fn trained(source: &Source) -> Result<Compiled, Failure> {
    let found = unfitted(&source.text, &source.files).map_err(|found| source.failure(&found))?;
    Ok(Compiled {
        plan: Plan::new(&found.trained),
        model: found.trained,
        golden: None,
        saturated: Vec::new(),
        files: Vec::new(),
        warnings: Diagnostics::new(),
    })
}

/// Runs the program over sequences, on every instruction set.
fn run_over<'a>(
    program: &Program,
    compiled: &Compiled,
    sequences: impl Iterator<Item = &'a Steps> + Clone,
) -> Result<Vec<Run>, Failure> {
    let mut bytes = Vec::new();
    for steps in sequences.clone() {
        let count = u32::try_from(steps.as_inputs().len()).map_err(Failure::new)?;
        bytes.extend(count.to_le_bytes());
        match steps {
            Steps::Features(steps) => bytes.extend(steps.iter().flatten().flat_map(|x| x.to_le_bytes())),
            Steps::Tokens(ids) => bytes.extend(ids.iter().flat_map(|id| id.to_le_bytes())),
        }
    }
    let (inputs, outputs) = (program.beside("inputs"), program.beside("outputs"));
    let arguments: [OsString; 2] = [inputs.clone().into(), outputs.clone().into()];
    let said = recurve_fit::write(&inputs, &bytes)
        .map_err(Failure::from)
        .and_then(|()| program.run(&arguments))
        .and_then(|said| Ok((said, std::fs::read(&outputs).map_err(Failure::new)?)));
    for file in [inputs, outputs] {
        let _ = std::fs::remove_file(file);
    }
    let (said, bytes) = said?;
    let mut numbers = bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
    let each = gives_each(compiled);
    let mut run = |line: &str| -> Option<Run> {
        let mut words = line.strip_prefix("level ")?.split(' ');
        let level = words.next()?.to_owned();
        let mut count = || words.next()?.parse::<u64>().ok();
        let different = usize::try_from(count()?).ok()?;
        let counts = [count()?, count()?, count()?, count()?];
        let outputs = sequences.clone().map(|steps| {
            let outputs = if each { steps.as_inputs().len() } else { 1 };
            numbers.by_ref().take(outputs * compiled.plan.output_size).collect()
        });
        Some(Run { level, different, counts, outputs: outputs.collect() })
    };
    let runs: Vec<Run> = said.lines().map_while(&mut run).collect();
    if runs.is_empty() {
        return Err(Failure::new("the compiled model said nothing that can be read"));
    }
    Ok(runs)
}

/// Whether the compiled model gives an output after each step.
fn gives_each(compiled: &Compiled) -> bool {
    let plan = &compiled.plan;
    let streams = plan.skip.as_ref().is_none_or(|skip| skip.is_streaming());
    match plan.is_bidirectional() {
        true => plan.output == Output::Every,
        false => streams,
    }
}

/// Accepted difference of an output from the reference executor's, relative above 1.
fn tolerance(compiled: &Compiled) -> f64 {
    /// A vector between two steps, or a decision at its threshold, may go either way.
    const TURNED: f64 = 2e-2;
    if may_turn(&compiled.model) { TURNED } else { TOLERANCE }
}
