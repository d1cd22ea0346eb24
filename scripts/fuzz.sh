#!/usr/bin/env bash
# Runs every libFuzzer target for a time each, two at once, and stops at the first crash.
# usage: scripts/fuzz.sh [SECONDS] [name...]
#   SECONDS  for each target, 600 unless told
#   name     targets of tests/fuzz/CMakeLists.txt; all of them unless told
# New inputs gather in $TAU_FUZZ_CORPUS (default ~/.cache/tau-fuzz), outside the tree; the
# files in tests/fuzz/corpus/<name> are the seeds. Exit 1 names the crashing input.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

seconds=600
if [[ ${1:-} =~ ^[0-9]+$ ]]; then
    seconds=$1
    shift
fi
mapfile -t known < <(sed -nE 's/^tau_fuzz\(([a-z0-9_]+).*/\1/p' tests/fuzz/CMakeLists.txt | sort)
names=("$@")
[ $# -gt 0 ] || names=("${known[@]}")
for name in "${names[@]}"; do
    if [[ ! " ${known[*]} " == *" $name "* ]]; then
        echo "fuzz.sh: unknown target '$name'; use ${known[*]}" >&2
        exit 2
    fi
done

scratch=${TAU_FUZZ_CORPUS:-${XDG_CACHE_HOME:-$HOME/.cache}/tau-fuzz}
mkdir -p "$scratch"
scripts/deps.sh sanitize
scripts/build.sh fuzz "${names[@]/#/fuzz_}"

# Databases of fuzzers belong into memory: a disk would be most of their time.
[ -d /dev/shm ] && export TMPDIR=${TMPDIR:-/dev/shm}

run() { # name: the log ends up in $scratch/<name>.log, a crash in $scratch/<name>-crash-*
    local name=$1
    mkdir -p "$scratch/$name"
    exec "$root/build-fuzz/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 \
        -max_len=4096 -print_final_stats=1 -artifact_prefix="$scratch/$name-" \
        "$scratch/$name" "$root/tests/fuzz/corpus/$name" >"$scratch/$name.log" 2>&1
}

declare -A running=() # process id to name
cleanup() { [ ${#running[@]} -eq 0 ] || kill "${!running[@]}" 2>/dev/null || true; }
trap cleanup EXIT

finish_one() {
    local pid status=0 name
    wait -n -p pid "${!running[@]}" || status=$?
    name=${running[$pid]}
    unset "running[$pid]"
    if [ "$status" -ne 0 ]; then
        echo "fuzz.sh: $name failed; its input:" >&2
        grep -oE 'Test unit written to .*' "$scratch/$name.log" >&2 || true
        tail -n 60 "$scratch/$name.log" >&2
        exit 1
    fi
    printf '%-20s %s s, %s runs\n' "$name" "$seconds" \
        "$(sed -nE 's/^stat::number_of_executed_units: *//p' "$scratch/$name.log")"
}

for name in "${names[@]}"; do
    [ ${#running[@]} -lt 2 ] || finish_one
    run "$name" &
    running[$!]=$name
done
while [ ${#running[@]} -gt 0 ]; do
    finish_one
done
