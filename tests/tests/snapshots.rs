//! The generated code, as a build script writes it.
//! `INSTA_UPDATE=always` accepts what it is now.

use std::fs;
use std::path::Path;

use recurve_compiler::Config;

/// The code for the spec at `path`, relative to this package.
fn code(path: &str, stem: &str) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("snapshots");
    Config::new().out_dir(&folder).compile(path).expect("a spec that compiles");
    let code = fs::read_to_string(folder.join(format!("{stem}.rs"))).expect("the code");
    let version = concat!("by recurve ", env!("CARGO_PKG_VERSION"));
    assert!(code.contains(version), "the code does not say which version made it");
    let called = concat!("generated_by!(\"", env!("CARGO_PKG_VERSION"));
    assert!(code.contains(called), "the code does not ask which version it is compiled with");
    code.replace(version, "by recurve VERSION").replace(called, "generated_by!(\"VERSION")
}

macro_rules! snapshots {
    ($($stem:ident: $path:literal)*) => {
        $(
            #[test]
            fn $stem() {
                let stem = stringify!($stem);
                insta::assert_snapshot!(stem, code($path, stem));
            }
        )*
    };
}

snapshots! {
    digits_lstm: "../specs/digits/lstm.yaml"
    dual_gru: "traces/dual_gru.yaml"
    dual_lstm_bidirectional: "traces/dual_lstm_bidirectional.yaml"
    dual_softmax: "traces/dual_softmax.yaml"
    fastgrnn_low_rank: "traces/fastgrnn_low_rank.yaml"
    gru_bidirectional_stacked_linear: "traces/gru_bidirectional_stacked_linear.yaml"
    keras_gru_before: "traces/keras_gru_before.yaml"
    gru_before_hmd: "traces/gru_before_hmd.yaml"
    keras_tokens_gru: "traces/keras_tokens_gru.yaml"
    lstm_bidirectional_last: "traces/lstm_bidirectional_last.yaml"
    lstm_kp: "traces/lstm_kp.yaml"
    lstm_residual: "traces/lstm_residual.yaml"
    predictor_tokens: "traces/predictor_tokens.yaml"
    window_lstm_stack: "traces/window_lstm_stack.yaml"
}
