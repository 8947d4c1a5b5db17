//! The numbers for programs, a model with an instruction set a line.

use crate::{Measured, caches, machine};

pub fn print(measured: &[Measured]) {
    println!("{{");
    println!("  \"processor\": {},", text(&machine::processor()));
    println!("  \"caches\": {},", text(&caches::caches()));
    println!("  \"models\": [");
    let lines: Vec<String> = measured
        .iter()
        .flat_map(|Measured { model, speeds }| {
            speeds.iter().map(move |(level, speed)| {
                format!(
                    "    {{\"model\": {}, \"level\": {}, \"weight_bytes\": {}, \"step_us\": {:.4}, \
                     \"read_us\": {:.4}, \"fraction\": {:.4}, \"goal\": {}, \"run_step_us\": {:.4}}}",
                    text(model.name),
                    text(&format!("{level:?}")),
                    model.weight_bytes,
                    speed.step * 1e6,
                    speed.read * 1e6,
                    speed.fraction,
                    model.goal,
                    speed.run * 1e6,
                )
            })
        })
        .collect();
    println!("{}", lines.join(",\n"));
    println!("  ]\n}}");
}

fn text(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted += &format!("\\u{:04x}", u32::from(c)),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}
