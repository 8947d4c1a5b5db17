//! What the command line takes.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use recurve_report::parse_bytes;

use crate::new::Convention;

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
    /// Writes a crate with a spec that it proposes for the tensors of a file.
    New(New),
    /// Says everything that is wrong with a spec and its files; compares the whole golden trace.
    Check(Check),
    /// Prints the generated code, or writes it and its weights to a folder.
    Expand(Expand),
    /// Shows what a model costs and where, what each alternative would cost, and which devices it fits.
    Report(Report),
    /// Learns what the spec needs and training did not give: decomposes dense weights, trains predictors.
    Fit(Fit),
    /// Compiles a model, runs it over its golden trace and over data, and compares what it gives.
    Verify(Verify),
    /// Compiles models and times them in turns.
    Bench(Bench),
    /// Measures this machine, for predictions of the time that a model takes.
    Machine(Machine),
    /// Predicts the time of a step from specs alone, on a machine that was measured.
    Predict(Predict),
    /// Prints the JSON Schema of specs, for editors.
    Schema,
    /// Prints what completes the command line in a shell.
    Completions(Completions),
    /// Prints the manual page, or writes one for each command.
    Man(Man),
}

#[derive(Debug, Args)]
pub(crate) struct New {
    /// The trained weights: a safetensors file.
    pub(crate) weights: PathBuf,
    /// The folder to write; named after the model unless given.
    pub(crate) folder: Option<PathBuf>,
    /// The name of the type, in place of one from the file's.
    #[arg(long, value_parser = type_name)]
    pub(crate) name: Option<String>,
    /// Whose tensor names these are, where they do not tell.
    #[arg(long)]
    pub(crate) convention: Option<Convention>,
    /// What the trained network computed: a safetensors file with `inputs` and `outputs`. It decides what the tensors do not
    /// tell, and the model is compared with it.
    #[arg(long, value_name = "FILE")]
    pub(crate) golden: Option<PathBuf>,
    /// A tensor that the network does not need, or a pattern: `*` matches any run of characters. May be repeated. Without a
    /// golden trace, a file with tensors that belong to no known layer is refused unless they are named here.
    #[arg(long, value_name = "NAME")]
    pub(crate) ignore: Vec<String>,
    /// Leaves the proposed spec in the folder, beside its weights and its trace, where it does not compile.
    #[arg(long)]
    pub(crate) keep: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Where to write a page for each command.
    pub(crate) folder: Option<PathBuf>,
    /// Replaces files that recurve did not write.
    #[arg(long)]
    pub(crate) force: bool,
}

fn type_name(text: &str) -> Result<String, String> {
    let starts = text.starts_with(|c: char| c.is_ascii_uppercase());
    if starts && text.chars().all(|c| c.is_ascii_alphanumeric()) {
        Ok(text.to_owned())
    } else {
        Err("expected a capital letter, then letters and digits, such as `KeywordSpotter`".into())
    }
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
    /// The path of the crate `recurve` where the code will stand.
    #[arg(long, value_name = "PATH", default_value = "::recurve", conflicts_with = "c_abi")]
    pub(crate) crate_path: String,
    /// Writes a crate to that folder whose static library C programs link with, and a header for it in `include/`.
    #[arg(long, requires = "out_dir")]
    pub(crate) c_abi: bool,
    /// Replaces files that recurve did not write.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// The spec.
    pub(crate) spec: PathBuf,
    /// Steps of a sequence.
    #[arg(long, value_name = "STEPS", default_value = "32", value_parser = steps)]
    pub(crate) steps: usize,
    /// The last level of cache.
    #[arg(long, value_name = "BYTES", default_value = "8MiB", value_parser = parse_bytes)]
    pub(crate) cache: usize,
    /// The machine to predict times for, as `recurve machine --out FILE` describes it.
    #[arg(long, value_name = "FILE")]
    pub(crate) machine: Option<PathBuf>,
    /// The devices that it may fit, in YAML, in place of a few common ones.
    #[arg(long, value_name = "FILE")]
    pub(crate) targets: Option<PathBuf>,
    /// Writes the report as a page with drawings, which opens without a network.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Prints the report for programs.
    #[arg(long)]
    pub(crate) json: bool,
    /// Replaces files that recurve did not write.
    #[arg(long)]
    pub(crate) force: bool,
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
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    pub(crate) size: Option<usize>,
    /// Prints the results for programs.
    #[arg(long)]
    pub(crate) json: bool,
    /// Replaces files that recurve did not write.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The spec.
    pub(crate) spec: PathBuf,
    /// What else it runs over: a safetensors file with `inputs`, and with `lengths` and `labels` where there are any.
    #[arg(long, value_name = "FILE")]
    pub(crate) data: Option<PathBuf>,
    /// Compiles without the network: what cargo needs has to be on this machine.
    #[arg(long)]
    pub(crate) offline: bool,
    /// Prints what was found for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// The specs; `faster` is against the first.
    #[arg(required = true)]
    pub(crate) specs: Vec<PathBuf>,
    /// How long each model is timed.
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    pub(crate) seconds: f64,
    /// Compiles without the network: what cargo needs has to be on this machine.
    #[arg(long)]
    pub(crate) offline: bool,
    /// Prints the times for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Machine {
    /// Where to write what was measured; printed where there is none.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Times pairs of specs besides that it does not learn from, and says how often and how far predictions are wrong.
    #[arg(long)]
    pub(crate) validate: bool,
    /// How long each model is timed.
    #[arg(long, value_name = "SECONDS", default_value = "0.3", value_parser = seconds)]
    pub(crate) seconds: f64,
    /// Compiles without the network: what cargo needs has to be on this machine.
    #[arg(long)]
    pub(crate) offline: bool,
    /// Prints every pair for programs.
    #[arg(long, requires = "validate")]
    pub(crate) json: bool,
    /// Replaces files that recurve did not write.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Predict {
    /// The specs; speed-ups are against the first.
    #[arg(required = true)]
    pub(crate) specs: Vec<PathBuf>,
    /// The machine, as `recurve machine --out FILE` describes it.
    #[arg(long, value_name = "FILE")]
    pub(crate) machine: PathBuf,
    /// The speed-up that it says of each spec whether it passes it.
    #[arg(long, value_name = "FACTOR", default_value = "1.5")]
    pub(crate) at_least: f64,
    /// Prints the predictions for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| *seconds > 0.0 && *seconds <= 3600.0);
    seconds.ok_or_else(|| "expected a number of seconds above 0, 3600 at most".into())
}

fn steps(text: &str) -> Result<usize, String> {
    let steps = text.parse::<usize>().ok().filter(|steps| (1..=1_000_000).contains(steps));
    steps.ok_or_else(|| "expected a number of steps from 1 to 1000000".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
