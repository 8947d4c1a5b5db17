#!/usr/bin/env bash
# Builds the programs for a Cortex-M4F, runs them in an emulator, and compares what they say with this machine.
#
# With rustup: `rustup target add thumbv7em-none-eabihf`. Without, on Debian 12: `rustc-web` and `rust-web-src` (Rust 1.96,
# which builds its own `core`), and `gcc-arm-none-eabi` to link with. Both need `qemu-system-arm`.
set -euo pipefail
cd "$(dirname "$0")"

target=thumbv7em-none-eabihf
command -v qemu-system-arm >/dev/null || { echo "cortex_m4f: skipped, there is no qemu-system-arm"; exit 0; }

arguments=(build --locked --release --bins --features firmware --target "$target" --target-dir target)
if [ -d "$(rustc --print target-libdir --target "$target")" ]; then
    echo "cortex_m4f: with the installed target"
    cargo "${arguments[@]}"
elif [ -x /usr/bin/rustc ] && [ -d /usr/lib/rustlib/src/rust/library ] && command -v arm-none-eabi-ld >/dev/null; then
    echo "cortex_m4f: with $(/usr/bin/rustc --version), which builds its own core, and arm-none-eabi-ld"
    CARGO_TARGET_THUMBV7EM_NONE_EABIHF_LINKER=arm-none-eabi-ld RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
        cargo -Z build-std=core "${arguments[@]}"
else
    echo "cortex_m4f: skipped, there is no \`core\` for $target"
    exit 0
fi
FIRMWARE=$PWD/target/$target/release \
    cargo test --locked --target-dir "${CARGO_TARGET_DIR:-../../target}" -- --nocapture
