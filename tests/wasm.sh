#!/usr/bin/env bash
# Runs the runtime's tests as WebAssembly, with its kernels for simd128.
#
# Needs `rustup target add wasm32-wasip1` and Node.js from version 20 on.
set -euo pipefail
cd "$(dirname "$0")/.."

target=wasm32-wasip1
command -v node >/dev/null || { echo "wasm: skipped, there is no node"; exit 0; }
node --no-warnings -e 'import("node:wasi").then(({ WASI }) => new WASI({ version: "preview1" }))' 2>/dev/null ||
    { echo "wasm: skipped, this node has no WASI"; exit 0; }
[ -d "$(rustc --print target-libdir --target "$target")" ] ||
    { echo "wasm: skipped, there is no standard library for $target"; exit 0; }

export CARGO_TARGET_WASM32_WASIP1_RUNNER="node --no-warnings $PWD/tests/wasi.mjs"
export CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS="-C target-feature=+simd128"
# The tests take longer to build than to run, but for the activations, which are built with optimisations as well.
export CARGO_PROFILE_DEV_DEBUG=0
arguments=(test -p recurve --no-default-features --target "$target")
cargo "${arguments[@]}" --release --test activation
RECURVE_STRIDE=99991 cargo "${arguments[@]}" --tests
