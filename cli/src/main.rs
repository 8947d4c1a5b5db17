//! The `recurve` command. What it shows comes from the libraries.

mod arguments;
mod bar;
mod check;
mod curve;
mod expand;
mod failure;
mod fit;
mod source;
mod trade;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::Parser;

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Expand(arguments) => expand::run(&arguments),
        Command::Fit(arguments) => fit::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprint!("{failure}");
            ExitCode::FAILURE
        }
    }
}
