#!/bin/sh
# Counts the bytes that step by step and a run of the same steps move between the last level of cache and memory.
# usage: traffic.sh [LAST_LEVEL_BYTES]
#
# Needs valgrind, whose cachegrind simulates a cache of that size, 16 ways and lines of 64 bytes, without prefetching.
set -eu

cd "$(dirname "$0")"
cache=${1:-8388608}
target=${CARGO_TARGET_DIR:-target}
if ! command -v valgrind >/dev/null; then
    echo "traffic.sh needs valgrind" >&2
    exit 1
fi
CARGO_TARGET_DIR=$target cargo build --release --bin traffic

# misses MODEL WAY: lines that were not in the last level of cache; the program's own words stand before.
misses() {
    valgrind --tool=cachegrind --cache-sim=yes --LL="$cache,16,64" --cachegrind-out-file=/dev/null \
        "$target/release/traffic" "$1" "$2" 2>&1 |
        awk '/^[0-9]/ { said = $0 } /LL misses:/ { gsub(",", ""); print said, $4 }'
}

echo "  a last level of $cache bytes; DRE: data reuse efficiency, the bytes that have to move over those that do"
format="  %-12s  %6s  %10s  %12s  %12s  %9s  %9s  %9s\n"
# shellcheck disable=SC2059
printf "$format" "model" "steps" "once MB" "by steps MB" "in a run MB" "run/steps" "DRE steps" "DRE run"
for model in kws har stack wide large large_int8; do
    # shellcheck disable=SC2046
    set -- $(misses $model rest) $(misses $model steps) $(misses $model run)
    awk -v model=$model -v steps="$1" -v once="$2" -v rest="$3" -v stepwise="$6" -v run="$9" 'BEGIN {
        stepwise = (stepwise - rest) * 64
        run = (run - rest) * 64
        printf "  %-12s  %6d  %10.2f  %12.2f  %12.2f  %9.3f  %9.3f  %9.3f\n", model, steps, once / 1e6, \
            stepwise / 1e6, run / 1e6, run / stepwise, once / stepwise, once / run
    }'
done
