//! What a command writes: never over what it read, and over files of others only if that is asked for.
#![cfg(unix)]

#[allow(dead_code)]
mod files;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use files::Tensors;

const SPEC: &str = "recurve: 1\nname: Small\nweights: w.safetensors\nfit: FIT\ninput: {features: 4}\nlayers:\n  - rnn: \
                    {name: rnn, hidden_size: 6, compression: {low_rank: {rank: 2}}}\noutput: last\n";
const PLAIN: &str = "recurve: 1\nname: Small\nweights: w.safetensors\ninput: {features: 4}\nlayers:\n  - rnn: {name: rnn, \
                     hidden_size: 6}\noutput: last\n";

/// A folder with a small network whose spec names `fit`.
fn folder(test: &str, spec: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("outputs_{test}"));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder");
    let weights = Tensors::default().with("rnn.weight_ih_l0", &[6, 4]).with("rnn.weight_hh_l0", &[6, 6]);
    let weights = weights.with("rnn.bias_ih_l0", &[6]).with("rnn.bias_hh_l0", &[6]);
    weights.save(&path, "w");
    fs::write(path.join("m.yaml"), spec).expect("a spec");
    path
}

fn recurve(at: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_recurve"));
    command.args(arguments).current_dir(at).output().expect("the command")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Every file and its bytes.
fn content(at: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(at).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(content(&path));
        } else {
            let bytes = fs::read(&path).expect("a file");
            found.push((path, bytes));
        }
    }
    found.sort();
    found
}

fn refused(at: &Path, arguments: &[&str], why: &str) {
    let before = content(at);
    let output = recurve(at, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", said(&output));
    assert!(said(&output).contains(why), "{arguments:?}: {}", said(&output));
    assert!(before == content(at), "{arguments:?} has changed a file");
}

fn succeeds(at: &Path, arguments: &[&str]) {
    let output = recurve(at, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
}

#[test]
fn fit_never_overwrites_what_it_reads() {
    for (fit, what) in [
        ("w.safetensors", "the trained weights"),
        ("./w.safetensors", "the trained weights"),
        ("link", "the trained weights"),
        ("hard", "the trained weights"),
        ("m.yaml", "the spec itself"),
        ("d.safetensors", "`d.safetensors`"),
    ] {
        let at = folder("fit", &SPEC.replace("FIT", fit));
        symlink("w.safetensors", at.join("link")).expect("a link");
        fs::hard_link(at.join("w.safetensors"), at.join("hard")).expect("a link");
        Tensors::default().with("inputs", &[5, 4]).save(&at, "d");
        let arguments = ["fit", "m.yaml", "--force", "--evaluate", "d.safetensors"];
        refused(&at, &arguments, "error[fit-is-input]");
        let said = said(&recurve(&at, &arguments));
        assert!(said.contains(what) && said.contains("m.yaml:4:6"), "{fit}: {said}");
    }
    let at = folder("fit_golden", &SPEC.replace("FIT", "g.safetensors\ngolden: g.safetensors"));
    Tensors::default().with("inputs", &[5, 4]).with("outputs", &[1, 6]).save(&at, "g");
    refused(&at, &["fit", "m.yaml", "--force"], "`g.safetensors` is the golden trace");
    refused(&at, &["check", "m.yaml"], "`g.safetensors` is the golden trace");
}

#[test]
fn fit_replaces_its_own_file_and_others_by_force() {
    let at = folder("fit_others", &SPEC.replace("FIT", "fit.safetensors"));
    Tensors::default().with("other", &[3]).save(&at, "fit");
    refused(&at, &["fit", "m.yaml"], "`fit.safetensors` exists, and recurve did not write it");
    succeeds(&at, &["fit", "m.yaml", "--force"]);
    succeeds(&at, &["fit", "m.yaml"]);
    assert!(content(&at).iter().all(|(path, _)| !path.to_string_lossy().contains(".part")));
}

#[test]
fn expand_replaces_its_own_files_and_others_by_force() {
    let at = folder("expand", PLAIN);
    let expand = ["expand", "m.yaml", "--out-dir", "out"];
    succeeds(&at, &expand);
    succeeds(&at, &expand);
    fs::write(at.join("out/small.rs"), "// mine\n").expect("a file");
    refused(&at, &expand, "`out/small.rs` exists, and recurve did not write it");
    succeeds(&at, &["expand", "m.yaml", "--out-dir", "out", "--force"]);
    fs::remove_file(at.join("out/small.rs")).expect("removed");
    refused(&at, &expand, "`out/small.weights` exists, and recurve did not write it");
}

#[test]
fn expand_never_overwrites_the_weights_that_it_reads() {
    let at = folder("expand_weights", &PLAIN.replace("w.safetensors", "small.weights"));
    fs::rename(at.join("w.safetensors"), at.join("small.weights")).expect("renamed");
    refused(&at, &["expand", "m.yaml", "--out-dir", ".", "--force"], "this command reads it");
}

#[test]
fn a_crate_for_c_replaces_no_crate_of_others() {
    let at = folder("c_abi", PLAIN);
    let expand = ["expand", "m.yaml", "--c-abi", "--out-dir", "out"];
    fs::create_dir_all(at.join("out/src")).expect("a folder");
    for file in ["Cargo.toml", "src/lib.rs"] {
        fs::write(at.join("out").join(file), "# mine\n").expect("a file");
        refused(&at, &expand, &format!("`out/{file}` exists, and recurve did not write it"));
        fs::remove_file(at.join("out").join(file)).expect("removed");
    }
    succeeds(&at, &expand);
    succeeds(&at, &expand);
    fs::write(at.join("out/include/small.h"), "/* mine */\n").expect("a file");
    refused(&at, &expand, "`out/include/small.h` exists");
    succeeds(&at, &["expand", "m.yaml", "--c-abi", "--out-dir", "out", "--force"]);
}

#[test]
fn pages_and_descriptions_replace_their_own_only() {
    let at = folder("pages", PLAIN);
    refused(&at, &["report", "m.yaml", "--html", "m.yaml", "--force"], "this command reads it");
    refused(&at, &["report", "m.yaml", "--html", "w.safetensors", "--force"], "this command reads it");
    refused(
        &at,
        &["report", "m.yaml", "--html", "/dev/null", "--force"],
        "is not a file that can be written",
    );
    refused(&at, &["machine", "--out", "m.yaml"], "`m.yaml` exists, and recurve did not write it");
    fs::write(at.join("recurve-fit.1"), "mine").expect("a file");
    refused(&at, &["man", "."], "`./recurve-fit.1` exists, and recurve did not write it");
    for arguments in [&["report", "m.yaml", "--html", "r.html"][..], &["man", "man"]] {
        succeeds(&at, arguments);
        succeeds(&at, arguments);
    }
}

#[test]
fn a_link_to_an_output_stays_a_link() {
    let at = folder("link", PLAIN);
    succeeds(&at, &["report", "m.yaml", "--html", "r.html"]);
    symlink("r.html", at.join("link.html")).expect("a link");
    fs::write(at.join("r.html"), "<!-- Generated by recurve -->").expect("a file");
    succeeds(&at, &["report", "m.yaml", "--html", "link.html"]);
    assert!(at.join("link.html").is_symlink());
    assert!(fs::read_to_string(at.join("r.html")).expect("a page").contains("<svg"));
}
