//! What the command line takes.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Compiles trained recurrent networks to Rust.
///
/// Exit codes: 0 where everything went well, 1 where the spec or its files are at fault, 2 where the command line is.
#[derive(Debug, Parser)]
#[command(name = "recurve", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Says everything that is wrong with a spec and its files; compares the whole golden trace.
    Check(Check),
    /// Prints the generated code, or writes it and its weights to a folder.
    Expand(Expand),
    /// Learns what the spec needs and training did not give: decomposes dense weights, trains predictors.
    Fit(Fit),
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The spec.
    pub(crate) spec: PathBuf,
    /// Prints what was found for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Expand {
    /// The spec.
    pub(crate) spec: PathBuf,
    /// Where to write `<name>.rs` and `<name>.weights`, instead of printing the code.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Fit {
    /// The spec.
    pub(crate) spec: PathBuf,
    /// What predictors and little modules learn from: a safetensors file with `inputs`, and with `lengths` and
    /// `labels` where there are any. A fifth of its sequences chooses thresholds and draws curves.
    #[arg(long, value_name = "FILE")]
    pub(crate) data: Option<PathBuf>,
    /// Compares the trained network with the one that is deployed, on this data: a safetensors file with `inputs`,
    /// and with `lengths` and `labels` where there are any.
    #[arg(long, value_name = "FILE")]
    pub(crate) evaluate: Option<PathBuf>,
    /// Chooses the `ratio` of the compressed layers for weights of at most this size, such as `20KiB`, and writes it
    /// into the spec.
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub(crate) size: Option<usize>,
    /// Prints the results for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `20480`, `20KiB`, `20 kB`.
fn bytes(text: &str) -> Result<usize, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit: usize = match unit.trim() {
        "" | "B" => 1,
        "kB" => 1000,
        "KiB" => 1 << 10,
        "MB" => 1_000_000,
        "MiB" => 1 << 20,
        _ => return Err("expected a whole number and `B`, `kB`, `KiB`, `MB` or `MiB`".into()),
    };
    let bytes = number.parse::<usize>().ok().and_then(|number| number.checked_mul(unit));
    bytes.filter(|bytes| *bytes > 0).ok_or_else(|| "expected a size above 0, for example `20KiB`".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn sizes() {
        assert_eq!(bytes("20KiB"), Ok(20480));
        assert_eq!(bytes("20 kB"), Ok(20000));
        assert_eq!(bytes("7"), Ok(7));
        for text in ["", "0", "-1", "20 KB", "KiB", "99999999999999999999", "18446744073709551615KiB"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}
