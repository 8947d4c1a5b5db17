//! What a user of the macro sees who makes a mistake. `TRYBUILD=overwrite` writes what rustc says now.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The compiler whose words are expected.
const RUSTC: &str = "rustc 1.95.";

/// Copies a spec and its files to where the macro looks for them: the package that trybuild makes.
fn copy(spec: &str, from: &str) {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    let folder = target.join("tests/trybuild/recurve-tests/specs");
    fs::create_dir_all(&folder).expect("a folder");
    for end in ["yaml", "safetensors", "golden.safetensors"] {
        let file = format!("{spec}.{end}");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(from).join(&file);
        fs::copy(source, folder.join(file)).expect("a copy");
    }
}

#[test]
fn mistakes_are_explained() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().expect("rustc runs").stdout;
    let version = String::from_utf8_lossy(&version);
    if !version.starts_with(RUSTC) {
        eprintln!("skipped: the expected texts are those of {RUSTC}x, and this is {version}");
        return;
    }
    copy("lstm", "../specs/digits");
    copy("lstm_bidirectional_last", "traces");
    trybuild::TestCases::new().compile_fail("compile_fail/*.rs");
}
