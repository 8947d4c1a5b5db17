#!/usr/bin/env bash
# Builds the programs for a Cortex-M4F and a Cortex-M3, runs them in an emulator, and compares what they say with this
# machine.
#
# With rustup: `rustup target add thumbv7em-none-eabihf thumbv7m-none-eabi`. Without, on Debian 12: `rustc-web` and
# `rust-web-src` (Rust 1.96, which builds its own `core`), and `gcc-arm-none-eabi` to link with. Both need
# `qemu-system-arm`.
set -euo pipefail
cd "$(dirname "$0")"

command -v qemu-system-arm >/dev/null || { echo "cortex_m4f: skipped, there is no qemu-system-arm"; exit 0; }

host=${CARGO_TARGET_DIR:-$PWD/../../target}

# build TARGET PROGRAMS..: for one of the two processors.
build() {
    local target=$1
    shift
    local arguments=(build --locked --release --features firmware --target "$target" --target-dir "$host" "$@")
    if [ -d "$(rustc --print target-libdir --target "$target")" ]; then
        echo "cortex_m4f: with the installed target $target"
        cargo "${arguments[@]}"
    elif [ -x /usr/bin/rustc ] && [ -d /usr/lib/rustlib/src/rust/library ] && command -v arm-none-eabi-ld >/dev/null; then
        echo "cortex_m4f: $target with $(/usr/bin/rustc --version), which builds its own core, and arm-none-eabi-ld"
        CARGO_TARGET_THUMBV7EM_NONE_EABIHF_LINKER=arm-none-eabi-ld CARGO_TARGET_THUMBV7M_NONE_EABI_LINKER=arm-none-eabi-ld \
            RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 cargo -Z build-std=core "${arguments[@]}"
    else
        echo "cortex_m4f: skipped, there is no \`core\` for $target"
    fi
}

# Where a processor's programs are, if they could be built.
firmware() {
    [ ! -d "$host/$1/release" ] || echo "$host/$1/release"
}

rm -rf "$host"/thumb*/release
build thumbv7em-none-eabihf --bins
build thumbv7m-none-eabi --bin lstm --bin gru --bin fastgrnn --bin lstm_int16x8 --bin gru_int16x8 --bin fastgrnn_int16x8
FIRMWARE=$(firmware thumbv7em-none-eabihf) FIRMWARE_M3=$(firmware thumbv7m-none-eabi) \
    cargo test --locked --target-dir "$host" -- --nocapture
