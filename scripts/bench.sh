#!/usr/bin/env bash
# Measures Tau beside its peers and prints a table with the ratio to each in the same run.
# usage: scripts/bench.sh [--quick] [dht] [messenger] [tracker] [overlay]
#   --quick  few iterations: shows that everything runs, not how fast it is
# DHT and messenger benchmarks run in network namespaces of their own (root), where
# 10.77.0.0/16 is local, so that OpenDHT's nodes can have an address each; nothing leaves
# the machine. docs/benchmarks.md says what is measured how.
set -euo pipefail
cd "$(dirname "$0")/.."

gets=(--gets 200 --lossy-gets 2000 --dead-gets 20)
puts=(--puts 40 --stock-puts 10)
rates=(--items 3000 --gets 3000 --seconds 10)
opendht=(--gets 200 --lossy-gets 2000)
messages=(--messages 300)
files=(--files 40)
stock_files=(--stock-files 1)
large_files=(--rounds 5)
idle=(--settle 300 --seconds 120)
tracker_graph=()
tracker_store=()
tracker_load=()
tracker_front_ends=()
forward=()
failover=()
sealed=()
topic=()
wanted=()
for word in "$@"; do
    case $word in
        --quick)
            gets=(--nodes 30 --gets 10 --lossy-gets 100 --dead-gets 3)
            puts=(--puts 3)
            rates=(--nodes 30 --items 300 --gets 300 --seconds 2)
            opendht=(--nodes 24 --gets 10 --lossy-gets 50)
            messages=(--messages 10 --far-messages 10)
            files=(--nodes 60 --files 2)
            stock_files=(--nodes 60 --stock-files 1 --stock-bytes 16384)
            large_files=(--rounds 1 --bytes 16777216)
            idle=(--settle 10 --seconds 10)
            tracker_graph=(10000 50000 1000)
            tracker_store=(10000 50000 10000)
            tracker_load=(--rounds 1 --seconds 1)
            tracker_front_ends=(--rate 2000 --seconds 2 --samples 20)
            forward=(--singles 50 --messages 2000)
            failover=(--rounds 1 --messages 200 --seconds 2)
            sealed=(--messages 500 --talk 200)
            topic=(--members 40 --posts 3)
            ;;
        dht | messenger | tracker | overlay) wanted+=("$word") ;;
        *)
            echo "bench.sh: unknown word '$word'; use --quick, dht, messenger, tracker, overlay" >&2
            exit 2
            ;;
    esac
done
[ ${#wanted[@]} -gt 0 ] || wanted=(dht messenger tracker overlay)

results=$(mktemp)
folder=$(mktemp -d)
slow=()
space=taubench$$
clean_up() {
    for process in "${slow[@]}"; do
        kill "$process" 2>/dev/null || true
    done
    ip netns del "$space" 2>/dev/null || true
    rm -rf "$results" "$folder"
}
trap clean_up EXIT

declare -A programs=(
    [dht]="get_bench put_bench rate_bench opendht_bench"
    [messenger]="tau-node message_bench attachment_bench file_bench plain_nodes"
    [tracker]="tau-tracker graph_bench signed_bench store_bench udp_load http_load null_server"
    [overlay]="forward_bench failover_bench sealed_bench topic_bench"
)

# make_space: the namespace that inside() runs commands in.
make_space() {
    [ ! -e "/run/netns/$space" ] || return 0
    ip netns add "$space"
    ip -n "$space" link set lo up
    ip -n "$space" route add local 10.77.0.0/16 dev lo
    ip -n "$space" route add default dev lo # libtorrent wants a route to the internet
}
inside() { ip netns exec "$space" "$@"; }

bench_dht() {
    make_space
    {
        inside build/bench/rate_bench "${rates[@]}"
        inside build/bench/get_bench "${gets[@]}"
        inside build/bench/put_bench "${puts[@]}"
        inside build/bench/opendht_bench "${opendht[@]}"
    } | tee -a "$results" >&2
}

bench_messenger() {
    make_space
    {
        inside build/bench/message_bench "${messages[@]}"
        inside build/bench/attachment_bench "${files[@]}" --stock-files 0
        inside build/bench/file_bench "${large_files[@]}"
    } | tee -a "$results" >&2
}

# What waits most of its time, and costs next to no processor, runs beside the rest.
start_slow_ones() {
    make_space
    python3 tests/bench/messenger/idle.py build "${idle[@]}" >"$folder/idle" &
    slow+=($!)
    inside build/bench/attachment_bench --files 0 "${stock_files[@]}" >"$folder/stock" &
    slow+=($!)
}

finish_slow_ones() {
    local failed=0
    for process in "${slow[@]}"; do
        wait "$process" || failed=1
    done
    slow=()
    cat "$folder/idle" "$folder/stock" | tee -a "$results" >&2
    return $failed
}

bench_tracker() {
    {
        python3 tests/bench/tracker/run.py build "${tracker_load[@]}"
        build/bench/signed_bench
        build/bench/graph_bench "${tracker_graph[@]}"
        build/bench/store_bench "$folder" "${tracker_store[@]}"
    } | tee -a "$results" >&2
    python3 tests/bench/tracker/front_ends.py build "${tracker_front_ends[@]}" >&2
}

bench_overlay() {
    {
        build/bench/forward_bench "${forward[@]}"
        build/bench/failover_bench "${failover[@]}"
        build/bench/sealed_bench "${sealed[@]}"
        build/bench/topic_bench "${topic[@]}"
        build/bench/topic_bench "${topic[@]}" --utp 1
    } | tee -a "$results" >&2
}

scripts/deps.sh bench
targets=()
for part in "${wanted[@]}"; do
    read -ra more <<<"${programs[$part]}"
    targets+=("${more[@]}")
done
scripts/build.sh default "${targets[@]}" >&2
begun=$SECONDS
if [[ " ${wanted[*]} " == *" messenger "* ]]; then
    start_slow_ones
fi
for part in "${wanted[@]}"; do
    "bench_$part"
done
if [ ${#slow[@]} -gt 0 ]; then
    finish_slow_ones
fi
if [ -s "$results" ]; then
    echo
    echo "load average: $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) cores," \
        "$((SECONDS - begun)) s for everything"
    python3 tests/bench/table.py <"$results"
fi
