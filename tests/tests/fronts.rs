//! The macro and build scripts give the same code from the same core.

use std::path::{Path, PathBuf};
use std::{env, fs};

use proc_macro2::{Literal, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use recurve_compiler::files::Directory;
use recurve_compiler::golden::Work;
use recurve_compiler::{Compiled, Config, Options, compile};

/// Specs of every shape of code, relative to this package, and the names of the files made from them.
const SPECS: &[(&str, &str)] = &[
    ("../specs/digits/lstm.yaml", "digits_lstm"),
    ("../specs/digits/gru.yaml", "digits_gru"),
    ("../specs/digits/fastgrnn.yaml", "digits_fast_grnn"),
    ("traces/fastrnn_low_rank.yaml", "fastrnn_low_rank"),
    ("traces/gru_bidirectional_stacked_linear.yaml", "gru_bidirectional_stacked_linear"),
    ("traces/keras_gru_before.yaml", "keras_gru_before"),
    ("traces/keras_tokens_gru.yaml", "keras_tokens_gru"),
    ("traces/lstm_bidirectional_last.yaml", "lstm_bidirectional_last"),
    ("traces/lstm_residual.yaml", "lstm_residual"),
];

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the macro does with a spec, up to its weights expression.
fn compiled(spec: &str) -> Compiled {
    let path = package().join(spec);
    let text = fs::read_to_string(&path).expect("a spec");
    let folder = path.parent().expect("a folder").to_owned();
    compile(&text, &Directory(folder), Work::QUICK).expect("a spec that compiles")
}

fn options(spec: &str) -> Options {
    let crate_path = Some(quote!(::recurve));
    Options { visibility: quote!(pub), name: None, origin: format!("`{spec}`"), crate_path }
}

/// What a build script writes: the code and the weights.
fn written(spec: &str, stem: &str, out_dir: &str) -> (String, Vec<u8>) {
    let folder: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join(out_dir);
    Config::new().out_dir(&folder).compile(spec).expect("a spec that compiles");
    let code = fs::read_to_string(folder.join(format!("{stem}.rs"))).expect("the code");
    (code, fs::read(folder.join(format!("{stem}.weights"))).expect("the weights"))
}

/// The tokens with each literal of these bytes replaced, and how many there were.
fn without_literal(tokens: TokenStream, bytes: &Literal, replacement: &TokenStream) -> (TokenStream, usize) {
    let (mut result, mut count) = (TokenStream::new(), 0);
    for token in tokens {
        match token {
            TokenTree::Literal(literal) if literal.to_string() == bytes.to_string() => {
                result.extend(replacement.clone());
                count += 1;
            }
            TokenTree::Group(group) => {
                let (inside, found) = without_literal(group.stream(), bytes, replacement);
                result.extend([TokenTree::Group(proc_macro2::Group::new(group.delimiter(), inside))]);
                count += found;
            }
            token => result.extend([token]),
        }
    }
    (result, count)
}

/// The code in one layout, without comments.
fn formatted(code: &str) -> String {
    prettyplease::unparse(&syn::parse_str(code).expect("the code is Rust"))
}

#[test]
fn macro_and_build_script_differ_in_the_weights_expression_alone() {
    for (spec, stem) in SPECS {
        let compiled = compiled(spec);
        let literal = Literal::byte_string(compiled.plan.weights.bytes());
        let in_macro = compiled.code(&options(spec), &literal.to_token_stream());
        let file = format!("{stem}.weights");
        let include = quote!(::core::include_bytes!(#file));
        let (in_macro, count) = without_literal(in_macro, &literal, &include);
        assert_eq!(count, 1, "{spec}");

        let (code, weights) = written(spec, stem, "fronts");
        assert_eq!(weights, compiled.plan.weights.bytes(), "{spec}");
        assert_eq!(formatted(&code), formatted(&in_macro.to_string()), "{spec}");
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for (spec, stem) in SPECS {
        let first = written(spec, stem, "fronts_first");
        assert_eq!(first, written(spec, stem, "fronts_second"), "{spec}");
    }
}

#[test]
fn the_code_knows_nothing_of_the_machine() {
    for (spec, stem) in SPECS {
        let (code, _) = written(spec, stem, "fronts_paths");
        for path in [package().parent(), Some(Path::new(env!("CARGO_TARGET_TMPDIR")))].into_iter().flatten() {
            assert!(!code.contains(&path.display().to_string()), "{spec} has {}", path.display());
        }
    }
}
