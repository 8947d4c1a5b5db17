//! Wrong readings of random networks: each front refuses all that differ on the trace, and compares something wherever it
//! accepts.

#[path = "../../compiler/tests/wrong_reading/mod.rs"]
mod wrong_reading;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use recurve_compiler::files::Directory;
use recurve_compiler::golden::Work;
use recurve_compiler::{Config, compile};
use wrong_reading::{Reading, readings};

/// Networks whose readings the fronts in this process see; `RECURVE_PROOFS` says otherwise.
const NETWORKS: u64 = 150;
/// Networks whose readings the command sees.
const BY_COMMAND: u64 = 12;

fn networks() -> u64 {
    std::env::var("RECURVE_PROOFS").ok().and_then(|count| count.parse().ok()).unwrap_or(NETWORKS)
}

fn folder(test: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder");
    path
}

fn write(reading: &Reading, folder: &Path) {
    fs::write(folder.join("spec.yaml"), &reading.spec).expect("a file");
    for (name, bytes) in &reading.files.0 {
        fs::write(folder.join(name), bytes).expect("a file");
    }
}

fn recurve(folder: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_recurve")).args(arguments).current_dir(folder).output();
    output.expect("the command")
}

#[test]
fn compiling_refuses_every_reading_that_differs_on_the_trace() {
    let root = folder("proof_compile");
    let (mut refused, mut accepted) = (0, 0);
    for seed in 0..networks() {
        for reading in readings(seed) {
            let told =
                || format!("seed {seed}, {}: {:e}\n{}", reading.wrong, reading.difference, reading.spec);
            for work in [Work::QUICK, Work::All] {
                match compile(&reading.spec, &reading.files, work) {
                    Ok(compiled) => {
                        assert!(!reading.is_other(), "accepted: {}", told());
                        let golden = compiled.golden.expect("a comparison");
                        assert!(golden.outputs > 0 && golden.steps > 0, "nothing compared: {}", told());
                        accepted += 1;
                    }
                    Err(_) if reading.is_other() => refused += 1,
                    // A trace that does not move is no proof, whatever it agrees with.
                    Err(found) => {
                        let codes: Vec<&str> = found.iter().map(|finding| finding.code.id()).collect();
                        assert_eq!(codes, ["golden-constant"], "refused: {}", told());
                    }
                }
            }
            if seed % 8 == 0 {
                write(&reading, &root);
                let built = Config::new().out_dir(root.join("out")).compile(root.join("spec.yaml"));
                assert!(built.is_err() || !reading.is_other(), "a build script accepted: {}", told());
            }
        }
    }
    // It would prove nothing if all were the same network.
    assert!(refused > 4 * networks() && accepted > networks(), "{refused} refused, {accepted} accepted");
}

#[test]
fn check_and_new_refuse_every_reading_that_differs_on_the_trace() {
    let root = folder("proof_commands");
    let mut found_again = 0;
    for seed in 0..BY_COMMAND.min(networks()) {
        for (at, reading) in readings(seed).iter().enumerate() {
            let told =
                || format!("seed {seed}, {}: {:e}\n{}", reading.wrong, reading.difference, reading.spec);
            write(reading, &root);
            let checked = recurve(&root, &["check", "spec.yaml"]);
            assert!(!(checked.status.success() && reading.is_other()), "check accepted: {}", told());
            let to = format!("new_{seed}_{at}");
            let made = recurve(&root, &["new", "weights.safetensors", &to, "--golden", "golden.safetensors"]);
            if !made.status.success() {
                continue;
            }
            // It may have found the reading that is right.
            let text = fs::read_to_string(root.join(&to).join("model.yaml")).expect("a spec");
            let compiled = compile(&text, &Directory(root.join(&to)), Work::All);
            let golden = compiled.map(|compiled| compiled.golden).expect("what new writes compiles");
            assert!(golden.is_some_and(|golden| golden.outputs > 0 && golden.worst <= 1e-4), "{}", told());
            found_again += usize::from(reading.is_other());
        }
    }
    assert!(found_again > 0, "no reading was found by its trace");
}
