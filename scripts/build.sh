#!/usr/bin/env bash
# Builds the project. usage: scripts/build.sh [default|debug|asan|tsan|fuzz] [target...]
#   default  build/        RelWithDebInfo, programs in build/bin/
#   debug    build-debug/  no optimisation
#   asan     build-asan/   AddressSanitizer and UndefinedBehaviorSanitizer
#   tsan     build-tsan/   ThreadSanitizer
#   fuzz     build-fuzz/   libFuzzer targets (clang)
# TAU_BUILD_TESTS=OFF in the environment leaves the tests out, and what they need.
set -euo pipefail
cd "$(dirname "$0")/.."

kind=${1:-default}
[ $# -gt 0 ] && shift
dir=build-$kind
flags=()
case $kind in
    default) dir=build ;;
    debug) flags=(-DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O0 -g") ;;
    asan) flags=(-DTAU_SANITIZE=address -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O1 -g1") ;;
    tsan) flags=(-DTAU_SANITIZE=thread -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O1 -g1") ;;
    fuzz) flags=(-DTAU_SANITIZE=fuzzer -DCMAKE_CXX_COMPILER=clang++-19
                 -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O1 -g1") ;;
    *)
        echo "build.sh: unknown kind '$kind'; use default, debug, asan, tsan or fuzz" >&2
        exit 2
        ;;
esac

# Every clone of the same files on a machine shares what the cache holds.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

cmake -S . -B "$dir" -G Ninja -Wno-dev --log-level=WARNING \
    -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DTAU_BUILD_TESTS="${TAU_BUILD_TESTS:-ON}" \
    "${flags[@]}" >/dev/null
targets=()
[ $# -gt 0 ] && targets=(--target "$@")
cmake --build "$dir" "${targets[@]}"
