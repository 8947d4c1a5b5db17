//! How a crate that the command writes depends on recurve.

use std::path::Path;

/// The checkout that this command was built in, where it is still there.
fn checkout() -> Option<&'static Path> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    root.join("runtime/Cargo.toml").is_file().then_some(root)
}

/// The line for `recurve` itself, for code that was generated already: without the compiler behind its macro.
pub(crate) fn runtime(features: &[&str]) -> String {
    with("recurve", "runtime", features, ", default-features = false")
}

/// The lines of a `Cargo.toml` below `[dependencies]` or `[build-dependencies]` for the package `name`, which is in `folder` of
/// the checkout.
pub(crate) fn line(name: &str, folder: &str, features: &[&str]) -> String {
    with(name, folder, features, "")
}

fn with(name: &str, folder: &str, features: &[&str], more: &str) -> String {
    let at = match checkout() {
        Some(root) => format!("path = {:?}", root.join(folder).display().to_string()),
        None => format!("version = \"={}\"", env!("CARGO_PKG_VERSION")),
    };
    let features = match features {
        [] => String::new(),
        features => format!(", features = {features:?}"),
    };
    format!("{name} = {{ {at}{features}{more} }}\n")
}
