//! `recurve new`.

mod package;
mod proposal;
mod tensors;

use std::fs;
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use recurve_compiler::Compiled;
use recurve_compiler::diagnostic::Diagnostics;
use recurve_compiler::files::Directory;
use recurve_compiler::golden::Work;
use recurve_compiler::{compile, diagnostic, snake_case};
use safetensors::SafeTensors;

use crate::arguments::New;
use crate::failure::Failure;
use proposal::{Open, Proposal};
pub(crate) use tensors::Convention;

const WEIGHTS: &str = "weights.safetensors";
const GOLDEN: &str = "golden.safetensors";

pub(crate) fn run(arguments: &New) -> Result<(), Failure> {
    let tensors = read(&arguments.weights)?;
    let outputs = arguments.golden.as_ref().map(|path| read(path)).transpose()?;
    let convention = arguments.convention.unwrap_or_else(|| Convention::of(&tensors));
    let name = match &arguments.name {
        Some(name) => name.clone(),
        None => type_name(&arguments.weights),
    };
    let mut proposal = Proposal::new(&name, convention, &tensors, outputs.as_deref())
        .map_err(|message| Failure::new(format!("`{}`: {message}", arguments.weights.display())))?;
    let folder = arguments.folder.clone().unwrap_or_else(|| PathBuf::from(snake_case(&name)));
    let is_new = !folder.exists();
    if !is_new && fs::read_dir(&folder).map_or(true, |mut entries| entries.next().is_some()) {
        let message = format!("`{}` exists and is not an empty folder", folder.display());
        return Err(Failure::new(format!(
            "{message}\n  help: name another one: `recurve new WEIGHTS FOLDER`"
        )));
    }
    let written = write(arguments, &mut proposal, &folder);
    if written.is_err() {
        // Of what was begun nothing stays.
        let _ = if is_new { fs::remove_dir_all(&folder) } else { package::clear(&folder) };
    }
    let compiled = written?;
    println!("{}", proposal.summary());
    println!(
        "wrote `{}`: {} parameters, {} bytes of weights, {} MACs a step",
        folder.display(),
        compiled.plan.cost.parameters(),
        compiled.plan.weights.bytes().len(),
        compiled.plan.cost.macs(),
    );
    let spec = folder.join("model.yaml");
    println!("\nnext:");
    println!("  recurve check {}", spec.display());
    if compiled.golden.is_some() {
        println!("  recurve verify {}", spec.display());
    }
    println!("  recurve bench {}", spec.display());
    println!("  cargo run --release --manifest-path {}", folder.join("Cargo.toml").display());
    Ok(())
}

/// Names and shapes of the tensors of a file.
fn read(path: &Path) -> Result<Vec<(String, Vec<usize>)>, Failure> {
    let bytes =
        fs::read(path).map_err(|error| Failure::new(format!("cannot read `{}`: {error}", path.display())))?;
    let file = SafeTensors::deserialize(&bytes).map_err(|error| {
        let message = format!("`{}` is no safetensors file: {error}", path.display());
        Failure::new(format!(
            "{message}\n  help: in PyTorch, `safetensors.torch.save_file(model.state_dict(), \"weights.safetensors\")` writes one"
        ))
    })?;
    let mut tensors: Vec<(String, Vec<usize>)> =
        file.tensors().into_iter().map(|(name, view)| (name, view.shape().to_vec())).collect();
    tensors.sort();
    Ok(tensors)
}

/// Settles what is open and writes the folder.
fn write(arguments: &New, proposal: &mut Proposal, folder: &Path) -> Result<Compiled, Failure> {
    let copy = |from: &Path, name: &str| -> Result<(), Failure> {
        let bytes = fs::read(from)
            .map_err(|error| Failure::new(format!("cannot read `{}`: {error}", from.display())))?;
        Ok(recurve_fit::write(&folder.join(name), &bytes)?)
    };
    fs::create_dir_all(folder.join("src"))
        .map_err(|error| Failure::new(format!("cannot make the folder `{}`: {error}", folder.display())))?;
    copy(&arguments.weights, WEIGHTS)?;
    if let Some(golden) = &arguments.golden {
        copy(golden, GOLDEN)?;
    }
    let files = Directory(folder.to_owned());
    let found = match arguments.golden {
        Some(_) => by_trace(proposal, &files),
        None => {
            ask(proposal);
            one(proposal, &files)
        }
    };
    let (compiled, text) = found.map_err(|(text, found)| {
        let mut message = diagnostic::render("the proposed spec", &text, &found, false);
        message += "\nThe proposed spec:\n\n";
        message += &text;
        Failure::rendered(message)
    })?;
    recurve_fit::write(&folder.join("model.yaml"), text.as_bytes())?;
    package::write(folder, &compiled)?;
    Ok(compiled)
}

type Tried = Result<(Compiled, String), (String, Diagnostics)>;

fn one(proposal: &Proposal, files: &Directory) -> Tried {
    let text = proposal.spec();
    match compile(&text, files, Work::QUICK) {
        Ok(compiled) => Ok((compiled, text)),
        Err(found) => Err((text, found)),
    }
}

/// Takes the alternatives with which the network computes what the trace says.
fn by_trace(proposal: &mut Proposal, files: &Directory) -> Tried {
    let first = one(proposal, files);
    if first.is_ok() {
        proposal.settle("as the golden trace says");
        return one(proposal, files);
    }
    let open = proposal.open.clone();
    let count: usize = open.iter().map(|open| open.choices.len()).product();
    for mut number in 0..count {
        for (settled, open) in proposal.open.iter_mut().zip(&open) {
            settled.chosen = number % open.choices.len();
            number /= open.choices.len();
        }
        if one(proposal, files).is_ok() {
            proposal.settle("as the golden trace says");
            return one(proposal, files);
        }
    }
    proposal.open = open;
    first
}

/// Asks what the tensors do not tell, on a terminal.
fn ask(proposal: &mut Proposal) {
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        return;
    }
    for open in &mut proposal.open {
        if let Some(chosen) = answer(open) {
            open.chosen = chosen;
            open.why = "as answered";
        }
    }
}

fn answer(open: &Open) -> Option<usize> {
    loop {
        eprint!("{} ({}) [{}]: ", open.question, open.choices.join(", "), open.choices[open.chosen]);
        std::io::stderr().flush().ok()?;
        let mut line = String::new();
        if std::io::stdin().lock().read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim() {
            "" => return Some(open.chosen),
            word => match open.choices.iter().position(|choice| *choice == word) {
                Some(chosen) => return Some(chosen),
                None => eprintln!("`{word}` is none of these"),
            },
        }
    }
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
