#!/usr/bin/env bash
# Installs what is missing, builds, checks the layout and passes all tests.
# usage: scripts/test.sh [--sanitize] [-- ctest arguments...]
#   --sanitize  the whole suite under ASan and UBSan, what has threads under TSan
set -euo pipefail
cd "$(dirname "$0")/.."

jobs=$(nproc)
sanitize=
if [ "${1:-}" = --sanitize ]; then
    sanitize=yes
    shift
fi
# ctest passes over words that it does not know, so none reaches it by mistake.
if [ $# -gt 0 ] && [ "$1" != -- ]; then
    echo "test.sh: unknown word '$1'; use --sanitize, or -- before arguments of ctest" >&2
    exit 2
fi
[ $# -eq 0 ] || shift

if [ -n "$sanitize" ]; then
    scripts/deps.sh sanitize
    tests/interop/install.sh
    scripts/build.sh asan
    ctest --test-dir build-asan --output-on-failure -j "$jobs" "$@"
    scripts/build.sh tsan
    ctest --test-dir build-tsan --output-on-failure -j "$jobs" -L 'unit|sim' "$@"
    ctest --test-dir build-tsan --output-on-failure -j "$jobs" -R '^GuestMode' "$@"
    exit 0
fi

scripts/deps.sh test
tests/interop/install.sh
scripts/check.sh
scripts/build.sh default
ctest --test-dir build --output-on-failure -j "$jobs" "$@"
