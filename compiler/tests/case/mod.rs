//! A folder of `tests/diagnostics`: a spec, descriptions of the files it names, and what recurve says.

mod tensors;

use std::fs;
use std::path::{Path, PathBuf};

use recurve_compiler::compile;
use recurve_compiler::diagnostic::{Diagnostics, render};
use recurve_compiler::files::Memory;
use recurve_compiler::golden::Work;
use recurve_compiler::spec;

/// The folder of one case.
pub(crate) struct Case(pub(crate) PathBuf);

impl Case {
    /// All cases, by name.
    pub(crate) fn all() -> Vec<Case> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/diagnostics");
        let mut folders: Vec<PathBuf> = paths(&folder).filter(|path| path.is_dir()).collect();
        folders.sort();
        folders.into_iter().map(Case).collect()
    }

    pub(crate) fn read(&self, file: &str) -> Option<String> {
        fs::read_to_string(self.0.join(file)).ok()
    }

    /// What compiling finds, and how a person sees it. A case without files is about the spec's text alone. The whole trace is
    /// compared, or as much as a build script compares where the file `work` says `quick`.
    pub(crate) fn diagnose(&self) -> (Diagnostics, String) {
        let text = self.read("spec.yaml").expect("a spec");
        let files = self.files();
        let found = if files.0.is_empty() {
            let mut found = Diagnostics::new();
            let _ = spec::read(&text, &mut found);
            found
        } else {
            let work = if self.is_quick() { Work::QUICK } else { Work::All };
            compile(&text, &files, work).map_or_else(|found| found, |compiled| compiled.warnings)
        };
        let rendered = render("spec.yaml", &text, &found, false);
        (found, rendered)
    }

    /// Whether as much of the golden trace is compared as a build script compares, instead of all of it.
    pub(crate) fn is_quick(&self) -> bool {
        self.read("work").is_some_and(|work| work.trim() == "quick")
    }

    /// For each `name.tensors` of the folder, the `name.safetensors` that it describes.
    pub(crate) fn files(&self) -> Memory {
        let mut described: Vec<PathBuf> =
            paths(&self.0).filter(|path| path.extension().is_some_and(|it| it == "tensors")).collect();
        // A trace is computed from weights, which a later file may not be.
        described.sort_by_key(|path| (path.file_stem() == Some("golden".as_ref()), path.clone()));
        let mut files = Memory::default();
        for path in described {
            let text = fs::read_to_string(&path).expect("a description");
            let bytes = tensors::file(&text, &files, self);
            let name = path.with_extension("safetensors");
            let name = name.file_name().and_then(|name| name.to_str()).expect("a name");
            files.0.insert(name.to_owned(), bytes);
        }
        files
    }
}

fn paths(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path())
}
