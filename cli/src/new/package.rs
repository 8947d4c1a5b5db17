//! The crate around a spec.

use std::path::Path;

use recurve_compiler::model::Input;
use recurve_compiler::spec::Output;
use recurve_compiler::{Compiled, snake_case};

use crate::dependency;
use crate::failure::Failure;
use crate::source::write_below;

/// Writes `Cargo.toml`, `src/main.rs` and where the weights are large `build.rs`.
pub(super) fn write(folder: &Path, compiled: &Compiled) -> Result<(), Failure> {
    let name = snake_case(&compiled.plan.name);
    let by_script = compiled.is_large();
    let mut manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n# Its own, wherever it lies.\n[workspace]\n\n[dependencies]\n"
    );
    let mut files = Vec::new();
    if by_script {
        manifest += &dependency::line("recurve", "runtime", &[]);
        manifest += "\n[build-dependencies]\n";
        manifest += &dependency::line("recurve-compiler", "compiler", &[]);
        files.push((
            "build.rs",
            "//! Compiles the model.\n\nfn main() -> Result<(), recurve_compiler::Error> {\n    \
             recurve_compiler::Config::new().compile(\"model.yaml\")\n}\n"
                .to_owned(),
        ));
    } else {
        manifest += &dependency::line("recurve", "runtime", &["macros"]);
    }
    files.push(("Cargo.toml", manifest));
    files.push(("src/main.rs", program(compiled, by_script, &name)));
    for (path, text) in files {
        write_below(&folder.join(path), text.as_bytes())?;
    }
    Ok(())
}

fn program(compiled: &Compiled, by_script: bool, stem: &str) -> String {
    let plan = &compiled.plan;
    let name = &plan.name;
    let model = if by_script {
        format!("recurve::include_model!(\"{stem}\");")
    } else {
        "recurve::rnn_model!(\"model.yaml\");".to_owned()
    };
    let (inputs, each) = match plan.input {
        Input::Features(size) => (
            format!("let inputs = [[0.5_f32; {size}]; 4];"),
            "for input in &inputs {\n        let output = model.step(input);",
        ),
        Input::Tokens(_) => (
            "let inputs = [0_u32, 1, 2, 3];".to_owned(),
            "for input in inputs {\n        let output = model.step(input);",
        ),
    };
    let body = match (plan.is_bidirectional(), plan.output) {
        (false, _) => format!("{each}\n        println!(\"{{output:?}}\");\n    }}"),
        (true, Output::Last) => {
            let run = if plan.max_steps.is_some() { "model.run(&inputs)?" } else { "model.run(&inputs)" };
            format!("println!(\"{{:?}}\", {run});")
        }
        (true, Output::Every) => {
            let run = if plan.max_steps.is_some() {
                "model.run_into(&inputs, &mut outputs)?"
            } else {
                "model.run_into(&inputs, &mut outputs)"
            };
            let size = plan.output_size;
            format!("let mut outputs = [[0.0_f32; {size}]; 4];\n    {run};\n    println!(\"{{outputs:?}}\");")
        }
    };
    let (result, end) = match plan.max_steps {
        Some(_) => (" -> Result<(), recurve::SequenceTooLong>", "\n    Ok(())"),
        None => ("", ""),
    };
    format!(
        "//! Runs `{name}` over a few inputs.\n\n// Defines `{name}`, or says what is wrong with `model.yaml`.\n{model}\n\n\
         fn main(){result} {{\n    // The state alone; the weights are constants.\n    let mut model = {name}::new();\n    \
         // In place of what a sensor or a tokenizer gives.\n    {inputs}\n    {body}{end}\n}}\n"
    )
}
