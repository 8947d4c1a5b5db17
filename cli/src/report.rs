//! `recurve report`.

use recurve_report::{Devices, Options, Report};

use crate::arguments;
use crate::failure::Failure;
use crate::machine;
use crate::output::Outputs;
use crate::source::{self, Source};

pub(crate) fn run(arguments: &arguments::Report) -> Result<(), Failure> {
    let source = Source::read(&arguments.spec)?;
    let outputs = Outputs::new(arguments.force).reads_fitted(&source);
    let outputs =
        arguments.machine.iter().chain(&arguments.targets).fold(outputs, |all, path| all.reads(path));
    if let Some(path) = &arguments.html {
        outputs.check(path)?;
    }
    let options = Options {
        steps: arguments.steps,
        cache: arguments.cache,
        machine: arguments.machine.as_deref().map(machine::read).transpose()?,
        devices: devices(arguments)?,
    };
    let report =
        Report::new(&source.text, &source.files, &options).map_err(|found| source.failure(&found))?;
    if let Some(path) = &arguments.html {
        outputs.write(path, report.html().as_bytes())?;
        eprintln!("wrote `{}`", path.display());
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report).map_err(Failure::new)?);
    } else if arguments.html.is_none() {
        print!("{}", report.text());
    }
    Ok(())
}

fn devices(arguments: &arguments::Report) -> Result<Devices, Failure> {
    let Some(path) = &arguments.targets else {
        return Ok(Devices::common());
    };
    let text = source::text(path)?;
    Devices::read(&text).map_err(|error| {
        Failure::new(format!(
            "`{}` describes no devices: {error}\n  help: a device is `{{name: ours, flash: 64 KiB, ram: 8 KiB}}` under \
             `microcontrollers`, or `{{name: ours, caches: [32 KiB, 1 MiB]}}` under `servers`",
            path.display()
        ))
    })
}
