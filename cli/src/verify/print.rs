//! What `recurve verify` says.

use recurve_compiler::Compiled;
use recurve_compiler::golden::{Checked, Saturated};
use recurve_compiler::model::Model;
use serde_json::{Value, json};

use super::compare::Level;
use super::{Found, may_turn, tolerance};
use crate::check;

/// The share of outputs that rounding may turn, where it may turn any.
const TURNED: f64 = 0.01;

/// The accepted share of outputs beyond the tolerance.
fn turned(compiled: &Compiled) -> f64 {
    if may_turn(&compiled.model) { TURNED } else { 0.0 }
}

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
            "as trained: {} steps of the golden trace, executed in f64, from the trained outputs {:.1e} \
             ({:.0e} accepted)",
            trained.steps, trained.worst, found.accepted
        );
        if let Some(deployed) = &trained.deployed {
            println!(
                "as deployed: fitted or rounded, executed in f64, from the trained outputs {:.1e}",
                deployed.worst
            );
        }
    }
    if let Some(trace) = &found.trace {
        println!("as compiled: {} steps of {} sequences of the golden trace", trace.steps, trace.sequences);
        levels(compiled, found, &trace.levels);
        saturated(&compiled.model, &trace.saturated);
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
    let scored = |name: &str, deployed: Option<f64>, trained: Option<f64>, unit: &str| {
        let Some(deployed) = deployed else {
            return;
        };
        match trained {
            Some(trained) => {
                println!("  {name:<13}{deployed:.2}{unit} as deployed, {trained:.2}{unit} as trained");
            }
            None => println!("  {name:<13}{deployed:.2}{unit}"),
        }
    };
    let trained = data.trained.as_ref();
    let in_percent = |share: Option<f64>| share.map(|share| share * 100.0);
    let of_trained = in_percent(trained.and_then(|trained| trained.accuracy));
    scored("accuracy", in_percent(data.accuracy), of_trained, " %");
    scored("perplexity", data.perplexity, trained.and_then(|trained| trained.perplexity), "");
    percent("executed", data.updates);
    percent("rows read", data.rows);
    println!(
        "  {:<13}{:.1e} of the outputs' norm from {}, over {} sequences",
        "output error",
        data.error,
        reference(found),
        data.compared
    );
    levels(compiled, found, &data.levels);
    saturated(&compiled.model, &data.saturated);
}

/// The reference executor has the numbers that run.
fn reference(found: &Found) -> &'static str {
    match found.trained {
        Some(Checked { deployed: None, .. }) => "the reference executor",
        _ => "the reference executor of the deployed network",
    }
}

fn saturated(model: &Model, found: &[Saturated]) {
    for line in check::saturated(model, found) {
        println!("  {:<13}{line}", "saturated");
    }
}

fn levels(compiled: &Compiled, found: &Found, levels: &[Level]) {
    println!(
        "  largest differences, absolute up to 1 and relative above ({:.0e} accepted from the reference):",
        tolerance(compiled)
    );
    for level in levels {
        let trace =
            level.from_trace.map_or(String::new(), |far| format!(", from the trained outputs {far:.1e}"));
        let runs = match level.different {
            0 => String::new(),
            different => format!("; {different} outputs of a run are not those of the steps"),
        };
        println!("  {:<8} from {} {:.1e}{trace}{runs}", level.name, reference(found), level.from_reference);
    }
}

/// Why the model is not what it should be; nothing where it is.
pub(super) fn failures(compiled: &Compiled, found: &Found) -> Vec<String> {
    let of = |what: &str, levels: &[Level]| -> Vec<String> {
        let turned = turned(compiled);
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
    let ranges = |found: &[Saturated]| {
        let one = |found: &Saturated| {
            json!({
                "layer": found.layer,
                "numbers": found.kind.plural(),
                "limit": found.kind.limit(),
                "count": found.count.numbers,
                "beyond": found.count.beyond,
                "largest": found.count.largest,
            })
        };
        found.iter().map(one).collect::<Vec<Value>>()
    };
    json!({
        "name": compiled.plan.name,
        "tolerance": tolerance(compiled),
        "share_accepted_beyond_tolerance": turned(compiled),
        "verified": failures(compiled, found).is_empty(),
        "trained": found.trained.map(|trained| json!({
            "steps": trained.steps,
            "difference": trained.worst,
            "tolerance": found.accepted,
            "deployed": trained.deployed.map(|deployed| json!({
                "difference": deployed.worst,
                "error": deployed.error,
                "spread": deployed.spread,
                "steps_executed": deployed.policy.map(|policy| policy.executed),
                "steps_decided_otherwise": deployed.policy.and_then(|policy| policy.otherwise),
            })),
        })),
        "trace": found.trace.as_ref().map(|trace| json!({
            "sequences": trace.sequences,
            "steps": trace.steps,
            "levels": levels(&trace.levels),
            "saturated": ranges(&trace.saturated),
        })),
        "data": found.data.as_ref().map(|data| json!({
            "sequences": data.sequences,
            "steps": data.steps,
            "accuracy": data.accuracy,
            "perplexity": data.perplexity,
            "trained": data.trained.as_ref().map(|trained| json!({
                "accuracy": trained.accuracy,
                "perplexity": trained.perplexity,
            })),
            "output_error": data.error,
            "compared": data.compared,
            "executed": data.updates,
            "rows_read": data.rows,
            "levels": levels(&data.levels),
            "saturated": ranges(&data.saturated),
        })),
    })
}
