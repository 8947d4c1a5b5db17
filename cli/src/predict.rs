//! `recurve predict`.

use recurve_compiler::compile;
use recurve_compiler::golden::Work;
use serde_json::{Value, json};

use crate::arguments::Predict;
use crate::failure::Failure;
use crate::machine;
use crate::source::Source;

pub(crate) fn run(arguments: &Predict) -> Result<(), Failure> {
    let machine = machine::read(&arguments.machine)?;
    let mut rows: Vec<(String, f64)> = Vec::with_capacity(arguments.specs.len());
    for spec in &arguments.specs {
        let source = Source::read(spec)?;
        let compiled =
            compile(&source.text, &source.files, Work::QUICK).map_err(|found| source.failure(&found))?;
        crate::print::styled_note(&source.render(&compiled.warnings));
        let predicted = machine.step_ns(&compiled);
        let path = spec.display().to_string();
        let nanoseconds =
            predicted.map_err(|error| Failure::new(format!("nothing can be said of `{path}`: {error}")))?;
        rows.push((path, nanoseconds));
    }
    let first = rows.first().map_or(f64::NAN, |(_, nanoseconds)| *nanoseconds);
    let passes = |nanoseconds: f64| first / nanoseconds >= arguments.at_least;
    if arguments.json {
        let row = |(path, nanoseconds): &(String, f64)| {
            json!({
                "spec": path,
                "step_ns": nanoseconds,
                "speedup": first / nanoseconds,
                "passes": passes(*nanoseconds),
            })
        };
        let models: Vec<Value> = rows.iter().map(row).collect();
        println!(
            "{:#}",
            json!({"processor": machine.processor, "at_least": arguments.at_least, "models": models})
        );
        return Ok(());
    }
    println!("predicted for {}, {}", machine.processor, machine.instructions);
    let width = rows.iter().map(|(path, _)| path.chars().count()).max().unwrap_or(0).max(5);
    println!("{:<width$}  {:>10}  {:>8}", "model", "step us", "faster");
    for (at, (path, nanoseconds)) in rows.iter().enumerate() {
        let verdict = match (at, passes(*nanoseconds)) {
            (0, _) => String::new(),
            (_, true) => format!("  at least {}x", arguments.at_least),
            (_, false) => format!("  less than {}x", arguments.at_least),
        };
        println!("{path:<width$}  {:>10.3}  {:>7.2}x{verdict}", nanoseconds / 1e3, first / nanoseconds);
    }
    Ok(())
}
