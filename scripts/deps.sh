#!/usr/bin/env bash
# Installs the Debian packages the project needs, and only those that are missing.
# usage: scripts/deps.sh [run|test|bench|sanitize]   each kind adds to the one before
set -euo pipefail

run_packages=(
    g++ cmake ninja-build ccache pkg-config ca-certificates git
    libtorrent-rasterbar-dev libboost-dev libboost-system-dev libssl-dev libsodium-dev
    libsecp256k1-dev libsqlite3-dev
    libcli11-dev libspdlog-dev libfmt-dev nlohmann-json3-dev libtomlplusplus-dev
    libqrencode-dev libedit-dev prometheus-cpp-dev libhiredis-dev
)
test_packages=(
    libgtest-dev librapidcheck-dev libcrypto++-dev clang-format
    python3 python3-libtorrent python3-networkx nodejs npm curl openssl
    iproute2 nftables procps tmux sqlite3 redis-server redis-tools
    aria2 transmission-daemon transmission-cli qbittorrent-nox deluged deluge-console systemd
    chromium chromium-driver python3-selenium fonts-dejavu-core
)
bench_packages=(libbenchmark-dev libopendht-dev opentracker)
sanitize_packages=(clang-19 libclang-rt-19-dev llvm-19)

kind=${1:-run}
case $kind in
    run) wanted=("${run_packages[@]}") ;;
    test) wanted=("${run_packages[@]}" "${test_packages[@]}") ;;
    bench) wanted=("${run_packages[@]}" "${test_packages[@]}" "${bench_packages[@]}") ;;
    sanitize)
        wanted=("${run_packages[@]}" "${test_packages[@]}" "${sanitize_packages[@]}")
        ;;
    *)
        echo "deps.sh: unknown kind '$kind'; use run, test, bench or sanitize" >&2
        exit 2
        ;;
esac

installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q '^install ok installed$'; }

missing=()
for package in "${wanted[@]}"; do
    # A node or npm that came from elsewhere serves as well as Debian's.
    case $package in
        nodejs) command -v node >/dev/null && continue ;;
        npm) command -v npm >/dev/null && continue ;;
    esac
    installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "deps.sh: not root and no sudo; install these packages yourself: ${missing[*]}" >&2
        exit 1
    }
    as_root=(sudo)
fi
echo "installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
