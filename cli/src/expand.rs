//! `recurve expand`.

use recurve_compiler::golden::Work;
use recurve_compiler::{Config, compile};

use crate::arguments::Expand;
use crate::failure::Failure;
use crate::source::Source;

pub(crate) fn run(arguments: &Expand) -> Result<(), Failure> {
    let source = Source::read(&arguments.spec)?;
    let compiled =
        compile(&source.text, &source.files, Work::QUICK).map_err(|found| source.failure(&found))?;
    eprint!("{}", source.render(&compiled.warnings));
    let shown = arguments.spec.display().to_string();
    match &arguments.out_dir {
        Some(folder) => {
            Config::new().out_dir(folder).write(&compiled, &shown).map_err(Failure::new)?;
            eprintln!("written to `{}`", folder.display());
        }
        None => print!("{}", Config::new().code(&compiled, &shown).map_err(Failure::new)?),
    }
    Ok(())
}
