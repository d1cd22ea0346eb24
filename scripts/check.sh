#!/usr/bin/env bash
# Checks what a compiler cannot: format, who may include what, file and function sizes.
set -uo pipefail
cd "$(dirname "$0")/.."

failures=0
fail() {
    printf 'check: %s\n' "$1" >&2
    failures=$((failures + 1))
}
sources() { git ls-files --cached --others --exclude-standard -- "$@" | grep -E '\.(cpp|hpp)$'; }

mapfile -t all < <(sources src plugins tools tests)
if ! unformatted=$(clang-format --dry-run -Werror "${all[@]}" 2>&1); then
    fail "format differs; run: clang-format -i <file>"
    printf '%s\n' "$unformatted" | grep -E 'error:' | cut -d: -f1 | sort -u >&2
fi

# One row a folder: what it may include from the project besides itself.
python3 scripts/check_layers.py || failures=$((failures + 1))
python3 scripts/check_functions.py "${all[@]}" || failures=$((failures + 1))

for file in "${all[@]}"; do
    lines=$(wc -l <"$file")
    [ "$lines" -le 600 ] || fail "$file has $lines lines; 600 is the limit"
done

forbid() { # pattern, message, paths...
    local pattern=$1 message=$2 hits
    shift 2
    hits=$(git grep -nE --untracked "$pattern" -- "$@") && fail "$message
$hits"
}
# (src/net has handles of its own, of OpenSSL; that it knows none of libtorrent's is a rule of the layers.)
forbid 'libtorrent/aux_/' 'libtorrent internals are out of bounds' src plugins tools tests
forbid 'native_handle\(\)' 'libtorrent internals are out of bounds' src plugins tools tests ':!src/net'
forbid 'getenv|argv' 'only tools read the environment and argv' src plugins ':!plugins/python'
forbid '(system|steady)_clock::now\(\)' 'logic receives now, only core/clock.cpp reads it' src plugins ':!src/core/clock.cpp'
forbid '\b(TODO|FIXME|XXX|HACK|GTEST_SKIP|DISABLED_)\b' 'finish it or remove it' src plugins tools tests

[ "$failures" -eq 0 ] && echo "check: ${#all[@]} files in order"
exit $((failures > 0))
