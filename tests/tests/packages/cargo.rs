//! Other packages, built with the cargo and the compiler that build this one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A package that a test makes.
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
}

impl Package {
    /// A package in a folder of its name, with these lines of its manifest and these files.
    pub(crate) fn new(parent: &Path, name: &str, dependencies: &str, files: &[(&str, &str)]) -> Package {
        let package = Package { name: name.to_owned(), folder: parent.join(name) };
        let manifest = format!(
            "[package]\nname = \"{name}\"\nedition = \"2024\"\n[workspace]\n{dependencies}\n\
             [profile.dev]\ndebug = false\n"
        );
        package.write("Cargo.toml", manifest.as_bytes());
        // The versions of the workspace, so that nothing new is looked for.
        package.write("Cargo.lock", &fs::read(root().join("Cargo.lock")).expect("a lock file"));
        for (path, text) in files {
            package.write(path, text.as_bytes());
        }
        package
    }

    pub(crate) fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.folder.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a writable folder");
    }
}

/// A line that depends on a package of the workspace.
pub(crate) fn dependency(name: &str, folder: &str, more: &str) -> String {
    let path = fs::canonicalize(root().join(folder)).expect("a package");
    let more = if more.is_empty() { String::new() } else { format!(", {more}") };
    format!("{name} = {{ path = {path:?}{more} }}")
}

/// Runs cargo in `folder`, away from what the outer build and the user set for themselves.
pub(crate) fn cargo(folder: &Path, target: &Path, arguments: &[&str]) -> Output {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Command::new(cargo)
        .current_dir(folder)
        .args(arguments)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_TERM_COLOR", "never")
        .env_remove("CARGO_BUILD_TARGET")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo runs")
}

/// What cargo said to a person.
pub(crate) fn messages(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
