//! The `recurve` command. What it shows comes from the libraries.

#[macro_use]
mod print;

mod arguments;
mod bar;
mod bench;
mod cache;
mod check;
mod curve;
mod dependency;
mod documents;
mod expand;
mod failure;
mod fit;
mod harness;
mod machine;
mod new;
mod output;
mod predict;
mod report;
mod source;
mod trade;
mod verify;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::Parser;

fn main() -> ExitCode {
    // Reading half of the output, as `head` does, is no fault.
    sigpipe::reset();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(said) => return show(&said),
    };
    let done = match arguments.command {
        Command::New(arguments) => new::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Expand(arguments) => expand::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Fit(arguments) => fit::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Machine(arguments) => machine::run(&arguments),
        Command::Predict(arguments) => predict::run(&arguments),
        Command::Schema => documents::schema(),
        Command::Completions(arguments) => documents::completions(&arguments),
        Command::Man(arguments) => documents::man(&arguments),
    };
    match done {
        Ok(()) => {
            print::flush();
            ExitCode::SUCCESS
        }
        Err(failure) => {
            print::styled_note(&failure.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Shows help, a version, or what is wrong with the command line.
fn show(said: &clap::Error) -> ExitCode {
    match said.print() {
        Err(error) if !said.use_stderr() => print::fail(&error),
        _ => {}
    }
    print::flush();
    u8::try_from(said.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}
