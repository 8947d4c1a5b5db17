//! The front for build scripts.

use std::fmt;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use crate::files::Directory;
use crate::golden::Work;
use crate::written::Source;
use crate::{Compiled, Options, compile, diagnostic, replace};

/// Compiles specs in a build script.
///
/// ```no_run
/// fn main() -> Result<(), recurve_compiler::Error> {
///     recurve_compiler::Config::new().compile("specs/kws.yaml")
/// }
/// ```
///
/// For a spec with `name: KeywordSpotter` this writes `keyword_spotter.rs` and `keyword_spotter.weights` to
/// `OUT_DIR`; the crate includes them with `recurve::include_model!("keyword_spotter")`. Two specs of one name need another
/// [`file_name`](Config::file_name) for one of them: the second is an error.
#[derive(Debug, Clone)]
pub struct Config {
    visibility: String,
    name: Option<String>,
    file_name: Option<String>,
    crate_path: Option<String>,
    out_dir: Option<PathBuf>,
    work: Work,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            visibility: "pub".into(),
            name: None,
            file_name: None,
            crate_path: None,
            out_dir: None,
            work: Work::QUICK,
        }
    }
}

impl Config {
    /// The defaults: a `pub` type, named by the spec, written to `OUT_DIR`.
    pub fn new() -> Self {
        Config::default()
    }

    /// Visibility of the generated type and its methods, such as `pub(crate)`; empty for private ones.
    pub fn visibility(mut self, visibility: impl Into<String>) -> Self {
        self.visibility = visibility.into();
        self
    }

    /// Name of the generated type, instead of the spec's.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Name of the files without `.rs` and `.weights`, instead of the type's name in snake case:
    /// `file_name("front_kws")` and `recurve::include_model!("front_kws")`.
    pub fn file_name(mut self, file_name: impl Into<String>) -> Self {
        self.file_name = Some(file_name.into());
        self
    }

    /// Path of the crate `recurve` in code that is included without `include_model!`, instead of `::recurve`.
    pub fn crate_path(mut self, crate_path: impl Into<String>) -> Self {
        self.crate_path = Some(crate_path.into());
        self
    }

    /// Folder to write to, instead of `OUT_DIR`; made where it does not exist. Its code is included as a module or by
    /// `include!`, and names the crate `::recurve`.
    pub fn out_dir(mut self, out_dir: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(out_dir.into());
        self
    }

    /// Checks the whole golden trace, instead of as much as takes a moment.
    pub fn check_whole_trace(mut self) -> Self {
        self.work = Work::All;
        self
    }

    /// Compiles one spec; its path is relative to the package. Cargo runs the build script again when the spec or a file
    /// that it names changes, unless they lie in `OUT_DIR`, where the build script wrote them itself.
    ///
    /// # Errors
    /// What is wrong with the spec or its files, rendered, or that the output could not be written.
    pub fn compile(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let spec = root().join(path);
        let folder = spec.parent().map(Path::to_owned).unwrap_or_default();
        rerun_if_changed(&spec);
        let text = std::fs::read_to_string(&spec)
            .map_err(|error| Error::new(format!("cannot read `{}`: {error}", spec.display())))?;
        let shown = path.display().to_string();
        let compiled = compile(&text, &Directory(folder.clone()), self.work)
            .map_err(|found| Error::new(diagnostic::render(&shown, &text, &found, false)))?;
        for file in &compiled.files {
            rerun_if_changed(&folder.join(file));
        }
        for warning in diagnostic::render(&shown, &text, &compiled.warnings, false).lines() {
            println!("cargo::warning={warning}");
        }
        self.write(&compiled, &shown)
    }

    /// Writes the code and the weights of a spec that was compiled already; errors call the spec `origin`.
    ///
    /// # Errors
    /// A name, path or visibility that is not Rust, a file that another spec was written to, or a folder that cannot be
    /// written.
    pub fn write(&self, compiled: &Compiled, origin: &str) -> Result<(), Error> {
        let out_dir = match &self.out_dir {
            Some(out_dir) => out_dir.clone(),
            None => std::env::var_os("OUT_DIR").map(PathBuf::from).ok_or_else(|| {
                Error::new("`OUT_DIR` is not set: call this from a build script, or set `out_dir`".into())
            })?,
        };
        let code = match (&self.out_dir, &self.crate_path) {
            (None, None) => self.code_with(compiled, origin, None)?,
            _ => self.code(compiled, origin)?,
        };
        let stem = self.stem(compiled)?;
        Source::new(&root(), origin, self.type_name(compiled)).take(&out_dir, &stem).map_err(Error::new)?;
        let (weights, rust) = (out_dir.join(format!("{stem}.weights")), out_dir.join(format!("{stem}.rs")));
        let header = code.lines().next().unwrap_or_default();
        let bytes = compiled.plan.weights.bytes();
        std::fs::create_dir_all(&out_dir)
            .and_then(|()| replace::write_both((&rust, code.as_bytes()), (&weights, bytes), header))
            .map_err(|error| Error::new(format!("cannot write `{}`: {error}", rust.display())))
    }

    /// The code of a spec that was compiled already, for a module of its own: it includes its weights from
    /// `<name>.weights`, and names the crate `::recurve`, or by its [`crate_path`](Config::crate_path).
    ///
    /// # Errors
    /// A name, path or visibility that is not Rust.
    pub fn code(&self, compiled: &Compiled, origin: &str) -> Result<String, Error> {
        let path = self.crate_path.as_deref().unwrap_or("::recurve");
        let parsed = path.parse().ok().filter(|_| is_path(path));
        let parsed =
            parsed.ok_or_else(|| Error::new(format!("`{path}` is not a path such as `::recurve`")))?;
        self.code_with(compiled, origin, Some(parsed))
    }

    fn code_with(
        &self,
        compiled: &Compiled,
        origin: &str,
        crate_path: Option<TokenStream>,
    ) -> Result<String, Error> {
        let name = self.type_name(compiled);
        if !is_identifier(name) {
            return Err(Error::new(format!("`{name}` cannot name a Rust type")));
        }
        let options = Options {
            visibility: self.visibility.parse().map_err(|_| {
                Error::new(format!("`{}` is not a visibility such as `pub(crate)`", self.visibility))
            })?,
            name: self.name.clone(),
            origin: format!("`{origin}`"),
            crate_path,
        };
        let weights = format!("{}.weights", self.stem(compiled)?);
        let code = compiled.code(&options, &quote!(::core::include_bytes!(#weights)));
        let header = format!("// Generated by recurve {} from {origin}.\n\n", env!("CARGO_PKG_VERSION"));
        Ok(header + &format(&code)?)
    }

    /// The name of the files, without their extensions.
    fn stem(&self, compiled: &Compiled) -> Result<String, Error> {
        let Some(name) = &self.file_name else {
            return Ok(snake_case(self.type_name(compiled)));
        };
        let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        if !name.is_empty() && name.chars().all(is_plain) {
            return Ok(name.clone());
        }
        Err(Error::new(format!(
            "`{name}` cannot be the name of the generated files: expected letters, digits, `_` and `-`, without an extension"
        )))
    }

    fn type_name<'a>(&'a self, compiled: &'a Compiled) -> &'a str {
        self.name.as_ref().unwrap_or(&compiled.plan.name)
    }
}

/// The folder of the package, which paths of specs are relative to.
fn root() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default()
}

/// Whether a text is a path of a crate or module.
fn is_path(text: &str) -> bool {
    text.strip_prefix("::").unwrap_or(text).split("::").all(|word| word == word.trim() && is_identifier(word))
}

fn is_identifier(name: &str) -> bool {
    let mut tokens = name.parse::<TokenStream>().into_iter().flatten();
    matches!((tokens.next(), tokens.next()), (Some(TokenTree::Ident(_)), None))
}

/// Has the build script run again when a file changes. What it writes itself is newer than its own start, which would
/// have it run at every build.
fn rerun_if_changed(path: &Path) {
    let is_written_here = std::env::var_os("OUT_DIR").is_some_and(|out_dir| path.starts_with(out_dir));
    if !is_written_here {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}

/// The code as a person would lay it out.
#[cfg(feature = "format")]
fn format(code: &TokenStream) -> Result<String, Error> {
    let file = syn::parse2(code.clone())
        .map_err(|error| Error::new(format!("the generated code is not Rust: {error}")))?;
    Ok(spaced(&prettyplease::unparse(&file)))
}

/// Blank lines between items, which the formatter leaves out.
#[cfg(feature = "format")]
fn spaced(code: &str) -> String {
    /// Items stand no further in; statements do.
    const MOST: usize = 8;
    let indent = |line: &str| line.len() - line.trim_start().len();
    let is_doc = |line: &str| line.trim_start().starts_with("///");
    let mut spaced = String::with_capacity(code.len() + 100);
    let mut last = "";
    for line in code.lines() {
        let ends = matches!(last.trim_start(), "}" | "};" | ");")
            || indent(line) < MOST && last.ends_with(';') && is_doc(line) && !is_doc(last);
        if ends && indent(last) == indent(line) && indent(line) <= MOST {
            spaced.push('\n');
        }
        spaced.push_str(line);
        spaced.push('\n');
        last = line;
    }
    spaced
}

#[cfg(not(feature = "format"))]
fn format(code: &TokenStream) -> Result<String, Error> {
    Ok(code.to_string())
}

/// The name of a type as that of files and packages: `KeywordSpotter` as `keyword_spotter`.
pub fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut before = '_';
    for c in name.chars() {
        if c.is_uppercase() && !before.is_uppercase() && before != '_' {
            snake.push('_');
        }
        before = c;
        snake.extend(c.to_lowercase());
    }
    snake
}

/// Why a spec was not compiled. Its `Debug` form is the message too, since that is what a build script's
/// `main` prints.
#[derive(Clone)]
pub struct Error {
    message: String,
}

impl Error {
    fn new(message: String) -> Self {
        Error { message }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}", self.message)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_alone_name_types() {
        assert!(is_identifier("Kws2") && is_identifier("kws_2"));
        assert!(!["", "2", "a b", "a-b", "a::b", "(", "\""].into_iter().any(is_identifier));
    }

    #[test]
    fn paths_are_words_between_colons() {
        assert!(["::recurve", "rc", "crate::vendored::recurve", "::a::b"].into_iter().all(is_path));
        assert!(
            !["", "::", "a::", "a b", "a:b", "a-b", "a::<b>", "2", "a; fn main"].into_iter().any(is_path)
        );
    }

    #[test]
    fn names_of_types_become_names_of_files() {
        assert_eq!(snake_case("KeywordSpotter"), "keyword_spotter");
        assert_eq!(snake_case("DigitsLSTM"), "digits_lstm");
        assert_eq!(snake_case("Kws2"), "kws2");
        assert_eq!(snake_case("Wake_Word"), "wake_word");
    }
}
