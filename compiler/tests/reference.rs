//! The reference page and the JSON schema are what the code says.
//! `RECURVE_BLESS=1` writes them.

use recurve_compiler::spec;
use std::fs;
use std::path::Path;

fn check(path: &str, generated: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    if std::env::var_os("RECURVE_BLESS").is_some() {
        fs::write(&path, generated).expect("a writable file");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == generated, "{} is out of date: run the tests with RECURVE_BLESS=1", path.display());
}

#[test]
fn the_reference_page_is_current() {
    check("docs/spec.md", &spec::reference());
}

#[test]
fn the_schema_is_current() {
    check("specs/recurve.schema.json", &spec::schema());
}
