//! Commands that are killed, whose output cannot be written, or that fail late.
#![cfg(unix)]

#[allow(dead_code)]
mod files;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use files::Tensors;

const SPEC: &str = "recurve: 1\nname: Small\nweights: WEIGHTS\ninput: {features: 4}\nlayers:\n  - rnn: {name: rnn, \
                    hidden_size: 6}\noutput: last\n";

fn folder(test: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("interrupted_{test}"));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder");
    let weights = Tensors::default().with("rnn.weight_ih_l0", &[6, 4]).with("rnn.weight_hh_l0", &[6, 6]);
    let weights = weights.with("rnn.bias_ih_l0", &[6]).with("rnn.bias_hh_l0", &[6]);
    weights.save(&path, "a");
    weights.changed("rnn.bias_hh_l0", |bias| bias.iter().map(|x| x + 1.0).collect()).save(&path, "b");
    for name in ["a", "b"] {
        let spec = SPEC.replace("WEIGHTS", &format!("{name}.safetensors"));
        fs::write(path.join(format!("{name}.yaml")), &spec).expect("a spec");
        let fitted = spec.replace("hidden_size: 6", "hidden_size: 6, compression: {low_rank: {rank: 2}}");
        let fitted = fitted.replace("input:", "fit: fit.safetensors\ninput:");
        fs::write(path.join(format!("{name}_fit.yaml")), fitted).expect("a spec");
    }
    path
}

fn recurve(at: &Path, arguments: &[impl AsRef<OsStr>]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_recurve"));
    command.args(arguments).current_dir(at);
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Files below a folder but unfinished ones, whose names no other command takes for anything.
fn content(at: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(at).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if name.as_bytes().ends_with(b".part") {
            continue;
        }
        if path.is_dir() {
            found.extend(content(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).expect("a file"));
        }
    }
    found
}

#[test]
fn killed_commands_leave_whole_files_of_one_model() {
    let kills: u64 = std::env::var("RECURVE_KILLS").map_or(60, |kills| kills.parse().expect("a number"));
    let at = folder("killed");
    let out = at.join("out");
    let commands: [&[&str]; 5] = [
        &["expand", "X.yaml", "--out-dir", "out"],
        &["expand", "X.yaml", "--c-abi", "--out-dir", "out"],
        &["new", "X.safetensors", "out", "--name", "Small"],
        &["report", "X.yaml", "--html", "out/r.html"],
        &["man", "out"],
    ];
    let of = |words: &[&str], name: &str| -> Vec<String> {
        words.iter().map(|word| word.replace('X', name)).collect()
    };
    let mut seed = kills;
    for words in commands {
        let is_new = words[0] == "new";
        let mut whole = Vec::new();
        let mut lasts = Duration::ZERO;
        for name in ["a", "b"] {
            let _ = fs::remove_dir_all(&out);
            if words[0] == "report" {
                fs::create_dir(&out).expect("a folder");
            }
            let start = Instant::now();
            let output = recurve(&at, &of(words, name)).output().expect("the command");
            assert!(output.status.success(), "{words:?}: {}", said(&output));
            lasts = start.elapsed();
            whole.push(content(&out));
        }
        for kill in 0..kills / 5 {
            if is_new {
                let _ = fs::remove_dir_all(&out);
            }
            let name = ["a", "b"][usize::from(kill % 2 == 1)];
            let quiet = || Stdio::null();
            let mut run = recurve(&at, &of(words, name));
            let mut run = run.stdout(quiet()).stderr(quiet()).spawn().expect("the command");
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let part = (seed >> 40) as f64 / 16_777_216.0;
            std::thread::sleep(lasts.mul_f64(1.1 * part));
            let _ = run.kill();
            run.wait().expect("an end");
            let found = content(&out);
            let is_stub = |bytes: &[u8]| bytes.windows(14).any(|window| window == b"compile_error!");
            for (path, bytes) in &found {
                let is_whole = whole.iter().any(|whole| whole.get(path) == Some(bytes));
                let is_lock = path.ends_with(".unfinished");
                assert!(is_whole || is_stub(bytes) || is_lock, "{words:?}: half of {}", path.display());
            }
            let code = found.iter().find(|(path, _)| path.ends_with("small.rs"));
            if let Some((path, code)) = code.filter(|(_, code)| !is_stub(code)) {
                let weights = path.with_extension("weights");
                let is_of_one = whole
                    .iter()
                    .any(|whole| whole.get(path) == Some(code) && whole.get(&weights) == found.get(&weights));
                assert!(is_of_one, "{words:?}: code and weights of two models");
            }
            let is_crate = !is_new || found.is_empty() || found.len() >= whole[0].len();
            assert!(is_crate, "half a crate: {:?}", found.keys());
        }
        if is_new {
            let _ = fs::remove_dir_all(&out);
        }
        let output = recurve(&at, &of(words, "a")).output().expect("the command");
        assert!(output.status.success(), "{words:?}: {}", said(&output));
        assert!(content(&out) == whole[0], "{words:?}: not what one run writes");
    }
    let left = fs::read_dir(&at).expect("a folder").flatten();
    assert!(left.into_iter().all(|entry| !entry.file_name().as_bytes().ends_with(b".part")), "unfinished");
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let at = folder("full");
    let Ok(_) = File::options().write(true).open("/dev/full") else {
        println!("skipped: there is no /dev/full");
        return;
    };
    for arguments in [
        &["check", "a.yaml"][..],
        &["check", "a.yaml", "--json"],
        &["expand", "a.yaml"],
        &["report", "a.yaml"],
        &["fit", "a_fit.yaml"],
        &["new", "a.safetensors", "crate"],
        &["schema"],
        &["completions", "bash"],
        &["man"],
        &["--help"],
        &["--version"],
    ] {
        let full = || File::options().write(true).open("/dev/full").expect("a device");
        let output = recurve(&at, arguments).stdout(full()).output().expect("the command");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains("error: cannot write to standard output"), "{}", said(&output));
        let status = recurve(&at, arguments).stdout(full()).stderr(full()).status().expect("the command");
        assert!(status.code().is_some_and(|code| code <= 2), "{arguments:?}: {status}");
    }
}

#[test]
fn names_are_printed_without_what_terminals_obey() {
    let at = folder("escapes");
    let name = "a\u{1b}[2J\u{9b}1m.yaml";
    for text in ["recurve: 2\n", &SPEC.replace("WEIGHTS", "a.safetensors")] {
        fs::write(at.join(name), text).expect("a spec");
        for arguments in
            [&["check", name][..], &["check", name, "--json"], &["fit", name], &["check", "\u{1b}x"]]
        {
            let output = recurve(&at, arguments).output().expect("the command");
            let all = said(&output) + &String::from_utf8_lossy(&output.stdout);
            assert!(!all.contains(['\u{1b}', '\u{9b}']), "{all:?}");
        }
    }
}

#[test]
fn paths_need_not_be_text() {
    let at = folder("bytes");
    Tensors::default().with("inputs", &[5, 4]).save(&at, "d");
    let odd = OsStr::from_bytes(b"d\xff.safetensors");
    if fs::rename(at.join("d.safetensors"), at.join(odd)).is_err() {
        println!("skipped: names are text here");
        return;
    }
    let spec = OsStr::from_bytes(b"a\xff.yaml");
    fs::rename(at.join("a_fit.yaml"), at.join(spec)).expect("renamed");
    let output = recurve(&at, &[OsStr::new("fit"), spec, OsStr::new("--evaluate"), odd]).output();
    let output = output.expect("the command");
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn a_size_changes_nothing_where_the_data_is_wrong() {
    let at = folder("size");
    let text = fs::read_to_string(at.join("a_fit.yaml")).expect("a spec").replace("rank: 2", "ratio: 2");
    fs::write(at.join("a_fit.yaml"), &text).expect("a spec");
    let run = |data: &str| {
        let arguments = ["fit", "a_fit.yaml", "--size", "300", "--evaluate", data];
        recurve(&at, &arguments).output().expect("the command")
    };
    assert_eq!(run("missing.safetensors").status.code(), Some(1));
    assert_eq!(fs::read_to_string(at.join("a_fit.yaml")).expect("a spec"), text);
    Tensors::default().with("inputs", &[5, 4]).save(&at, "d");
    let output = run("d.safetensors");
    assert!(output.status.success(), "{}", said(&output));
    assert_ne!(fs::read_to_string(at.join("a_fit.yaml")).expect("a spec"), text);
}
