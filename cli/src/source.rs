//! The spec that a command is about.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use recurve_compiler::diagnostic::{Diagnostics, render};
use recurve_compiler::files::{Directory, Files};
use recurve_compiler::model::Input;
use recurve_compiler::sequences::Sequences;

use crate::failure::Failure;

/// A spec's text, and the folder that its paths are relative to.
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    pub(crate) files: Directory,
}

impl Source {
    pub(crate) fn read(path: &Path) -> Result<Source, Failure> {
        let text = text(path)?;
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Ok(Source { path: path.to_owned(), text, files: Directory(folder) })
    }

    /// Findings about the spec, in colour on a terminal.
    pub(crate) fn render(&self, found: &Diagnostics) -> String {
        let colour = std::io::stderr().is_terminal();
        render(&self.path.display().to_string(), &self.text, found, colour)
    }

    pub(crate) fn failure(&self, found: &Diagnostics) -> Failure {
        Failure::rendered(self.render(found))
    }
}

/// The text of a file.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("cannot read `{}`: {error}", path.display())))
}

/// Writes a file, and the folders above it where there are none.
pub(crate) fn write_below(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    make_folder_of(path)?;
    Ok(recurve_fit::write(path, bytes)?)
}

/// Makes the folders above a file.
pub(crate) fn make_folder_of(path: &Path) -> Result<(), Failure> {
    let Some(folder) = path.parent() else {
        return Ok(());
    };
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure::new(format!("cannot make the folder `{}`: {error}", folder.display())))
}

/// One file, whatever its name: a path of a spec is text, one of the command line need not be.
struct One<'a>(&'a Path);

impl Files for One<'_> {
    fn read(&self, _: &str) -> std::io::Result<Vec<u8>> {
        std::fs::read(self.0)
    }
}

/// Opens sequences that the command line names.
pub(crate) fn sequences(path: &Path, input: Input) -> Result<Sequences, Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let opened = Sequences::open(&One(path), &name, input);
    opened.map_err(|fault| Failure::from(recurve_fit::Error::from(fault)))
}
