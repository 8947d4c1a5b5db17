//! Measures compiled models against this machine's own read bandwidth; see README.md.

mod caches;
mod check;
mod json;
mod machine;
mod models;
mod random;
#[path = "../../cli/programs/read.rs"]
mod read;
#[path = "../../cli/programs/rounds.rs"]
mod rounds;
mod speed;
mod table;

use std::process::ExitCode;
use std::time::Duration;

use models::Entry;
use recurve::simd::Level;
use speed::{STEPS, Speed};

const USAGE: &str = "usage: recurve-bench [--json] [--brief]

  --json   print numbers for programs
  --brief  measure the best instruction set only";

/// How long a model is measured with the best instruction set, and with each of the others.
const BUDGET: (Duration, Duration) = (Duration::from_millis(1500), Duration::from_millis(400));

/// A model's speeds, the best instruction set first.
pub struct Measured {
    pub model: Entry,
    pub speeds: Vec<(Level, Speed)>,
}

fn main() -> ExitCode {
    let (mut json, mut brief) = (false, false);
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--json" => json = true,
            "--brief" => brief = true,
            _ => {
                eprintln!("{USAGE}");
                return ExitCode::from(2);
            }
        }
    }
    if let Err(message) = check() {
        eprintln!("error: {message}");
        return ExitCode::FAILURE;
    }
    let best = Level::detect();
    let levels: Vec<Level> =
        Level::ALL.iter().rev().copied().filter(|level| *level == best || *level < best && !brief).collect();
    let measured: Vec<Measured> = models::ALL
        .into_iter()
        .map(|model| {
            eprintln!("measuring {}", model.name);
            let budget = |level| if level == best { BUDGET.0 } else { BUDGET.1 };
            let speeds = levels.iter().map(|level| (*level, (model.speed)(*level, budget(*level)))).collect();
            Measured { model, speeds }
        })
        .collect();
    if json {
        json::print(&measured);
    } else {
        print(&measured, best);
    }
    ExitCode::SUCCESS
}

/// Nothing is measured of a model that computes something else.
fn check() -> Result<(), String> {
    for model in models::ALL {
        let difference = (model.difference)()?;
        if difference > check::TOLERANCE || difference.is_nan() {
            let name = model.name;
            return Err(format!("{name} differs from the reference executor by {difference:e}"));
        }
    }
    Ok(())
}

fn print(measured: &[Measured], best: Level) {
    println!("processor: {}", machine::processor());
    println!("caches: {}", caches::caches());
    println!("one thread, f32; read: the time to read the same weights\n");
    let head = ["model", "weights KB", "step us", "read us", "read/step", "goal", "run us/step", "with"];
    let mut rows = vec![head.map(String::from).to_vec()];
    for Measured { model, speeds } in measured {
        rows.extend(speeds.first().map(|(level, speed)| {
            vec![
                model.name.to_owned(),
                format!("{:.0}", model.weight_bytes as f64 / 1e3),
                format!("{:.3}", speed.step * 1e6),
                format!("{:.3}", speed.read * 1e6),
                format!("{:.2}", speed.fraction),
                format!("{:.2}", model.goal),
                format!("{:.3}", speed.run * 1e6),
                format!("{level:?}"),
            ]
        }));
    }
    table::print(&rows);
    println!("\n  run: {STEPS} steps in one call; it reads the input weights once for many steps");
    if measured.iter().all(|measured| measured.speeds.len() < 2) {
        return;
    }
    println!("\nevery instruction set: step us, and the part of the limit with {best:?}\n");
    let levels = measured.iter().take(1).flat_map(|first| &first.speeds);
    let mut rows = vec![vec!["model".to_owned()]];
    rows[0].extend(levels.map(|(level, _)| format!("{level:?}")));
    for Measured { model, speeds } in measured {
        let mut row = vec![model.name.to_owned()];
        row.extend(speeds.iter().map(|(_, speed)| format!("{:.3} {:.2}", speed.step * 1e6, speed.fraction)));
        rows.push(row);
    }
    table::print(&rows);
}
