#!/usr/bin/env bash
# Installs what is missing, builds, and lets two keys talk on a private network
# of real DHT nodes. Without a terminal it ends after the conversation.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/deps.sh run
TAU_BUILD_TESTS=OFF scripts/build.sh default tau-node
once=()
[ -t 0 ] || once=(--once)
exec build/bin/tau-node lab "${once[@]}" "$@"
