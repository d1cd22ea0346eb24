#!/usr/bin/env bash
# Measures Tau beside its peers and prints a table with the ratio to each in the same run.
# usage: scripts/bench.sh [--quick] [dht] [tracker]
#   --quick  few iterations: shows that everything runs, not how fast it is
# The DHT benchmarks run in a network namespace of their own (root), where 10.77.0.0/16
# is local, so that OpenDHT's nodes can have an address each; nothing leaves the machine.
set -euo pipefail
cd "$(dirname "$0")/.."

gets=(--gets 200 --lossy-gets 2000 --dead-gets 20)
puts=(--puts 40)
rates=(--items 3000 --gets 3000 --seconds 10)
opendht=(--gets 200 --lossy-gets 2000)
tracker_graph=()
tracker_load=()
wanted=()
for word in "$@"; do
    case $word in
        --quick)
            gets=(--nodes 30 --gets 10 --lossy-gets 100 --dead-gets 3)
            puts=(--puts 3)
            rates=(--nodes 30 --items 300 --gets 300 --seconds 2)
            opendht=(--nodes 24 --gets 10 --lossy-gets 50)
            tracker_graph=(10000 50000 1000)
            tracker_load=(--rounds 1 --seconds 1)
            ;;
        dht | tracker) wanted+=("$word") ;;
        *)
            echo "bench.sh: unknown word '$word'; use --quick, dht, tracker" >&2
            exit 2
            ;;
    esac
done
[ ${#wanted[@]} -gt 0 ] || wanted=(dht tracker)

bench_dht() {
    scripts/build.sh default get_bench put_bench rate_bench opendht_bench
    local space=taubench$$ results
    results=$(mktemp)
    ip netns add "$space"
    trap 'ip netns del '"$space"'; rm -f '"$results" EXIT
    ip -n "$space" link set lo up
    ip -n "$space" route add local 10.77.0.0/16 dev lo
    ip -n "$space" route add default dev lo # libtorrent wants a route to the internet
    local inside=(ip netns exec "$space")
    {
        "${inside[@]}" build/bench/rate_bench "${rates[@]}"
        "${inside[@]}" build/bench/get_bench "${gets[@]}"
        "${inside[@]}" build/bench/put_bench "${puts[@]}"
        "${inside[@]}" build/bench/opendht_bench "${opendht[@]}"
    } | tee "$results" >&2
    echo
    echo "load average: $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) cores"
    python3 tests/bench/table.py <"$results"
}

bench_tracker() {
    scripts/build.sh default graph_bench signed_bench udp_load tau-tracker
    build/bench/graph_bench "${tracker_graph[@]}"
    build/bench/signed_bench
    python3 tests/bench/tracker/run.py build "${tracker_load[@]}"
}

scripts/deps.sh bench
for part in "${wanted[@]}"; do
    "bench_$part"
done
