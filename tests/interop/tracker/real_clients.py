#!/usr/bin/env python3
"""Ordinary clients find each other through the real tracker and move a file.

A stock libtorrent seeds a private torrent, so that only the tracker can introduce
anybody; aria2, transmission and another libtorrent fetch it, over HTTP and UDP. All
of it runs in a network namespace of its own, where each has an address.

usage: real_clients.py TAU_TRACKER   (root, or where user namespaces are allowed)
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

import libtorrent

SIZE = 3_000_000
PATIENCE_S = 60
TRACKER, SEEDER = "10.77.0.1", "10.77.0.2"


def enter_namespace() -> None:
    if os.environ.get("TAU_IN_NAMESPACE"):
        return
    os.environ["TAU_IN_NAMESPACE"] = "1"
    flags = ["-n"] if os.geteuid() == 0 else ["-rn"]
    os.execvp("unshare", ["unshare", *flags, sys.executable, *sys.argv])


def prepare_network() -> None:
    for command in ("ip link set lo up", "ip route add local 10.77.0.0/16 dev lo",
                    "ip route add default dev lo"):
        subprocess.run(command.split(), check=True)


def start_tracker(program: str):
    process = subprocess.Popen(
        [program, "--udp", f"{TRACKER}:6969", "--http", f"{TRACKER}:6969", "--admin",
         "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in process.stdout:
        if line == "ready\n":
            return process
    raise SystemExit("the tracker did not start")


def make_torrent(folder: pathlib.Path, scheme: str) -> pathlib.Path:
    content = folder / "seed" / f"content-{scheme}"
    content.parent.mkdir(exist_ok=True)
    content.write_bytes(os.urandom(SIZE))
    files = libtorrent.file_storage()
    libtorrent.add_files(files, str(content))
    torrent = libtorrent.create_torrent(files, flags=libtorrent.create_torrent.v1_only)
    torrent.set_priv(True)
    torrent.add_tracker(f"{scheme}://{TRACKER}:6969/announce")
    libtorrent.set_piece_hashes(torrent, str(content.parent))
    file = folder / f"{scheme}.torrent"
    file.write_bytes(libtorrent.bencode(torrent.generate()))
    return file


def session(address: str) -> libtorrent.session:
    return libtorrent.session({
        "listen_interfaces": f"{address}:7000", "outgoing_interfaces": address,
        "enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
        "allow_multiple_connections_per_ip": True})


def add(to: libtorrent.session, torrent: pathlib.Path, folder: pathlib.Path):
    return to.add_torrent({"ti": libtorrent.torrent_info(str(torrent)), "save_path": str(folder)})


def wait(what: str, done) -> None:
    end = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > end:
            raise SystemExit(f"{what}: nothing within {PATIENCE_S} s")
        time.sleep(0.1)


def is_known(handle) -> bool:
    """Whether the tracker counts the torrent's seeder."""
    url = f"http://{TRACKER}:6969/scrape?info_hash={handle.info_hash()}"
    with urllib.request.urlopen(url, timeout=5) as answer:
        return b"8:completei1e" in answer.read()


def fetch_libtorrent(torrent: pathlib.Path, folder: pathlib.Path, address: str) -> None:
    # A process of its own: libtorrent shares BEP 15 connection ids between sessions
    # of one process, although they hold for one address.
    subprocess.run([sys.executable, __file__, "--fetch", torrent, folder, address], check=True)


def fetch_in_this_process(torrent: str, folder: str, address: str) -> None:
    fetcher = session(address)
    handle = add(fetcher, pathlib.Path(torrent), pathlib.Path(folder))
    wait("libtorrent", lambda: handle.status().is_seeding)


def fetch_aria2(torrent: pathlib.Path, folder: pathlib.Path, address: str) -> None:
    # aria2 speaks to UDP trackers by its DHT's socket; a private torrent uses no DHT.
    subprocess.run(
        ["aria2c", f"--interface={address}", "--dht-listen-port=7001",
         f"--dht-file-path={folder}/dht", "--bt-enable-lpd=false",
         "--enable-peer-exchange=false", "--seed-time=0", "--listen-port=7000", "--quiet",
         "--file-allocation=none", "--bt-stop-timeout=40", f"--dir={folder}", str(torrent)],
        check=True, timeout=PATIENCE_S)


def fetch_transmission(torrent: pathlib.Path, folder: pathlib.Path, address: str) -> None:
    settings = folder / "settings"
    process = subprocess.Popen(
        ["transmission-daemon", "--foreground", "--config-dir", settings, "--download-dir", folder,
         "--bind-address-ipv4", address, "--peerport", "7000", "--no-dht", "--no-lpd",
         "--no-portmap", "--no-utp", "--no-auth", "--rpc-bind-address", "127.0.0.1", "--port", "9091",
         "--watch-dir", torrent.parent / "none", "--log-error"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    remote = ["transmission-remote", "127.0.0.1:9091"]
    try:
        wait("transmission", lambda: subprocess.run(
            [*remote, "--add", torrent], capture_output=True).returncode == 0)
        wait("transmission", lambda: b"100%" in subprocess.run(
            [*remote, "--list"], capture_output=True).stdout)
    finally:
        process.terminate()
        process.wait(20)


def main() -> None:
    if sys.argv[1] == "--fetch":
        fetch_in_this_process(*sys.argv[2:])
        return
    enter_namespace()
    prepare_network()
    clients = {"libtorrent": (fetch_libtorrent, None), "aria2": (fetch_aria2, "aria2c"),
               "transmission": (fetch_transmission, "transmission-daemon")}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        tracker = start_tracker(sys.argv[1])
        try:
            seeder = session(SEEDER)
            for scheme in ("http", "udp"):
                torrent = make_torrent(folder, scheme)
                handle = add(seeder, torrent, folder / "seed")
                wait("the seeder", lambda: is_known(handle))
                for number, (client, (fetch, program)) in enumerate(clients.items()):
                    if program and not shutil.which(program):
                        raise SystemExit(f"{program} is not installed")
                    target = folder / f"{client}-{scheme}"
                    target.mkdir()
                    begun = time.monotonic()
                    fetch(torrent, target, f"10.77.{1 + number}.1")
                    content = f"content-{scheme}"
                    assert (target / content).read_bytes() == (
                        folder / "seed" / content).read_bytes()
                    print(f"{client} over {scheme}: {SIZE} octets in "
                          f"{time.monotonic() - begun:.1f} s", flush=True)
        finally:
            tracker.terminate()
            tracker.wait(20)


if __name__ == "__main__":
    main()
