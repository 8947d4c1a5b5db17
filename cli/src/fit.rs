//! `recurve fit`.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use recurve_compiler::diagnostic::Diagnostics;
use recurve_compiler::files::is_same;
use recurve_compiler::golden::Work;
use recurve_compiler::model::Skip;
use recurve_compiler::tensors::fit_is_input;
use recurve_compiler::{Compiled, Unfitted, compile, spec, unfitted};
use recurve_fit::dual_module::{Curve, trade_off};
use recurve_fit::evaluate::{Evaluation, evaluate};
use recurve_fit::{Fitted, Learned, learn, size};
use serde_json::{Value, json};

use crate::arguments::Fit;
use crate::bar::Bar;
use crate::curve;
use crate::failure::Failure;
use crate::output::{Outputs, mark, resolved};
use crate::print as printing;
use crate::source::{Source, sequences};
use crate::trade;

pub(crate) fn run(arguments: &Fit) -> Result<(), Failure> {
    let mut source = Source::read(&arguments.spec)?;
    // A spec that does not compile says why with all its places.
    let mut unfitted = unfitted(&source.text, &source.files).map_err(|found| source.failure(&found))?;
    let outputs = Outputs::new(arguments.force).reads_spec(&source);
    let outputs = arguments.data.iter().chain(&arguments.evaluate).fold(outputs, |all, path| all.reads(path));
    check_outputs(&source, &unfitted, &outputs)?;
    let mut bar = Bar::default();
    // The data is looked at first: what is wrong with it should not be said after the work.
    let open = |path: &Option<PathBuf>| {
        path.as_ref().map(|path| sequences(path, unfitted.trained.input)).transpose()
    };
    let (data, evaluate_on) = (open(&arguments.data)?, open(&arguments.evaluate)?);
    if data.is_some() && unfitted.predictor.is_none() && unfitted.duals.is_empty() {
        let error = recurve_fit::Error::new(
            "`--data` is what predictors and little modules learn from, and the spec has none to learn",
        );
        return Err(error.into());
    }
    let mut chosen = None;
    if let Some(bytes) = arguments.size {
        let (edited, ratio) = size::for_bytes(&source.text, &source.files, bytes)?;
        source.text = edited;
        unfitted = recurve_compiler::unfitted(&source.text, &source.files)
            .map_err(|found| source.failure(&found))?;
        chosen = Some((bytes, ratio));
    }
    let learned = learn(&unfitted, data.as_ref(), &mut bar)?;
    let fit = unfitted.fit.as_deref().unwrap_or_default();
    let fit_path = source.files.0.join(fit);
    let write = |path: &Path, bytes: &[u8]| outputs.write(path, bytes);
    if let Some((bytes, ratio)) = chosen {
        recurve_fit::write(&resolved(&source.path), source.text.as_bytes())?;
        eprintln!("chose `ratio: {ratio}` for at most {bytes} bytes of weights, and wrote it into the spec");
    }
    write(&fit_path, &learned.file)?;
    if let Some(predictor) = &learned.predictor {
        write(&fit_path.with_extension("svg"), marked_svg(&curve::svg(&predictor.curve)?).as_bytes())?;
        let json = marked_json(curve::for_programs(predictor));
        write(&fit_path.with_extension("json"), json.as_bytes())?;
    }
    let compiled =
        compile(&source.text, &source.files, Work::QUICK).map_err(|found| source.failure(&found))?;
    crate::print::styled_note(&source.render(&compiled.warnings));
    let trade_off = match (&data, learned.dual_modules.is_empty()) {
        (Some(data), false) => Some(trade_off(&compiled.model, data, &mut bar)?),
        _ => None,
    };
    if let Some(curve) = &trade_off {
        write(&fit_path.with_extension("dual_module.svg"), marked_svg(&trade::svg(curve)?).as_bytes())?;
        let json = marked_json(trade::for_programs(&learned.dual_modules, curve));
        write(&fit_path.with_extension("dual_module.json"), json.as_bytes())?;
    }
    let evaluation = match &evaluate_on {
        Some(data) => Some(evaluate(&unfitted.trained, &compiled.model, data, &mut bar)?),
        None => None,
    };
    if arguments.json {
        println!("{}", for_programs(&learned, &compiled, trade_off.as_ref(), evaluation.as_ref()));
    } else {
        print(fit, &learned, &compiled, trade_off.as_ref(), evaluation.as_ref());
    }
    Ok(())
}

/// Checks everything that will be written, before hours of work.
fn check_outputs(source: &Source, unfitted: &Unfitted, outputs: &Outputs) -> Result<(), Failure> {
    let spec = spec::read(&source.text, &mut Diagnostics::new());
    let Some(fit) = spec.and_then(|spec| spec.fit) else {
        return Ok(());
    };
    let path = source.files.0.join(&fit.value);
    if let Some(input) = outputs.input(&path) {
        let what = match is_same(input, &source.path) {
            true => "the spec itself".to_owned(),
            false => format!("`{}`, which this command reads", input.display()),
        };
        let mut found = Diagnostics::new();
        found.push(fit_is_input(&fit, &what));
        return Err(source.failure(&found));
    }
    outputs.check(&path)?;
    let beside = |extensions: &[&str]| {
        extensions.iter().try_for_each(|extension| outputs.check(&path.with_extension(extension)))
    };
    if unfitted.predictor.is_some() {
        beside(&["svg", "json"])?;
    }
    if !unfitted.duals.is_empty() {
        beside(&["dual_module.svg", "dual_module.json"])?;
    }
    Ok(())
}

/// A drawing that says who drew it.
fn marked_svg(svg: &str) -> String {
    let Some((begin, rest)) = svg.split_once('>') else {
        return svg.to_owned();
    };
    format!("{begin}>\n{}{}", mark("<!-- ", " -->"), rest.trim_start_matches('\n'))
}

/// A record that says who wrote it.
fn marked_json(mut record: Value) -> String {
    record["_comment"] = mark("", "").trim_end().into();
    format!("{record:#}\n")
}

fn print(
    fit: &str,
    learned: &Learned,
    compiled: &Compiled,
    trade_off: Option<&Curve>,
    evaluation: Option<&Evaluation>,
) {
    if !learned.matrices.is_empty() {
        print_matrices(learned);
    }
    if let Some(predictor) = &learned.predictor {
        curve::print(predictor);
        let stem = fit.strip_suffix(".safetensors").unwrap_or(fit);
        println!("drew `{stem}.svg`, and wrote `{stem}.json`");
    }
    if let Some(curve) = trade_off {
        trade::print(&learned.dual_modules, curve);
        let stem = fit.strip_suffix(".safetensors").unwrap_or(fit);
        println!("drew `{stem}.dual_module.svg`, and wrote `{stem}.dual_module.json`");
    }
    println!(
        "\nwrote `{fit}`: {} parameters, {} bytes of weights, {} MACs a step",
        compiled.plan.cost.parameters(),
        compiled.plan.weights.bytes().len(),
        compiled.plan.cost.macs(),
    );
    let Some(evaluation) = evaluation else {
        return;
    };
    println!("\non {} sequences, trained and deployed:", evaluation.sequences);
    if let Some(accuracy) = evaluation.accuracy {
        println!("  accuracy   {:.2} % and {:.2} %", accuracy.trained * 100.0, accuracy.deployed * 100.0);
    }
    println!("  agreement  {:.2} % have the same largest output", evaluation.agreement * 100.0);
    println!("  outputs    differ by {:.4} of their norm", evaluation.difference);
    if compiled.model.skip.is_some() {
        println!(
            "  executed   {:.2} % of the steps, {:.2} % of the MACs with those of the decisions",
            evaluation.updates * 100.0,
            macs(compiled, evaluation) * 100.0
        );
    }
}

/// Multiply-accumulates, those of the decisions included, over those of every step executed.
fn macs(compiled: &Compiled, evaluation: &Evaluation) -> f64 {
    let decision = match &compiled.model.skip {
        Some(Skip::Window(window)) => {
            window.gate.weight.data.len() as f64 / window.gate.bias.len().max(1) as f64
        }
        Some(Skip::SkipRnn(_)) => compiled.plan.cost.macs_per_decision() as f64 * evaluation.updates,
        _ => compiled.plan.cost.macs_per_decision() as f64,
    };
    evaluation.updates + decision / compiled.plan.cost.macs().max(1) as f64
}

fn print_matrices(learned: &Learned) {
    let name = learned.matrices.iter().map(|matrix| matrix.name.len()).max().unwrap_or(0).max(6);
    let form = learned.matrices.iter().map(|matrix| matrix.form.to_string().len()).max().unwrap_or(0).max(4);
    let (bold, plain) = if std::io::stdout().is_terminal() { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
    printing::styled(&format!(
        "{bold}{:<name$}  {:<form$}  {:>10}  {:>10}  {:>7}  {:>10}{plain}\n",
        "matrix", "form", "numbers", "stored", "ratio", "rel. error"
    ));
    for matrix in &learned.matrices {
        println!(
            "{:<name$}  {:<form$}  {:>10}  {:>10}  {:>6.1}x  {:>10.4}",
            matrix.name,
            matrix.form.to_string(),
            matrix.dense,
            matrix.stored,
            matrix.dense as f64 / matrix.stored.max(1) as f64,
            matrix.error,
        );
    }
    println!("rel. error: the Frobenius norm of what is lost over that of the trained matrix");
}

fn for_programs(
    learned: &Learned,
    compiled: &Compiled,
    trade_off: Option<&Curve>,
    evaluation: Option<&Evaluation>,
) -> Value {
    let matrix = |matrix: &Fitted| {
        json!({
            "layer": matrix.layer,
            "matrix": matrix.name,
            "form": matrix.form.to_string(),
            "numbers": matrix.dense,
            "stored": matrix.stored,
            "relative_error": matrix.error,
        })
    };
    json!({
        "matrices": learned.matrices.iter().map(matrix).collect::<Vec<Value>>(),
        "predictor": learned.predictor.as_ref().map(curve::for_programs),
        "dual_modules": trade_off.map(|curve| trade::for_programs(&learned.dual_modules, curve)),
        "parameters": compiled.plan.cost.parameters(),
        "weight_bytes": compiled.plan.weights.bytes().len(),
        "macs_per_step": compiled.plan.cost.macs(),
        "evaluation": evaluation.map(|evaluation| json!({
            "sequences": evaluation.sequences,
            "accuracy": evaluation.accuracy.map(|accuracy| json!({
                "trained": accuracy.trained,
                "deployed": accuracy.deployed,
            })),
            "agreement": evaluation.agreement,
            "difference": evaluation.difference,
            "updates": evaluation.updates,
            "macs": macs(compiled, evaluation),
        })),
    })
}
