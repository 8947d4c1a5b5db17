//! `recurve check`.

use recurve_compiler::compile;
use recurve_compiler::diagnostic::{Diagnostic, Diagnostics, Severity};
use recurve_compiler::golden::{Checked, Saturated, Work};
use recurve_compiler::model::{Matrix, Model};
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
    crate::print::styled_note(&source.render(&compiled.warnings));
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
    if let Some(golden) = &compiled.golden {
        println!("deployed: {}", deployed(golden));
        for line in saturated(&compiled.model, &compiled.saturated) {
            println!("saturated: {line}");
        }
    }
    Ok(())
}

/// The numbers that left their ranges; nothing where no layer has ranges.
pub(crate) fn saturated(model: &Model, found: &[Saturated]) -> Vec<String> {
    if !model.matrices().any(Matrix::is_fixed) {
        return Vec::new();
    }
    match found {
        [] => vec!["no number of `int16x8` left its range".into()],
        found => found.iter().map(ToString::to_string).collect(),
    }
}

/// How far the network that runs is from the trace.
fn deployed(golden: &Checked) -> String {
    let Some(deployed) = &golden.deployed else {
        return "the trained network, number by number".into();
    };
    let policy = deployed.policy.map_or(String::new(), |policy| {
        let otherwise = policy.otherwise.map_or(String::new(), |steps| {
            format!(", {steps} of {} decided otherwise than the trace says", policy.steps)
        });
        format!("; {} of {} steps executed{otherwise}", policy.executed, policy.steps)
    });
    format!(
        "fitted or rounded; largest difference from the golden trace {:.1e} (relative above 1), root mean \
         square {:.1e} of outputs that vary by {:.1e}{policy}",
        deployed.worst, deployed.error, deployed.spread
    )
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
