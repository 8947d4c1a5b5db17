#!/bin/sh
# Fuzzes each target for a few seconds: smoke.sh [seconds] [target..]
set -eu
cd "$(dirname "$0")"
seconds=${1:-10}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- spec weights golden fit

flags="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
flags="$flags -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
flags="$flags -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"
host=$(rustc +nightly -vV | sed -n 's/^host: //p')
target_dir=${CARGO_TARGET_DIR:-target}
# A target of its own keeps the flags away from build scripts and macros.
RUSTFLAGS="$flags" CARGO_TARGET_DIR="$target_dir" \
    cargo +nightly build --release --locked --target "$host" --bins

for target in "$@"; do
    echo "== $target, ${seconds} s"
    mkdir -p "corpus/$target" "artifacts/$target"
    case $target in spec) more=../diagnostics ;; *) more= ;; esac
    log="artifacts/$target/log"
    "$target_dir/$host/release/$target" "corpus/$target" "seeds/$target" $more \
        -max_total_time="$seconds" -rss_limit_mb=512 -timeout=5 -max_len=4096 \
        -artifact_prefix="artifacts/$target/" >"$log" 2>&1 || { tail -n 40 "$log"; exit 1; }
    tail -n 1 "$log"
done
