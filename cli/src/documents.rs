//! `recurve schema`, `recurve completions` and `recurve man`.

use std::path::Path;

use clap::CommandFactory;

use crate::arguments::{Arguments, Completions, Man};
use crate::failure::Failure;
use crate::output::{Outputs, mark};
use crate::print;

pub(crate) fn schema() -> Result<(), Failure> {
    print::file(recurve_compiler::spec::schema().as_ref());
    Ok(())
}

pub(crate) fn completions(arguments: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "recurve", &mut script);
    print::file(&String::from_utf8_lossy(&script));
    Ok(())
}

/// One page, or one for each command into a folder.
pub(crate) fn man(arguments: &Man) -> Result<(), Failure> {
    let command = Arguments::command();
    let page = |command: clap::Command| {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page).map(|()| page).map_err(Failure::new)
    };
    let Some(folder) = &arguments.folder else {
        print::file(&String::from_utf8_lossy(&page(command)?));
        return Ok(());
    };
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure::new(format!("cannot make the folder `{}`: {error}", folder.display())))?;
    let outputs = Outputs::new(arguments.force);
    let write = |name: &str, page: &[u8]| {
        let page = [mark(".\\\" ", "").as_bytes(), page].concat();
        outputs.write(&Path::new(folder).join(format!("{name}.1")), &page)
    };
    for sub in command.get_subcommands() {
        outputs.check(&folder.join(format!("recurve-{}.1", sub.get_name())))?;
    }
    for sub in command.get_subcommands() {
        let name = format!("recurve-{}", sub.get_name());
        // A page is headed by the command's name, which has to live as long as the program.
        let heading: &'static str = Box::leak(name.clone().into_boxed_str());
        write(&name, &page(sub.clone().name(heading))?)?;
    }
    write("recurve", &page(command)?)
}
