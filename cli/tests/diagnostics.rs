//! Every finding of the catalogue, as `recurve check` and a build script show it.

#[path = "../../compiler/tests/case/mod.rs"]
mod case;

use std::fs;
use std::path::Path;
use std::process::Command;

use case::Case;
use recurve_compiler::Config;

#[test]
fn findings_look_the_same_on_the_command_line_and_in_a_build_script() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("diagnostics");
    let _ = fs::remove_dir_all(&folder);
    let mut failed = Vec::new();
    for case in Case::all() {
        let name = case.0.file_name().expect("a name");
        let (found, _) = case.diagnose();
        let expected = case.read("expected.txt").expect("what is expected");
        let folder = folder.join(name);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("spec.yaml"), case.read("spec.yaml").expect("a spec")).expect("a file");
        let files = case.files().0;
        for (name, bytes) in &files {
            fs::write(folder.join(name), bytes).expect("a file");
        }
        // A case without files is about the spec alone, and what is missing is said as well.
        let expected: Vec<&str> = if files.is_empty() {
            expected.split("\n\n").filter(|part| !is_count(part)).map(str::trim_end).collect()
        } else {
            vec![expected.as_str()]
        };
        let shows = |said: &str| expected.iter().all(|part| said.contains(part));
        let checked = Command::new(env!("CARGO_BIN_EXE_recurve"))
            .args(["check", "spec.yaml"])
            .current_dir(&folder)
            .output()
            .expect("the command");
        let said = in_memory(&String::from_utf8(checked.stderr).expect("text"));
        let status = if found.has_errors() { 1 } else { 0 };
        // `recurve check` compares the whole trace.
        let is_other = case.is_quick();
        if !is_other && (!shows(&said) || !files.is_empty() && checked.status.code() != Some(status)) {
            failed.push(format!("{name:?}, recurve check:\n{said}"));
        }
        if !found.has_errors() {
            continue;
        }
        let spec = folder.join("spec.yaml");
        let config = Config::new().out_dir(folder.join("out"));
        let config = if case.is_quick() { config } else { config.check_whole_trace() };
        let built = config.compile(&spec);
        let said = built.expect_err("errors").to_string().replace(&spec.display().to_string(), "spec.yaml");
        let said = in_memory(&said);
        if !shows(&said) {
            failed.push(format!("{name:?}, a build script:\n{said}"));
        }
        assert!(!folder.join("out").exists(), "{name:?}: half of the output was written");
    }
    assert!(failed.is_empty(), "{} differ:\n{}", failed.len(), failed.join("\n"));
}

/// The words of files in memory for what the system says of one that is not there.
fn in_memory(said: &str) -> String {
    said.replace("No such file or directory (os error 2)", "no such file")
}

/// `3 errors`, at the end.
fn is_count(part: &str) -> bool {
    part.trim().split(' ').next().is_some_and(|word| word.parse::<usize>().is_ok())
}
