#!/bin/sh
# Compares the default build with one for this very processor, run in turns.
# usage: native.sh [ROUNDS]
set -eu

cd "$(dirname "$0")"
rounds=${1:-7}
target=${CARGO_TARGET_DIR:-target}

CARGO_TARGET_DIR=$target cargo build --release --bin recurve-bench
CARGO_TARGET_DIR=$target/native RUSTFLAGS="-C target-cpu=native" \
    cargo build --release --bin recurve-bench

folder=$(mktemp -d)
results=$folder/results
trap 'rm -rf "$folder"' EXIT

# measure BUILD FOLDER
measure() {
    echo "round $round of $rounds: $1" >&2
    # A new copy lies in other pages of memory: where they lie decides how well the caches hold them.
    cp "$2/release/recurve-bench" "$folder/program"
    "$folder/program" --json --brief 2>/dev/null | awk -v build="$1" -v round="$round" -F '"' '
        function number(key,    rest) {
            rest = substr($0, index($0, "\"" key "\": ") + length(key) + 4)
            sub(/[,}].*/, "", rest)
            return rest
        }
        /"step_us"/ { print build "\t" $4 "\t" round "\t" number("step_us") "\t" number("fraction") }
    ' >>"$results"
    rm "$folder/program"
}

round=1
while [ "$round" -le "$rounds" ]; do
    if [ $((round % 2)) -eq 1 ]; then
        measure default "$target"
        measure native "$target/native"
    else
        measure native "$target/native"
        measure default "$target"
    fi
    round=$((round + 1))
done

awk -F '\t' '
    function median(values, build, model,    i, j, value, sorted) {
        for (i = 1; i <= rounds; i++) {
            value = values[build, model, i]
            for (j = i - 1; j >= 1 && sorted[j] > value; j--) sorted[j + 1] = sorted[j]
            sorted[j + 1] = value
        }
        return sorted[int((rounds + 1) / 2)]
    }
    !($2 in seen) { seen[$2] = 1; models[++count] = $2 }
    { us[$1, $2, $3] = $4 + 0; fraction[$1, $2, $3] = $5 + 0; if ($3 > rounds) rounds = $3 + 0 }
    END {
        format = "  %-15s  %12s  %11s  %17s  %16s  %13s\n"
        printf format, "model", "default us", "native us", "default read/step", "native read/step", "native gains"
        for (m = 1; m <= count; m++) {
            model = models[m]
            default = median(fraction, "default", model)
            native = median(fraction, "native", model)
            printf format, model, sprintf("%.3f", median(us, "default", model)), \
                sprintf("%.3f", median(us, "native", model)), sprintf("%.3f", default), \
                sprintf("%.3f", native), sprintf("%.1f %%", (native / default - 1) * 100)
        }
    }
' "$results"
