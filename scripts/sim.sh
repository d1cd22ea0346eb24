#!/usr/bin/env bash
# Prints the table of gossip: a thousand devices in virtual time, then two nodes on real sockets
# with a round trip of 50 ms (docs/testing.md).
# usage: scripts/sim.sh [options of gossip_city]
#   scripts/sim.sh                       all scenarios with 1,000 devices, and real sockets
#   scripts/sim.sh --devices 200 apart   one of them, smaller
#   scripts/sim.sh sockets               real sockets alone
set -euo pipefail
cd "$(dirname "$0")/.."

simulate() {
    scripts/build.sh default gossip_city
    if [ -d /dev/shm ]; then # a thousand databases
        TMPDIR=/dev/shm build/tests/gossip_city "$@"
    else
        build/tests/gossip_city "$@"
    fi
}

with_real_sockets() {
    scripts/build.sh default message_bench
    build/bench/message_bench --messages 1 --far-messages 60 | awk '
        $2 == "far_message_shown" { at[$4] = $5 }
        END {
            if (at["failed"] != 0) exit 1
            printf "real sockets, RTT 50 ms, %d messages: composed to shown %.1f ms in the median, ", at["n"], at["p50_ms"]
            printf "p95 %.1f ms (aim 40 ms in the median)\n", at["p95_ms"]
        }'
}

if [ "$*" = sockets ]; then
    with_real_sockets
elif [ $# -gt 0 ]; then
    simulate "$@"
else
    simulate
    with_real_sockets
fi
