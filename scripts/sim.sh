#!/usr/bin/env bash
# Prints the table of the gossip simulation (docs/testing.md). usage: scripts/sim.sh [options of gossip_city]
#   scripts/sim.sh                       all scenarios with 1,000 devices
#   scripts/sim.sh --devices 200 apart   one of them, smaller
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh default gossip_city
[ -d /dev/shm ] && export TMPDIR=/dev/shm # a thousand databases
exec build/tests/gossip_city "$@"
