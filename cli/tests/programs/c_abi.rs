//! C programs with compiled models in them.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use safetensors::SafeTensors;

use crate::folder;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

recurve::rnn_model!("../specs/har_skipping/window.yaml");

pub(crate) fn compiler() -> Option<String> {
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let found = Command::new(&compiler).arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        println!("skipped: there is no C compiler `{compiler}`; set `CC`");
    }
    found.then_some(compiler)
}

pub(crate) fn succeeds(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The numbers of the inputs of a golden trace.
fn inputs(path: &str) -> Vec<f32> {
    let bytes = fs::read(Path::new(ROOT).join(path)).expect("a trace");
    let file = SafeTensors::deserialize(&bytes).expect("tensors");
    let data = file.tensor("inputs").expect("inputs").data().to_vec();
    data.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

/// What `printf("%a")` wrote.
fn hexadecimal(word: &str) -> f64 {
    let (sign, word) = word.strip_prefix('-').map_or((1.0, word), |word| (-1.0, word));
    let (digits, exponent) = word.trim_start_matches("0x").split_once('p').expect("a power");
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let number = u64::from_str_radix(&format!("{whole}{fraction}"), 16).expect("digits");
    let exponent: i32 = exponent.parse().expect("an exponent");
    let size = i32::try_from(fraction.len()).expect("few digits");
    sign * number as f64 * 2.0_f64.powi(exponent - 4 * size)
}

#[test]
fn c_gives_the_bits_that_rust_gives() {
    let Some(compiler) = compiler() else {
        return;
    };
    let folder = folder("c_abi");
    let numbers = inputs("specs/har_skipping/window.golden.safetensors");
    let numbers = &numbers[..HarSkippingWindow::INPUT_SIZE * 64];
    let mut model = HarSkippingWindow::new();
    let mut expected = Vec::new();
    for (step, input) in numbers.as_chunks().0.iter().enumerate() {
        if step > 0 && step % 16 == 0 {
            model.set_budget(model.budget() / 2);
        }
        expected.push(model.step(input).map(f32::to_bits).to_vec());
    }
    for flags in ["", "-g -fsanitize=address,undefined -fno-sanitize-recover"] {
        let mut build = Command::new(Path::new(ROOT).join("examples/c/run.sh"));
        let build = build.arg(&folder).env("RECURVE", env!("CARGO_BIN_EXE_recurve")).env("CC", &compiler);
        let built = build.env("CFLAGS", flags).output().expect("the script");
        let said = String::from_utf8_lossy(&built.stderr);
        if !built.status.success() && (said.contains("lasan") || said.contains("lubsan")) {
            println!("skipped: this C compiler has no sanitizers");
            continue;
        }
        assert!(built.status.success(), "{said}");
        let mut program = Command::new(folder.join("activity"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program");
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        program.stdin.take().expect("a pipe").write_all(&bytes).expect("a reader");
        let output = program.wait_with_output().expect("an end");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let stats = model.stats();
        let counted = format!("{} of {} steps were executed", stats.updates, stats.steps);
        assert!(said.contains(&counted), "{said}, expected {counted}");
        let printed = String::from_utf8(output.stdout).expect("text");
        let of_line = |line: &str| -> Vec<u32> {
            line.split(' ').map(|word| (hexadecimal(word) as f32).to_bits()).collect()
        };
        assert_eq!(printed.lines().map(of_line).collect::<Vec<_>>(), expected, "{flags}");
    }
}

/// A program that hands null pointers to every function that takes them.
const NULLS: &str = r#"
#include <assert.h>
#include "HEADER.h"

int main(void) {
    float numbers[4] = {0};
    (void)numbers;
    CALLS
    return 0;
}
"#;

#[test]
fn every_kind_of_model_has_a_header_that_c_and_cpp_take() {
    let Some(compiler) = compiler() else {
        return;
    };
    let folder = folder("c_abi_kinds");
    for (spec, stem, model, calls) in [
        (
            "tests/traces/tokens_lstm.yaml",
            "tokens_lstm",
            "TokensLstm",
            "assert(!NAME_step(0, 1)); NAME_reset(0);",
        ),
        (
            "tests/traces/lstm_bidirectional.yaml",
            "lstm_bidirectional",
            "LstmBidirectional",
            "assert(NAME_run_into(0, numbers, numbers, 1) == -1);",
        ),
        (
            "tests/traces/lstm_bidirectional_last.yaml",
            "lstm_bidirectional_last",
            "LstmBidirectionalLast",
            "static MODEL m; NAME_init(&m); assert(!NAME_run(&m, 0, 1)); assert(NAME_run(&m, numbers, 0));",
        ),
        (
            "tests/traces/concat.yaml",
            "concat",
            "Concat",
            "assert(!NAME_run(0, 0, 1)); assert(NAME_steps(0) == 0);",
        ),
        (
            "tests/traces/dual_lstm_budget.yaml",
            "dual_lstm_budget",
            "DualLstmBudget",
            "NAME_set_insensitive_ratio(0, 0.5f); assert(NAME_rows(0) == 0 && NAME_rows_read(0) == 0);",
        ),
        (
            "tests/traces/predictor_mlp.yaml",
            "predictor_mlp",
            "PredictorMlp",
            "static MODEL m; NAME_init(&m); NAME_init(0); NAME_set_threshold(&m, 0.25f); assert(NAME_threshold(&m) == 0.25f);",
        ),
    ] {
        let package = folder.join(stem);
        let spec = Path::new(ROOT).join(spec);
        let mut expand = Command::new(env!("CARGO_BIN_EXE_recurve"));
        succeeds(expand.arg("expand").arg(spec).arg("--c-abi").arg("--out-dir").arg(&package));
        let target = folder.join("target");
        let mut build = Command::new(env!("CARGO"));
        let build = build.args(["build", "--quiet"]).arg("--manifest-path").arg(package.join("Cargo.toml"));
        // Its dependencies are built already, and warnings count.
        succeeds(build.arg("--target-dir").arg(&target).env("RUSTFLAGS", "-D warnings"));
        let text = NULLS.replace("HEADER", stem).replace("CALLS", calls);
        let text = text.replace("NAME", stem).replace("MODEL", model);
        for (language, standard) in [("c", "-std=c99"), ("c++", "-std=c++11")] {
            let source = folder.join(format!("{stem}.{language}"));
            fs::write(&source, &text).expect("a source");
            let program = folder.join(format!("{stem}_{}", language.len()));
            let mut build = Command::new(&compiler);
            build.args(["-x", language, standard, "-Wall", "-Wextra", "-Werror", "-pedantic", "-I"]);
            build.arg(package.join("include")).arg("-o").arg(&program).arg(&source).args(["-x", "none"]);
            let built =
                build.arg(target.join(format!("debug/lib{stem}.a"))).arg("-lm").output().expect("a compiler");
            let said = String::from_utf8_lossy(&built.stderr);
            if language == "c++" && (said.contains("cc1plus") || said.contains("not found")) {
                println!("skipped: there is no C++ compiler");
                continue;
            }
            assert!(built.status.success(), "{stem}, {language}: {said}");
            succeeds(&mut Command::new(program));
        }
    }
}
