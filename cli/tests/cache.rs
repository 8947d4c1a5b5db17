//! The private folder in which the command builds programs.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const SPEC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/traces/lstm_bidirectional.yaml");

/// A cargo that says its host, writes down how it was called, and compiles nothing.
const CARGO: &str = "#!/bin/sh
if [ \"$1\" = -vV ]; then echo 'host: here-none'; exit; fi
{ for word; do echo \"$word\"; done; echo \"flags $RUSTFLAGS\"; } > \"$0.called\"
exit 1
";

fn folder(test: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cache_{test}"));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder");
    path
}

fn recurve(at: &Path, cache: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_recurve"));
    command.args(arguments).current_dir(at).env("RECURVE_CACHE", cache);
    command
}

/// A cargo that compiles nothing; gives the lines that it was called with, by a command that runs it.
fn called(at: &Path, command: &mut Command) -> Vec<String> {
    let cargo = at.join("cargo.sh");
    fs::write(&cargo, CARGO).expect("a script");
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("a script");
    let output = command.env("CARGO", &cargo).output().expect("the command");
    let called = fs::read_to_string(at.join("cargo.sh.called"));
    called.unwrap_or_else(|_| panic!("{}", said(&output))).lines().map(str::to_owned).collect()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn refused(at: &Path, cache: &Path, why: &str) {
    let mut command = recurve(at, cache, &["verify", SPEC]);
    let output = command.env("CARGO", "/bin/false").output().expect("the command");
    let said = said(&output);
    assert!(said.contains("is not used") && said.contains(why) && said.contains("RECURVE_CACHE"), "{said}");
    assert!(fs::read_dir(cache).expect("a folder").next().is_none(), "something was written");
}

#[test]
fn a_folder_that_others_control_is_refused() {
    let at = folder("others");
    let open = at.join("open");
    fs::create_dir(&open).expect("a folder");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).expect("permissions");
    refused(&at, &open, "others can write to it (mode 777, expected 700)");

    let own = at.join("own");
    fs::create_dir(&own).expect("a folder");
    fs::set_permissions(&own, fs::Permissions::from_mode(0o700)).expect("permissions");
    symlink(&own, at.join("link")).expect("a link");
    refused(&at, &at.join("link"), "it is a symbolic link");

    let foreign = at.join("foreign");
    fs::create_dir(&foreign).expect("a folder");
    match chown(&foreign, Some(65_534), None) {
        Ok(()) => refused(&at, &foreign, "it belongs to the user 65534"),
        Err(_) => println!("skipped: only root can give a folder away"),
    }
}

#[test]
fn a_new_folder_is_private_and_a_readable_one_becomes_so() {
    let at = folder("mode");
    let cache = at.join("above/cache");
    let mode = || fs::metadata(&cache).expect("the folder").mode() & 0o777;
    called(&at, &mut recurve(&at, &cache, &["verify", SPEC]));
    assert_eq!(mode(), 0o700);
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o755)).expect("permissions");
    called(&at, &mut recurve(&at, &cache, &["verify", SPEC]));
    assert_eq!(mode(), 0o700);
}

#[test]
fn cargo_is_told_the_host_and_not_to_use_the_network() {
    let at = folder("flags");
    let cache = at.join("cache");
    let pair = |lines: &[String], a: &str, b: &str| lines.windows(2).any(|two| two[0] == a && two[1] == b);
    for arguments in
        [&["verify", SPEC, "--offline"][..], &["bench", SPEC, "--offline"], &["machine", "--offline"]]
    {
        let mut command = recurve(&at, &cache, arguments);
        let lines = called(&at, command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS"));
        assert!(lines.iter().any(|line| line == "--offline"), "{lines:?}");
        assert!(pair(&lines, "--target", "here-none"), "{lines:?}");
        assert!(pair(&lines, "--config", "target.here-none.rustflags=[\"--cap-lints=warn\"]"), "{lines:?}");
    }
    let mut command = recurve(&at, &cache, &["verify", SPEC]);
    let lines = called(&at, command.env("RUSTFLAGS", "-Dwarnings").env_remove("CARGO_ENCODED_RUSTFLAGS"));
    assert!(lines.iter().all(|line| line != "--offline"), "{lines:?}");
    assert!(lines.iter().any(|line| line == "flags -Dwarnings --cap-lints=warn"), "{lines:?}");
}

#[test]
fn a_users_configuration_breaks_no_program_and_no_file_beside_it_is_run() {
    let at = folder("configured");
    let cache = at.join("cache");
    fs::create_dir(at.join(".cargo")).expect("a folder");
    let configuration = "[build]\ntarget = \"thumbv7em-none-eabi\"\ntarget-dir = \"elsewhere\"\n\
                         rustflags = [\"-Dwarnings\", \"-Dunused-crate-dependencies\", \"-Dunreachable-pub\", \
                         \"-Dmissing-docs\"]\n";
    fs::write(at.join(".cargo/config.toml"), configuration).expect("a file");
    let verify = || {
        let output = recurve(&at, &cache, &["verify", SPEC])
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .output()
            .expect("the command");
        assert!(output.status.success(), "{}", said(&output));
    };
    verify();
    assert!(!at.join("elsewhere").exists());
    let package = fs::read_dir(cache.join("programs")).expect("programs").next().expect("one").expect("one");
    let build = "fn main() { std::fs::write(\"ran\", \"\").unwrap(); panic!(\"it ran\") }";
    fs::write(package.path().join("build.rs"), build).expect("a file");
    fs::create_dir_all(package.path().join("src/bin")).expect("a folder");
    fs::write(package.path().join("src/bin/more.rs"), "not Rust").expect("a file");
    fs::write(package.path().join("src/lib.rs"), "not Rust").expect("a file");
    verify();
    assert!(!package.path().join("ran").exists());
}

#[test]
fn two_runs_at_once_do_not_mix() {
    let at = folder("at_once");
    let cache = at.join("cache");
    let start = || recurve(&at, &cache, &["verify", SPEC]).spawn().expect("the command");
    let runs = [start(), start()];
    for mut run in runs {
        assert!(run.wait().expect("an end").success());
    }
}
