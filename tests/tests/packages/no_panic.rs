//! Models run where there is neither a panic, nor an allocator, nor the C library.
//!
//! The package `no_panic` is a program whose panic handler calls a function that nobody defines. It is
//! linked against nothing, so that it links only where no path leads to a panic, with the usual flags of a
//! release build.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::cargo::{cargo, messages, root};

/// The function that the panic handler of `no_panic` calls.
const PANIC: &str = "recurve_step_can_panic";

fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("no_panic")
}

fn build(features: &[&str]) -> Output {
    let arguments = [&["build", "--release", "--locked"], features].concat();
    cargo(&root().join("tests/no_panic"), &target(), &arguments)
}

/// In one test, since cargo builds one after the other anyway.
#[test]
#[cfg_attr(
    not(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu")),
    ignore = "the program starts as programs on x86-64 Linux do"
)]
fn models_need_no_panic_and_no_allocator() {
    let built = build(&[]);
    assert!(built.status.success(), "{}", messages(&built));
    let program = target().join("release/no_panic");
    let bytes = std::fs::read(&program).expect("the program");
    let has = |symbol: &str| bytes.windows(symbol.len()).any(|window| window == symbol.as_bytes());
    assert!(has("recurve") && has("memcpy"), "the program has no symbols to look at");
    for symbol in [PANIC, "panicking", "rust_alloc", "rdl_alloc", "malloc"] {
        assert!(!has(symbol), "the program has a symbol with `{symbol}`");
    }
    let run = Command::new(&program).status().expect("the program runs");
    assert!(run.success(), "{run}");

    let with_panic = build(&["--features", "panic"]);
    assert!(
        !with_panic.status.success() && messages(&with_panic).contains(PANIC),
        "{}",
        messages(&with_panic)
    );

    let with_heap = build(&["--features", "allocate"]);
    let said = messages(&with_heap);
    assert!(!with_heap.status.success() && said.contains("no global memory allocator"), "{said}");
}
