//! A crate around a compiled model whose static library C programs link with, and the header for it.
//!
//! Nothing is allocated: the header declares the model's type with its size, for the stack, a `static` or a struct of the
//! caller's. The functions take null pointers for what they are, and have no path to a panic in a release build.

mod function;
mod header;
mod library;

use crate::config::{Config, Error, snake_case};
use crate::{Compiled, plan::Plan};

/// The files of the crate, by their paths in it: `Cargo.toml`, `src/lib.rs`, the model, its weights, and
/// `include/<name>.h`.
///
/// `origin` is what errors and comments call the spec, `dependency` the line of `Cargo.toml` for the crate `recurve`.
///
/// # Errors
/// A name that is not one of a Rust type.
pub fn package(compiled: &Compiled, origin: &str, dependency: &str) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let plan = &compiled.plan;
    let names = Names { stem: snake_case(&plan.name), model: &plan.name };
    let functions = function::all(plan, &names);
    let needs_std = compiled.model.threads > 1;
    let stem = &names.stem;
    let code = Config::new().code(compiled, origin)?;
    Ok(vec![
        ("Cargo.toml".into(), manifest(stem, dependency).into_bytes()),
        ("src/lib.rs".into(), library::text(&names, &functions, needs_std).into_bytes()),
        (format!("src/{stem}.rs"), code.into_bytes()),
        (format!("src/{stem}.weights"), plan.weights.bytes().to_vec()),
        (format!("include/{stem}.h"), header::text(plan, &names, &functions, origin).into_bytes()),
    ])
}

/// What a model is called.
struct Names<'a> {
    /// `keyword_spotter`, with which functions and files begin.
    stem: String,
    /// `KeywordSpotter`, the type in both languages.
    model: &'a str,
}

impl Names<'_> {
    /// `KEYWORD_SPOTTER`, with which constants begin.
    fn upper(&self) -> String {
        self.stem.to_uppercase()
    }
}

/// Numbers of a step's input; none where it is an id.
fn features(plan: &Plan) -> Option<usize> {
    match plan.input {
        crate::model::Input::Features(count) => Some(count),
        crate::model::Input::Tokens(_) => None,
    }
}

fn manifest(stem: &str, dependency: &str) -> String {
    // Unoptimised, `core` wants what unwinds the stack, which only the standard library has.
    let profile = "opt-level = 3\nlto = true\ncodegen-units = 1\npanic = \"abort\"\n";
    format!(
        "[package]\nname = \"{stem}\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n# Its own, wherever it \
         lies.\n[workspace]\n\n[lib]\ncrate-type = [\"staticlib\"]\n\n[dependencies]\n{dependency}\n[profile.dev]\n{profile}\n\
         [profile.release]\n{profile}"
    )
}
