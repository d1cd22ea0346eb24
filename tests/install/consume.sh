#!/usr/bin/env bash
# Installs the plugin set from a build folder and builds a client against it as an
# embedder would: once with find_package(tau), once with pkg-config.
# usage: consume.sh BUILD_DIR [COMPILER_FLAG...]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$1
shift
export CXXFLAGS="$*"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/root" --component plugin_set >/dev/null
mv "$work/root" "$work/moved" # an installed tree may be moved

cmake -S "$here/consumer" -B "$work/consumer" -G Ninja \
    -DCMAKE_PREFIX_PATH="$work/moved" -DCMAKE_BUILD_TYPE=RelWithDebInfo >/dev/null
cmake --build "$work/consumer" >/dev/null
"$work/consumer/consumer"

PKG_CONFIG_PATH=$(dirname "$(find "$work/moved" -name tau.pc)")
export PKG_CONFIG_PATH
read -ra compile <<<"$(pkg-config --cflags tau)"
read -ra link <<<"$(pkg-config --libs tau)"
c++ "$@" "${compile[@]}" "$here/consumer/main.cpp" -o "$work/by_pkg_config" "${link[@]}"
"$work/by_pkg_config"
