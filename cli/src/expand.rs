//! `recurve expand`.

use std::path::{Path, PathBuf};

use recurve_compiler::golden::Work;
use recurve_compiler::{Config, c_abi, compile, replace, snake_case};

use crate::arguments::Expand;
use crate::dependency;
use crate::failure::Failure;
use crate::output::{Outputs, mark};
use crate::print;
use crate::source::{Source, make_folder_of, write_below};

pub(crate) fn run(arguments: &Expand) -> Result<(), Failure> {
    let source = Source::read(&arguments.spec)?;
    let compiled =
        compile(&source.text, &source.files, Work::QUICK).map_err(|found| source.failure(&found))?;
    crate::print::styled_note(&source.render(&compiled.warnings));
    let outputs = Outputs::new(arguments.force).reads_fitted(&source);
    let shown = arguments.spec.display().to_string();
    if let (Some(folder), true) = (&arguments.out_dir, arguments.c_abi) {
        let features: &[&str] = if compiled.model.threads > 1 { &["std"] } else { &[] };
        let dependency = dependency::runtime(features);
        let files = c_abi::package(&compiled, &shown, &dependency).map_err(Failure::new)?;
        write_crate(&outputs, folder, files)?;
        eprintln!(
            "written to `{0}`: build it with `cargo build --release --manifest-path {0}/Cargo.toml`",
            folder.display()
        );
        return Ok(());
    }
    let config = Config::new().crate_path(&arguments.crate_path);
    match &arguments.out_dir {
        Some(folder) => {
            let stem = folder.join(snake_case(&compiled.plan.name));
            let code = stem.with_extension("rs");
            outputs.check(&code)?;
            outputs.check_beside(&stem.with_extension("weights"), &code)?;
            config.out_dir(folder).write(&compiled, &shown).map_err(Failure::new)?;
            eprintln!("written to `{}`", folder.display());
        }
        None => print::file(&config.code(&compiled, &shown).map_err(Failure::new)?),
    }
    Ok(())
}

/// Writes a crate of which each file may be written.
fn write_crate(outputs: &Outputs, folder: &Path, files: Vec<(String, Vec<u8>)>) -> Result<(), Failure> {
    let marked = |(path, bytes): (String, Vec<u8>)| {
        let mark = match path.as_str() {
            "Cargo.toml" => mark("# ", ""),
            "src/lib.rs" => mark("// ", ""),
            _ => String::new(),
        };
        (folder.join(path), [mark.as_bytes(), &bytes].concat())
    };
    let files: Vec<(PathBuf, Vec<u8>)> = files.into_iter().map(marked).collect();
    let is_weights = |path: &Path| path.extension().is_some_and(|extension| extension == "weights");
    for (path, _) in &files {
        let says = if is_weights(path) { path.with_extension("rs") } else { path.clone() };
        outputs.check_beside(path, &says)?;
    }
    let (weights, others): (Vec<_>, Vec<_>) = files.into_iter().partition(|(path, _)| is_weights(path));
    for (path, text) in &others {
        let Some((numbers, bytes)) =
            weights.iter().find(|(numbers, _)| numbers.with_extension("rs") == *path)
        else {
            write_below(path, text)?;
            continue;
        };
        make_folder_of(path)?;
        let header = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        replace::write_both((path, text), (numbers, bytes), &String::from_utf8_lossy(header))
            .map_err(|error| Failure::new(format!("cannot write `{}`: {error}", path.display())))?;
    }
    Ok(())
}
