//! `recurve check`.

use recurve_compiler::compile;
use recurve_compiler::diagnostic::{Diagnostic, Diagnostics, Severity};
use recurve_compiler::golden::Work;
use serde_json::{Value, json};

use crate::arguments::Check;
use crate::failure::Failure;
use crate::source::Source;

pub(crate) fn run(arguments: &Check) -> Result<(), Failure> {
    let source = Source::read(&arguments.spec)?;
    let compiled = compile(&source.text, &source.files, Work::All);
    if arguments.json {
        let found = compiled.as_ref().map_or_else(|found| found, |compiled| &compiled.warnings);
        println!("{}", findings(&source, found));
        return compiled.map(|_| ()).map_err(|_| Failure::rendered(String::new()));
    }
    let compiled = compiled.map_err(|found| source.failure(&found))?;
    eprint!("{}", source.render(&compiled.warnings));
    let plan = &compiled.plan;
    println!(
        "{}: {} parameters, {} bytes of weights, {} bytes of state, {} MACs a step",
        plan.name,
        plan.cost.parameters(),
        plan.weights.bytes().len(),
        plan.state_bytes(),
        plan.cost.macs(),
    );
    match compiled.golden {
        Some(golden) => println!(
            "golden trace: {} of {} sequences, {} of {} steps, {} outputs compared, largest difference {:.1e}",
            golden.sequences,
            golden.sequences_in_trace,
            golden.steps,
            golden.steps_in_trace,
            golden.outputs,
            golden.worst
        ),
        None => println!("golden trace: none; `golden:` would prove that this is the trained network"),
    }
    Ok(())
}

fn findings(source: &Source, found: &Diagnostics) -> Value {
    let finding = |found: &Diagnostic| {
        let before = source.text.get(..found.span.start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        json!({
            "severity": match found.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            "code": found.code.id(),
            "line": before.matches('\n').count() + 1,
            "column": before[line_start..].chars().count() + 1,
            "message": found.message,
            "help": found.help,
        })
    };
    let findings: Vec<Value> = found.iter().map(finding).collect();
    json!({"spec": source.path.display().to_string(), "findings": findings})
}
