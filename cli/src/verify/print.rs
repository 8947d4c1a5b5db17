//! What `recurve verify` says.

use recurve_compiler::Compiled;
use recurve_compiler::golden::TOLERANCE;
use serde_json::{Value, json};

use super::compare::Level;
use super::{Found, may_turn, tolerance};

/// The share of outputs that rounding may turn, where it may turn any.
const TURNED: f64 = 0.01;

pub(super) fn print(compiled: &Compiled, found: &Found) {
    let plan = &compiled.plan;
    println!(
        "{}: {} parameters, {} bytes of weights, {} MACs a step",
        plan.name,
        plan.cost.parameters(),
        plan.weights.bytes().len(),
        plan.cost.macs()
    );
    if let Some(trained) = &found.trained {
        println!(
            "as trained: {} steps of the golden trace, executed in f64, differ by at most {:.1e}",
            trained.steps, trained.worst
        );
    }
    if let Some(trace) = &found.trace {
        println!("as compiled: {} steps of {} sequences of the golden trace", trace.steps, trace.sequences);
        levels(&trace.levels);
    }
    let Some(data) = &found.data else {
        return;
    };
    println!("on data: {} steps of {} sequences", data.steps, data.sequences);
    let percent = |name: &str, share: Option<f64>| {
        if let Some(share) = share {
            println!("  {name:<13}{:.2} %", share * 100.0);
        }
    };
    percent("accuracy", data.accuracy);
    if let Some(perplexity) = data.perplexity {
        println!("  {:<13}{perplexity:.2}", "perplexity");
    }
    percent("executed", data.updates);
    percent("rows read", data.rows);
    println!(
        "  {:<13}{:.1e} of the outputs' norm, over {} sequences",
        "output error", data.error, data.compared
    );
    levels(&data.levels);
}

fn levels(levels: &[Level]) {
    for level in levels {
        let trace =
            level.from_trace.map_or(String::new(), |far| format!(", from the trained outputs {far:.1e}"));
        let runs = match level.different {
            0 => String::new(),
            different => format!("; {different} outputs of a run are not those of the steps"),
        };
        println!("  {:<8} from the reference executor {:.1e}{trace}{runs}", level.name, level.from_reference);
    }
}

/// Why the model is not what it should be; nothing where it is.
pub(super) fn failures(compiled: &Compiled, found: &Found) -> Vec<String> {
    let of = |what: &str, levels: &[Level]| -> Vec<String> {
        let turned = if may_turn(compiled) { TURNED } else { 0.0 };
        let wrong = levels.iter().filter(|level| level.beyond > turned || level.from_reference.is_nan());
        let mut said: Vec<String> = wrong
            .map(|level| {
                format!(
                    "over {what} the compiled model differs from the reference executor by {:.1e} with {}, and \
                     {:.0e} is accepted",
                    level.from_reference,
                    level.name,
                    tolerance(compiled)
                )
            })
            .collect();
        let apart = levels.iter().filter(|level| level.different > 0);
        said.extend(apart.map(|level| {
            format!(
                "over {what} a run and its steps differ in {} outputs with {}",
                level.different, level.name
            )
        }));
        said
    };
    let mut said = Vec::new();
    if let Some(trace) = &found.trace {
        said.extend(of("the golden trace", &trace.levels));
    }
    if let Some(data) = &found.data {
        said.extend(of("the data", &data.levels));
    }
    said
}

pub(super) fn for_programs(compiled: &Compiled, found: &Found) -> Value {
    let level = |level: &Level| {
        json!({
            "instructions": level.name,
            "run_differs_from_steps": level.different,
            "from_reference": level.from_reference,
            "from_trace": level.from_trace,
            "share_beyond_tolerance": level.beyond,
        })
    };
    let levels = |levels: &[Level]| levels.iter().map(level).collect::<Vec<Value>>();
    json!({
        "name": compiled.plan.name,
        "tolerance": tolerance(compiled),
        "verified": failures(compiled, found).is_empty(),
        "trained": found.trained.map(|trained| json!({
            "steps": trained.steps,
            "difference": trained.worst,
            "tolerance": TOLERANCE,
        })),
        "trace": found.trace.as_ref().map(|trace| json!({
            "sequences": trace.sequences,
            "steps": trace.steps,
            "levels": levels(&trace.levels),
        })),
        "data": found.data.as_ref().map(|data| json!({
            "sequences": data.sequences,
            "steps": data.steps,
            "accuracy": data.accuracy,
            "perplexity": data.perplexity,
            "output_error": data.error,
            "compared": data.compared,
            "executed": data.updates,
            "rows_read": data.rows,
            "levels": levels(&data.levels),
        })),
    })
}
