#!/bin/sh
# Compiles the network of specs/har_skipping/window.yaml for C, and a program with it; the program reads inputs.
# usage: run.sh < INPUTS, or run.sh FOLDER to build it there and run nothing
#
# Needs a C compiler, `CC` or else `cc`; further flags for it in `CFLAGS`.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
out=${1:-${CARGO_TARGET_DIR:-$root/target}/c}
recurve=${RECURVE:-}
if [ -n "$recurve" ]; then
    "$recurve" expand "$root/specs/har_skipping/window.yaml" --c-abi --out-dir "$out/model"
else
    cargo run --quiet --release --manifest-path "$root/Cargo.toml" -p recurve-cli -- \
        expand "$root/specs/har_skipping/window.yaml" --c-abi --out-dir "$out/model"
fi
cargo build --quiet --release --manifest-path "$out/model/Cargo.toml" --target-dir "$out/target"
# shellcheck disable=SC2086
"${CC:-cc}" -std=c11 -O2 -Wall -Wextra -Werror -pedantic ${CFLAGS:-} -I "$out/model/include" \
    -o "$out/activity" "$here/main.c" "$out/target/release/libhar_skipping_window.a"
[ $# -gt 0 ] || "$out/activity"
