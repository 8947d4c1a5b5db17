//! `recurve new`.

mod ask;
mod convention;
mod file;
mod folded;
mod ignored;
mod judge;
mod layers;
mod open;
mod order;
mod package;
mod partial;
mod parts;
mod proposal;
mod quote;
mod search;

use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use recurve_compiler::diagnostic::{Diagnostics, render};
use recurve_compiler::files::Memory;
use recurve_compiler::golden::Work;
use recurve_compiler::{Compiled, compile, snake_case, spec};

use crate::arguments::New;
use crate::failure::Failure;
use crate::print::plain;
pub(crate) use convention::Convention;
use file::{File, Trace};
use partial::Partial;
use proposal::{Proposal, Reading, Reasons};
use search::{Search, search};

const SPEC: &str = "model.yaml";
const WEIGHTS: &str = "weights.safetensors";
const GOLDEN: &str = "golden.safetensors";
const SCHEMA: &str = "recurve.schema.json";

/// A spec that compiles.
struct Made {
    text: String,
    compiled: Box<Compiled>,
    summary: String,
}

/// Why there is none, and the spec that was proposed.
struct Refused {
    text: String,
    message: String,
}

pub(crate) fn run(arguments: &New) -> Result<(), Failure> {
    let weights = File::read(&arguments.weights)?;
    let golden = arguments.golden.as_ref().map(|path| File::read(path)).transpose()?;
    let convention = arguments.convention.unwrap_or_else(|| Convention::of(&weights.tensors));
    let name = match &arguments.name {
        Some(name) => name.clone(),
        None => type_name(&arguments.weights),
    };
    let trace = golden.as_ref().map(Trace::of);
    let proposal = Proposal::new(&name, convention, &weights.tensors, &arguments.ignore, trace)
        .map_err(|message| Failure::new(format!("`{}`: {message}", arguments.weights.display())))?;
    let folder = arguments.folder.clone().unwrap_or_else(|| PathBuf::from(snake_case(&name)));
    partial::remove_left_behind(&folder);
    if folder.exists() && fs::read_dir(&folder).map_or(true, |mut entries| entries.next().is_some()) {
        let message = format!("`{}` exists and is not an empty folder", folder.display());
        return Err(Failure::new(format!(
            "{message}\n  help: name another one: `recurve new WEIGHTS FOLDER`"
        )));
    }
    let mut files = Memory::default();
    files.0.insert(WEIGHTS.to_owned(), weights.bytes);
    files.0.extend(golden.map(|golden| (GOLDEN.to_owned(), golden.bytes)));
    let made = match arguments.golden {
        Some(_) => by_trace(&proposal, &files),
        None => by_asking(&proposal, &files, &arguments.weights),
    };
    let made = match made {
        Ok(made) => made,
        Err(refused) => return Err(refuse(refused, arguments.keep, &folder, &files)?),
    };
    write(&folder, &made.text, files, |part| package::write(part, &made.compiled))?;
    print(&made, &folder);
    Ok(())
}

fn print(made: &Made, folder: &Path) {
    let colour = std::io::stderr().is_terminal();
    crate::print::styled_note(&render(SPEC, &made.text, &made.compiled.warnings, colour));
    println!("{}", made.summary);
    println!(
        "wrote `{}`: {} parameters, {} bytes of weights, {} MACs a step",
        folder.display(),
        made.compiled.plan.cost.parameters(),
        made.compiled.plan.weights.bytes().len(),
        made.compiled.plan.cost.macs(),
    );
    let spec = folder.join(SPEC);
    println!("\nnext:");
    println!("  recurve check {}", spec.display());
    if made.compiled.golden.is_some() {
        println!("  recurve verify {}", spec.display());
    }
    println!("  recurve bench {}", spec.display());
    println!("  cargo run --release --manifest-path {}", folder.join("Cargo.toml").display());
}

/// Writes the spec, its files and `more`; nothing of it is there unless all of it is.
fn write(
    folder: &Path,
    text: &str,
    files: Memory,
    more: impl FnOnce(&Path) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let fault = |error| Failure::new(format!("cannot make the folder `{}`: {error}", folder.display()));
    let partial = Partial::new(folder).map_err(fault)?;
    for (name, bytes) in files.0 {
        recurve_fit::write(&partial.path.join(name), &bytes)?;
    }
    recurve_fit::write(&partial.path.join(SCHEMA), spec::schema().as_bytes())?;
    recurve_fit::write(&partial.path.join(SPEC), text.as_bytes())?;
    more(&partial.path)?;
    partial.finish(&["Cargo.toml", SPEC]).map_err(fault)
}

/// The failure; leaves the proposed spec in the folder where that is asked for.
fn refuse(refused: Refused, keep: bool, folder: &Path, files: &Memory) -> Result<Failure, Failure> {
    let spec = folder.join(SPEC);
    let kept = match keep {
        true => {
            write(folder, &refused.text, files.clone(), |_| Ok(()))?;
            format!("`{}` has the proposed spec, which does not compile\n", spec.display())
        }
        false => format!("`--keep` leaves the proposed spec in `{}`\n", spec.display()),
    };
    let said = format!("{}\nThe proposed spec:\n\n{}\n{kept}", refused.message, refused.text);
    Ok(Failure::rendered(plain(&said).into_owned()))
}

fn rendered(text: &str, found: &Diagnostics) -> String {
    render("the proposed spec", text, found, false)
}

/// Takes the choices with which the network computes what the trace says.
fn by_trace(proposal: &Proposal, files: &Memory) -> Result<Made, Refused> {
    match search(proposal, files) {
        Search::Found(compiled, reading, reasons) => {
            let text = proposal.spec(&reading, &reasons);
            let compiled = match compiled.warnings.is_empty() {
                true => compiled,
                // Their places are those of the text that is written.
                false => compile(&text, files, Work::All).map_or(compiled, Box::new),
            };
            Ok(Made { text, compiled, summary: proposal.summary(&reading, &reasons) })
        }
        Search::Refused(reading) => proposed(proposal, files, &reading, &proposal.guesses(&reading), ""),
        Search::Nothing { tried, of, shown } => {
            let tried = format!(
                "\n{tried} of {of} readings of the tensors were tried, and none computes the golden trace"
            );
            let reasons = proposal.guesses(&shown);
            proposed(proposal, files, &shown, &reasons, &format!("{tried}{}\n", proposal.ignored.also()))
        }
    }
}

/// The crate of a reading; where it does not compile, the findings, with `more` below.
fn proposed(
    proposal: &Proposal,
    files: &Memory,
    reading: &Reading,
    reasons: &Reasons,
    more: &str,
) -> Result<Made, Refused> {
    let text = proposal.spec(reading, reasons);
    match compile(&text, files, Work::All) {
        Ok(compiled) => {
            let summary = proposal.summary(reading, reasons);
            Ok(Made { text, compiled: Box::new(compiled), summary })
        }
        Err(found) => Err(Refused { message: rendered(&text, &found) + more, text }),
    }
}

/// Takes the choices that are answered, or the likeliest; refuses a network that is not the whole file's.
fn by_asking(proposal: &Proposal, files: &Memory, weights: &Path) -> Result<Made, Refused> {
    let first = proposal.first();
    if let Some(refusal) = proposal.ignored.refusal() {
        let text = proposal.spec(&first, &proposal.guesses(&first));
        return Err(Refused { text, message: format!("error: `{}`: {refusal}\n", weights.display()) });
    }
    let (reading, reasons) = ask::ask(proposal, first);
    proposed(proposal, files, &reading, &reasons, "")
}

/// `kws_small.safetensors` as `KwsSmall`.
fn type_name(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let words = stem.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name: String = words
        .map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_uppercase() + rest
        })
        .collect();
    if name.starts_with(|c: char| c.is_ascii_uppercase()) { name } else { format!("Model{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_become_names_of_types() {
        for (file, name) in
            [("kws.safetensors", "Kws"), ("a-b_c2.safetensors", "ABC2"), ("3d.x", "Model3d"), ("é", "Model")]
        {
            assert_eq!(type_name(Path::new(file)), name);
        }
    }
}
