//! What `Config` does for several specs of one build script.

use std::fs;
use std::path::{Path, PathBuf};

use recurve_compiler::Config;

fn folder(test: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&path);
    path
}

const LSTM: &str = "../specs/digits/lstm.yaml";
const GRU: &str = "../specs/digits/gru.yaml";

#[test]
fn the_second_spec_of_one_name_is_an_error_that_names_both() {
    for (one, other) in [("Digits", "Digits"), ("DIGITS", "Digits"), ("DigitsModel", "Digits_model")] {
        let folder = folder(&format!("one_name_{one}_{other}"));
        let config = Config::new().out_dir(&folder);
        config.clone().name(one).compile(LSTM).expect("the first spec");
        let refused = config.name(other).compile(GRU).expect_err("the second spec").to_string();
        assert!(refused.contains(&format!("`{LSTM}` and `{GRU}`")), "{refused}");
        assert!(refused.contains("Config::new().file_name(\"digits_"), "{refused}");
        let files = fs::read_dir(&folder).expect("a folder").count();
        assert_eq!(files, 2, "the first spec's files are alone");
    }
}

#[test]
fn a_file_name_of_its_own_keeps_both() {
    let folder = folder("file_names");
    let config = Config::new().out_dir(&folder).name("Digits");
    config.compile(LSTM).expect("the first spec");
    config.clone().file_name("front_digits").compile(GRU).expect("the second spec");
    let code = |stem: &str| fs::read_to_string(folder.join(format!("{stem}.rs"))).expect("the code");
    assert!(code("digits").contains("cell::Lstm") && code("digits").contains("\"digits.weights\""));
    assert!(
        code("front_digits").contains("cell::Gru")
            && code("front_digits").contains("\"front_digits.weights\"")
    );
    for wrong in ["", "a/b", "..", "front_digits.rs", "a\"b"] {
        let refused = config.clone().file_name(wrong).compile(GRU).expect_err("no file name");
        assert!(refused.to_string().contains("cannot be the name of the generated files"), "{refused}");
    }
}

#[test]
fn a_spec_can_be_compiled_again() {
    let config = Config::new().out_dir(folder("again"));
    config.compile(LSTM).expect("a spec");
    config.compile(LSTM).expect("the same spec");
}
