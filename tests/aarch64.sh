#!/usr/bin/env bash
# Runs the runtime's tests for AArch64 in an emulator, with its NEON kernels.
#
# With rustup: `rustup target add aarch64-unknown-linux-gnu`. Without, on Debian 12: `rustc-web` and
# `rust-web-src` (Rust 1.96, which builds its own standard library). Both need `gcc-aarch64-linux-gnu`,
# `libc6-dev-arm64-cross` and `qemu-user`.
set -euo pipefail
cd "$(dirname "$0")/.."

target=aarch64-unknown-linux-gnu
for tool in aarch64-linux-gnu-gcc qemu-aarch64; do
    command -v "$tool" >/dev/null || { echo "aarch64: skipped, there is no $tool"; exit 0; }
done
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu"

# The tests take longer to build than to run, but for the activations, which are built with optimisations as well.
export CARGO_PROFILE_DEV_DEBUG=0
arguments=(test -p recurve --no-default-features --target "$target")
tests() {
    RECURVE_STRIDE=9973 "$@" "${arguments[@]}" --release --test activation
    RECURVE_STRIDE=99991 "$@" "${arguments[@]}" --tests
}
if [ -d "$(rustc --print target-libdir --target "$target")" ]; then
    echo "aarch64: with the installed target"
    tests cargo
elif [ -x /usr/bin/rustc ] && [ -d /usr/lib/rustlib/src/rust/library ]; then
    echo "aarch64: with $(/usr/bin/rustc --version), which builds its own standard library"
    export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=target/aarch64
    tests cargo -Z build-std=std,panic_abort,test
else
    echo "aarch64: skipped, there is no standard library for $target"
fi
