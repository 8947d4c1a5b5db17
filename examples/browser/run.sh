#!/usr/bin/env bash
# Builds the page, `target/digits.html`, and lets a browser draw on it.
#
# Needs `rustup target add wasm32-unknown-unknown`; for the test Chromium and chromedriver, on Debian 12 the packages
# `chromium` and `chromium-driver`.
set -euo pipefail
cd "$(dirname "$0")"

target=wasm32-unknown-unknown
[ -d "$(rustc --print target-libdir --target "$target")" ] ||
    { echo "browser: skipped, there is no standard library for $target"; exit 0; }

host=${CARGO_TARGET_DIR:-../../target}
mkdir -p target
# module NAME FLAGS: the module built with these flags, as `target/NAME.wasm`.
module() {
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=$2 \
        cargo build --locked --release --lib --target "$target" --target-dir "$host"
    cp "$host/$target/release/browser.wasm" "target/$1.wasm"
}
module simd128 "-C target-feature=+simd128"
module plain ""
cargo run --locked --target-dir "$host" --bin page -- \
    page.html target/simd128.wasm target/plain.wasm target/digits.html
echo "browser: wrote examples/browser/target/digits.html"

if command -v chromedriver >/dev/null; then
    PAGE=$PWD/target/digits.html cargo test --locked --target-dir "$host"
else
    echo "browser: skipped, there is no chromedriver to try the page with"
fi
