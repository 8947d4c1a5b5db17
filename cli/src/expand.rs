//! `recurve expand`.

use recurve_compiler::golden::Work;
use recurve_compiler::{Config, c_abi, compile};

use crate::arguments::Expand;
use crate::dependency;
use crate::failure::Failure;
use crate::source::{Source, write_below};

pub(crate) fn run(arguments: &Expand) -> Result<(), Failure> {
    let source = Source::read(&arguments.spec)?;
    let compiled =
        compile(&source.text, &source.files, Work::QUICK).map_err(|found| source.failure(&found))?;
    eprint!("{}", source.render(&compiled.warnings));
    let shown = arguments.spec.display().to_string();
    if let (Some(folder), true) = (&arguments.out_dir, arguments.c_abi) {
        let features: &[&str] = if compiled.model.threads > 1 { &["std"] } else { &[] };
        let dependency = dependency::runtime(features);
        for (path, bytes) in c_abi::package(&compiled, &shown, &dependency).map_err(Failure::new)? {
            write_below(&folder.join(path), &bytes)?;
        }
        eprintln!(
            "written to `{0}`: build it with `cargo build --release --manifest-path {0}/Cargo.toml`",
            folder.display()
        );
        return Ok(());
    }
    let config = Config::new().crate_path(&arguments.crate_path);
    match &arguments.out_dir {
        Some(folder) => {
            config.out_dir(folder).write(&compiled, &shown).map_err(Failure::new)?;
            eprintln!("written to `{}`", folder.display());
        }
        None => print!("{}", config.code(&compiled, &shown).map_err(Failure::new)?),
    }
    Ok(())
}
