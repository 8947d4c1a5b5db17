//! Compiles every model that the tests run: a grid of small random ones, and those of the traces.

#[path = "build/compressed.rs"]
mod compressed;
#[path = "build/grid.rs"]
mod grid;
#[path = "build/policies.rs"]
mod policies;
#[path = "build/tied.rs"]
mod tied;
#[path = "build/weights.rs"]
mod weights;

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use recurve_compiler::files::Directory;
use recurve_compiler::golden::Work;
use recurve_compiler::{Config, compile, diagnostic};

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=build");
    grid(&out)?;
    compressed(&out)?;
    policies(&out)?;
    tied(&out)?;
    traces(&out)?;
    threads(&out)?;
    Ok(())
}

/// Writes `grid.rs` and `grid_integers.rs`: a test for each model of the grid.
fn grid(out: &Path) -> Result<(), Box<dyn Error>> {
    let folder = out.join("grid");
    fs::create_dir_all(&folder)?;
    let (mut numbers, mut integers) = (String::new(), String::new());
    for case in grid::cases() {
        let code = if case.is_fixed() { &mut integers } else { &mut numbers };
        let check = if case.bidirectional {
            if case.every { "sequence_to_sequence" } else { "sequence_to_vector" }
        } else {
            streaming(case.size)
        };
        let weights = weights::serialize(&case.tensors(), |_, _, _| false)?;
        model(code, &folder, &case.name(), &case.spec(), &weights, check)?;
    }
    fs::write(out.join("grid.rs"), numbers)?;
    fs::write(out.join("grid_integers.rs"), integers)?;
    Ok(())
}

/// Writes `compressed.rs`: a test for each form of matrices.
fn compressed(out: &Path) -> Result<(), Box<dyn Error>> {
    let folder = out.join("compressed");
    fs::create_dir_all(&folder)?;
    let mut code = String::new();
    for case in compressed::cases() {
        let check = if case.bidirectional { "sequence_to_vector" } else { streaming(case.size) };
        let is_zero = |name: &str, shape: &[usize], index| case.is_zero(name, shape, index);
        let weights = weights::serialize(&case.tensors(), is_zero)?;
        model(&mut code, &folder, &case.name(), &case.spec(), &weights, check)?;
    }
    fs::write(out.join("compressed.rs"), code)?;
    Ok(())
}

/// Writes `tied.rs`: a test for each way to store a table that two layers share.
fn tied(out: &Path) -> Result<(), Box<dyn Error>> {
    let folder = out.join("tied");
    fs::create_dir_all(&folder)?;
    let mut code = String::new();
    for case in tied::cases() {
        let check = if case.bidirectional { "tokens_to_vector" } else { "tokens" };
        let weights = weights::serialize(&case.tensors(), |_, _, _| false)?;
        model(&mut code, &folder, &case.name(), &case.spec(), &weights, check)?;
    }
    // What reads ids has no number of features.
    fs::write(out.join("tied.rs"), code.replace("::<M, _>", "::<M>"))?;
    Ok(())
}

/// The check of a model that takes its input step by step. Many streams at once are compiled for some sizes, since they
/// take as long to build as one.
fn streaming(size: usize) -> &'static str {
    if matches!(size, 27 | 33) { "lockstep" } else { "streaming" }
}

/// Writes `policies.rs`: a test for each policy on each network, and each network without a policy.
fn policies(out: &Path) -> Result<(), Box<dyn Error>> {
    let folder = out.join("policies");
    fs::create_dir_all(&folder)?;
    let mut code = String::new();
    let mut compile = |case: &policies::Case, name: &str, with_policy| -> Result<(), Box<dyn Error>> {
        let spec = folder.join(format!("{name}.yaml"));
        let shapes = case.tensors(with_policy);
        let weights = weights::serialize_with(&shapes, |name, _, index| case.fixed(name, index))?;
        fs::write(folder.join(format!("{name}.safetensors")), weights)?;
        fs::write(&spec, case.spec(name, with_policy))?;
        Config::new().name("M").out_dir(folder.join(name)).compile(&spec)?;
        let at = folder.join(name).join("m.rs");
        write!(code, "mod {name} {{ include!({at:?}); ")?;
        if with_policy {
            let (plain, knobs) = (case.plain(), knobs(&fs::read_to_string(&spec)?));
            write!(
                code,
                "#[test] fn agrees() {{ crate::check::policy::<M, crate::{plain}::M, _, _>({spec:?}, \
                 &crate::check::Knobs {{ {knobs} }}); }} "
            )?;
        }
        writeln!(code, "}}")?;
        Ok(())
    };
    let mut plain = BTreeSet::new();
    for case in policies::cases() {
        compile(&case, &case.name(), true)?;
        if plain.insert(case.plain()) {
            compile(&case, &case.plain(), false)?;
        }
    }
    fs::write(out.join("policies.rs"), code)?;
    Ok(())
}

/// What a caller can do with a model of this policy.
fn knobs(text: &str) -> String {
    let some = |there: bool, method: &str| if there { format!("Some(M::{method})") } else { "None".into() };
    let has = |keys: &[&str]| keys.iter().any(|key| text.contains(&format!("{key}: {{")));
    let foresees = has(&["window", "skip_rnn", "thr_rnn"]);
    format!(
        "budget: {}, threshold: {}, next: {}, pass: {}",
        some(has(&["window"]), "set_budget"),
        some(has(&["window", "thr_rnn", "predictor"]), "set_threshold"),
        some(foresees, "next_update_in"),
        some(foresees, "pass"),
    )
}

/// Writes `traces.rs`, a test for each trace, `policy_traces.rs` with those of policies that skip steps, and
/// `dual_traces.rs` with those that leave out rows.
fn traces(out: &Path) -> Result<(), Box<dyn Error>> {
    let source = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("traces");
    let folder = out.join("traces");
    fs::create_dir_all(&folder)?;
    let mut specs: Vec<PathBuf> =
        fs::read_dir(&source)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    specs.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    specs.sort();
    let (mut code, mut of_policies, mut of_duals) = (String::new(), String::new(), String::new());
    for spec in specs {
        println!("cargo::rerun-if-changed={}", spec.display());
        let text = fs::read_to_string(&spec)?;
        let name = spec.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for file in quietly(&Config::new().name("M").out_dir(folder.join(&name)), &spec, Work::All)? {
            println!("cargo::rerun-if-changed={}", source.join(file).display());
        }
        if text.contains("skip:") {
            let check = if text.contains("tokens:") { "tokens" } else { "features" };
            let check = if text.contains("concat:") { "concat" } else { check };
            let sizes = if check == "tokens" { "_" } else { "_, _" };
            let at = folder.join(&name).join("m.rs");
            let knobs = knobs(&text);
            writeln!(
                of_policies,
                "mod {name} {{ include!({at:?}); #[test] fn agrees() {{ crate::trace::{check}::<M, {sizes}>(\
                 {spec:?}, &crate::check::Knobs {{ {knobs} }}); }} }}"
            )?;
            continue;
        }
        if text.contains("dual_module:") {
            let check = if text.contains("bidirectional: true") { "bidirectional" } else { "streaming" };
            let at = folder.join(&name).join("m.rs");
            writeln!(
                of_duals,
                "mod {name} {{ include!({at:?}); #[test] fn agrees() {{ crate::check::{check}::<M, _, _>({spec:?}); }} }}"
            )?;
            continue;
        }
        let check = match (text.contains("bidirectional: true"), text.contains("output: every")) {
            (true, true) => "sequence_to_sequence",
            (true, false) => "sequence_to_vector",
            (false, _) if text.contains("tokens:") => "streaming_tokens",
            (false, _) => "streaming",
        };
        let sizes = if check == "streaming_tokens" { "_" } else { "_, _" };
        let at = folder.join(&name).join("m.rs");
        writeln!(
            code,
            "mod {name} {{ include!({at:?}); #[test] fn agrees() {{ crate::trace::{check}::<M, {sizes}>({spec:?}); }} }}"
        )?;
    }
    fs::write(out.join("traces.rs"), code)?;
    fs::write(out.join("policy_traces.rs"), of_policies)?;
    fs::write(out.join("dual_traces.rs"), of_duals)?;
    Ok(())
}

/// Writes `threads.rs`: layers that threads share, and the same on one thread.
fn threads(out: &Path) -> Result<(), Box<dyn Error>> {
    let folder = out.join("threads");
    fs::create_dir_all(&folder)?;
    let mut code = String::new();
    // Of a mebibyte and more, which threads share, and odd.
    let (input, hidden, dim) = (301, 305, 40);
    for (kind, gates, keys) in
        [("lstm", 4, ""), ("gru", 3, ", reset: after"), ("lstm", 4, ", precision: int8")]
    {
        let rows = gates * hidden;
        let mut tensors: Vec<weights::Shape> = Vec::new();
        for (part, columns) in [("ih", input), ("hh", hidden)] {
            tensors.push((format!("rnn.weight_{part}_l0"), vec![rows, columns]));
            tensors.push((format!("rnn.dual_module.projection_{part}_l0"), vec![dim, columns]));
            tensors.push((format!("rnn.dual_module.weight_{part}_l0"), vec![rows, dim]));
        }
        tensors.push(("rnn.dual_module.thresholds_l0".into(), vec![1, 3]));
        let weights = weights::serialize_with(&tensors, |name, _, index| match name {
            name if name.contains("projection") => {
                Some(policies::Fixed::Integer([0, 1, 0, -1, 0, 0, 1][index % 7] * i32::from(index % 5 > 0)))
            }
            name if name.ends_with("thresholds_l0") => Some(policies::Fixed::Number([0.5, 0.0, 0.4][index])),
            _ => None,
        })?;
        let name = if keys.contains("int8") { "lstm_int8" } else { kind };
        fs::write(folder.join(format!("{name}.safetensors")), weights)?;
        for (form, threads, dual) in
            [("one", 1, false), ("three", 3, false), ("dual", 1, true), ("dual_three", 3, true)]
        {
            let policy = if dual { "  dual_module:\n    - {layer: rnn}\n" } else { "" };
            let ignore = if dual { "" } else { "ignore: \"rnn.dual_module.*\"\n" };
            let spec = folder.join(format!("{name}_{form}.yaml"));
            fs::write(
                &spec,
                format!(
                    "recurve: 1\nname: M\nweights: {name}.safetensors\n{ignore}input: {{features: {input}}}\nlayers:\n  \
                     - {kind}: {{name: rnn, hidden_size: {hidden}{keys}}}\noutput: every\nruntime:\n  \
                     threads: {threads}\n{policy}"
                ),
            )?;
            let model = folder.join(name).join(form);
            quietly(&Config::new().name("M").out_dir(&model), &spec, Work::QUICK)?;
            writeln!(code, "pub mod {name}_{form} {{ include!({:?}); }}", model.join("m.rs"))?;
        }
    }
    fs::write(out.join("threads.rs"), code)?;
    Ok(())
}

/// Compiles a spec that is warned of on purpose: what is small enough to test gains nothing by a little module. Gives the
/// files that it names.
fn quietly(config: &Config, spec: &Path, work: Work) -> Result<Vec<String>, Box<dyn Error>> {
    let (text, shown) = (fs::read_to_string(spec)?, spec.display().to_string());
    let folder = spec.parent().unwrap_or(spec);
    let compiled = compile(&text, &Directory(folder.to_owned()), work)
        .map_err(|found| diagnostic::render(&shown, &text, &found, false))?;
    config.write(&compiled, &shown)?;
    Ok(compiled.files)
}

/// Compiles a model with random weights, and writes its test.
fn model(
    code: &mut String,
    folder: &Path,
    name: &str,
    text: &str,
    weights: &[u8],
    check: &str,
) -> Result<(), Box<dyn Error>> {
    let spec = folder.join(format!("{name}.yaml"));
    fs::write(&spec, text)?;
    fs::write(folder.join(format!("{name}.safetensors")), weights)?;
    Config::new().name("M").out_dir(folder.join(name)).compile(&spec)?;
    let at = folder.join(name).join("m.rs");
    writeln!(
        code,
        "mod {name} {{ include!({at:?}); #[test] fn agrees() {{ crate::check::{check}::<M, _>({spec:?}); }} }}"
    )?;
    Ok(())
}
