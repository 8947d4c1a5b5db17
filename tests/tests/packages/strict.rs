//! The generated code compiles in any crate: without a prelude, with other things under the names that it uses, under
//! forbidden lints, with the runtime under another name, and in the macro of another crate.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cargo::{Package, cargo, dependency, messages, root};
use recurve_compiler::Config;
use safetensors::tensor::{Dtype, TensorView};

/// Models of every kind, by their specs in this package, and the names of their files.
const MODELS: &[(&str, &str)] = &[
    ("traces/lstm_residual.yaml", "lstm_residual"),
    ("traces/lstm_projected.yaml", "lstm_projected"),
    ("traces/lstm_kp.yaml", "lstm_kp"),
    ("traces/gru_before_hmd.yaml", "gru_before_hmd"),
    ("traces/fastgrnn_low_rank.yaml", "fastgrnn_low_rank"),
    ("traces/keras_tokens_gru.yaml", "keras_tokens_gru"),
    ("traces/gru_bidirectional_stacked_linear.yaml", "gru_bidirectional_stacked_linear"),
    ("traces/lstm_projected_bidirectional_last.yaml", "lstm_projected_bidirectional_last"),
    ("traces/window_lstm_stack.yaml", "window_lstm_stack"),
    ("traces/thr_rnn_gru.yaml", "thr_rnn_gru"),
    ("traces/predictor_mlp.yaml", "predictor_mlp"),
    ("traces/predictor_forest.yaml", "predictor_forest"),
    ("traces/stop_tokens.yaml", "stop_tokens"),
    ("traces/concat.yaml", "concat"),
    ("traces/dual_lstm_int8.yaml", "dual_lstm_int8"),
    ("traces/dual_lstm_bidirectional.yaml", "dual_lstm_bidirectional"),
    ("traces/dual_softmax.yaml", "dual_softmax"),
    ("../specs/digits/gru_int16x8.yaml", "digits_gru_int16x8"),
];

/// A model without a recurrent layer.
const LINEAR: &str = "recurve: 1
name: Linear
weights: linear.safetensors
input: {features: 3}
layers:
  - linear: {name: fc, units: 2}
output: every
";

/// What a crate can ask of all of its code, and nobody can allow again. Models that a program does not use, or uses in
/// part, are no dead code of its author's.
const LINTS: &str = "#![no_implicit_prelude]
#![forbid(warnings, future_incompatible, keyword_idents, let_underscore, nonstandard_style, rust_2018_idioms, unused)]
#![forbid(absolute_paths_not_starting_with_crate, dead_code, elided_lifetimes_in_paths, explicit_outlives_requirements)]
#![forbid(macro_use_extern_crate, meta_variable_misuse, missing_debug_implementations, missing_docs, non_ascii_idents)]
#![forbid(redundant_imports, redundant_lifetimes, single_use_lifetimes, trivial_casts, trivial_numeric_casts)]
#![forbid(unnameable_types, unsafe_code, unused_extern_crates, unused_import_braces, unused_imports, unused_lifetimes)]
#![forbid(unused_qualifications, unused_results, variant_size_differences)]
//! Models.
";

/// Macros and items under names that generated code has in mind for others; the types are the user's own business.
const SHADOWS: &str = "
macro_rules! assert { () => {}; } assert! {}
macro_rules! compile_error { () => {}; } compile_error! {}
macro_rules! concat { () => {}; } concat! {}
macro_rules! env { () => {}; } env! {}
macro_rules! include { () => {}; } include! {}
macro_rules! include_bytes { () => {}; } include_bytes! {}

/// Names.
pub mod names {
    macro_rules! types { ($($name:ident)*) => { $(/// A type.\n #[derive(::core::fmt::Debug)] pub struct $name;)* } }
    types! { Some None Ok Err Option Result Default Clone Debug Copy Iterator IntoIterator Ord PhantomData Vec Box String }
    macro_rules! modules { ($($name:ident)*) => { $(/// A module.\n pub mod $name {})* } }
    modules! { activation cell core dual_module fixed generated layer matrix policy prelude recurve simd std }
    modules! { f32 u8 u16 u32 u64 usize i8 i16 i32 bool }
}
";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("strict")
}

fn specs() -> Vec<(PathBuf, &'static str)> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    MODELS.iter().map(|(spec, stem)| (package.join(spec), *stem)).collect()
}

/// The names in scope of a module, as a user would bring them there.
const NAMES: &str = "pub use crate::names::{Some, None, Ok, Err, Option, Result, Default, Clone, Debug, Copy, Iterator};
    pub use crate::names::{IntoIterator, Ord, PhantomData, Vec, Box, String, f32, u8, u16, u32, u64, usize, i8, i16};
    pub use crate::names::{i32, bool, activation, cell, core, dual_module, fixed, generated, layer, matrix, policy};
    pub use crate::names::{prelude, recurve, simd, std};";

/// A crate with every model by both fronts, and a program that uses next to none of its models.
fn strict() -> Package {
    let renamed = dependency("rc", "runtime", "package = \"recurve\"");
    let compiler = dependency("recurve-compiler", "compiler", "");
    let package = Package::new(
        &folder(),
        "strict",
        &format!("[dependencies]\n{renamed}\n[build-dependencies]\n{compiler}"),
        &[("linear.yaml", LINEAR)],
    );
    let view = |shape: &[usize]| TensorView::new(Dtype::F32, shape.to_vec(), &[0; 24]).expect("a tensor");
    let weights = safetensors::serialize([("fc.weight", view(&[2, 3]))], None).expect("a file");
    package.write("linear.safetensors", &weights);

    let specs = specs();
    let mut specs: Vec<(&str, &str)> =
        specs.iter().map(|(spec, stem)| (spec.to_str().expect("a path"), *stem)).collect();
    specs.push(("linear.yaml", "linear"));
    let paths: Vec<&str> = specs.iter().map(|(spec, _)| *spec).collect();
    let build = format!(
        "fn main() -> Result<(), recurve_compiler::Error> {{
            for spec in {paths:?} {{
                recurve_compiler::Config::new().compile(spec)?;
            }}
            let private = recurve_compiler::Config::new().name(\"Private\").visibility(\"\");
            private.file_name(\"mine\").compile(\"linear.yaml\")
        }}"
    );
    package.write("build.rs", build.as_bytes());

    let included: String =
        specs.iter().map(|(_, stem)| format!("    ::rc::include_model!(\"{stem}\");\n")).collect();
    let compiled: String = (0..)
        .zip(&specs)
        .map(|(at, (spec, _))| format!("    ::rc::rnn_model!(pub struct M{at} = {spec:?});\n"))
        .collect();
    let library = format!(
        "{LINTS}{SHADOWS}\n/// By a build script.\npub mod included {{\n    {NAMES}\n{included}}}\n\n/// By the \
         macro.\npub mod compiled {{\n    {NAMES}\n{compiled}}}\n"
    );
    package.write("src/lib.rs", library.as_bytes());
    let program = format!(
        "#![forbid(warnings, dead_code)]\nmod models {{\n{included}    ::rc::include_model!(\"mine\");\n}}\n\nfn main() {{\n    \
         recurve_in_function();\n}}\n\nfn recurve_in_function() {{\n    rc::rnn_model!(struct Inner = \"linear.yaml\");\n    \
         let _ = Inner::new().step(&[0.0; 3]);\n    let _ = models::WindowLstmStack::new();\n}}\n"
    );
    package.write("src/main.rs", program.as_bytes());
    package
}

#[test]
fn generated_code_compiles_in_strict_crates_of_every_edition() {
    let package = strict();
    let manifest = fs::read_to_string(package.folder.join("Cargo.toml")).expect("a manifest");
    for edition in ["2018", "2021", "2024"] {
        let changed =
            manifest.replace("edition = \"2024\"", &format!("edition = \"{edition}\"\nresolver = \"2\""));
        package.write("Cargo.toml", changed.as_bytes());
        let output = cargo(&package.folder, &folder().join("target"), &["check", "--offline"]);
        assert!(output.status.success(), "edition {edition}\n{}", messages(&output));
    }
}

#[test]
fn another_crate_can_wrap_the_macro() {
    let wrapping = Package::new(
        &folder(),
        "wrapping",
        &format!("[dependencies]\n{}", dependency("rc", "runtime", "package = \"recurve\"")),
        &[(
            "src/lib.rs",
            "#[doc(hidden)]\npub use rc as hidden;\n\n#[macro_export]\nmacro_rules! model {\n    ($name:ident, $spec:literal) \
             => {\n        $crate::hidden::rnn_model!(pub struct $name = $spec);\n    };\n}\n",
        )],
    );
    let spec = root().join("specs/digits/lstm.yaml").canonicalize().expect("a spec");
    let package = Package::new(
        &folder(),
        "wrapped",
        &format!("[dependencies]\nwrapping = {{ path = {:?} }}", wrapping.folder),
        &[("src/lib.rs", &format!("wrapping::model!(Digits, {spec:?});\n"))],
    );
    let output = cargo(&package.folder, &folder().join("target"), &["check", "--offline"]);
    assert!(output.status.success(), "{}", messages(&output));
}

#[test]
fn code_of_another_version_says_both_versions() {
    let recurve = dependency("recurve", "runtime", "default-features = false");
    let package = Package::new(&folder(), "versions", &format!("[dependencies]\n{recurve}"), &[]);
    let source = package.folder.join("src");
    let spec = root().join("specs/digits/lstm.yaml").canonicalize().expect("a spec");
    Config::new().file_name("lib").out_dir(&source).compile(spec).expect("a spec that compiles");
    let code = fs::read_to_string(source.join("lib.rs")).expect("the code");
    // Another version has other functions.
    let other = code.replace(concat!("\"", env!("CARGO_PKG_VERSION"), "\""), "\"0.0.9\"");
    let other = other.replace("cell::step(", "cell::older_step(");
    assert_ne!(code, other);
    package.write("src/lib.rs", other.as_bytes());
    let output = cargo(&package.folder, &folder().join("target"), &["check", "--offline"]);
    let said = messages(&output);
    let expected = concat!(
        "error: this code was generated by recurve-compiler 0.0.9, and the crate `recurve` is version ",
        env!("CARGO_PKG_VERSION")
    );
    assert!(!output.status.success() && said.contains(expected), "{said}");
}
