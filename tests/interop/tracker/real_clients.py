#!/usr/bin/env python3
"""Ordinary clients find each other through the real tracker and hand on a file.

Two private torrents, one announced over HTTP and one over UDP, so that only the tracker
can introduce anybody. They go from client to client: each fetches from the one before it
alone, which then leaves. All of it runs in a network namespace of its own, where each
client has an address.

usage: real_clients.py TAU_TRACKER [client...]   (root, or where user namespaces are allowed)
"""
import json
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
TRACKER = "10.77.0.1"
SCHEMES = ("http", "udp")
PORT = 7000
FIRST = 1  # the number of the client that has the files from the beginning


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


def content(scheme: str) -> str:
    return f"content-{scheme}"


def make_torrent(folder: pathlib.Path, scheme: str) -> pathlib.Path:
    file = folder / "first" / content(scheme)
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(os.urandom(SIZE))
    files = libtorrent.file_storage()
    libtorrent.add_files(files, str(file))
    torrent = libtorrent.create_torrent(files, flags=libtorrent.create_torrent.v1_only)
    torrent.set_priv(True)
    torrent.add_tracker(f"{scheme}://{TRACKER}:6969/announce")
    libtorrent.set_piece_hashes(torrent, str(file.parent))
    out = folder / f"{scheme}.torrent"
    out.write_bytes(libtorrent.bencode(torrent.generate()))
    return out


def wait(what: str, done) -> None:
    end = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > end:
            raise SystemExit(f"{what}: nothing within {PATIENCE_S} s")
        time.sleep(0.1)


def scrape(torrent: pathlib.Path) -> dict:
    info_hash = libtorrent.torrent_info(str(torrent)).info_hash()
    url = f"http://{TRACKER}:6969/scrape?info_hash={info_hash}"
    with urllib.request.urlopen(url, timeout=5) as answer:
        return list(libtorrent.bdecode(answer.read())[b"files"].values())[0]


def launch(command: list, **options) -> subprocess.Popen:
    return subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, **options)


def be_libtorrent(address: str, folder: str, *torrents: str) -> None:
    """Seeds and fetches until it is told to end. A process of its own: libtorrent shares
    BEP 15 connection ids between sessions of one process, although they hold for one address."""
    session = libtorrent.session({
        "listen_interfaces": f"{address}:{PORT}", "outgoing_interfaces": address,
        "enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False})
    handles = [session.add_torrent({"ti": libtorrent.torrent_info(torrent), "save_path": folder})
               for torrent in torrents]
    sys.stdin.read()
    # A session that is destroyed does not wait until its goodbyes over UDP have gone.
    session.apply_settings({"alert_mask": libtorrent.alert.category_t.tracker_notification})
    for handle in handles:
        handle.pause()
    answered = 0
    while answered < len(handles) and session.wait_for_alert(5000):
        answered += sum(isinstance(alert, (libtorrent.tracker_reply_alert,
                                           libtorrent.tracker_error_alert))
                        for alert in session.pop_alerts())


def start_libtorrent(address: str, folder: pathlib.Path, torrents: list) -> subprocess.Popen:
    return launch([sys.executable, __file__, "--libtorrent", address, folder, *torrents],
                  stdin=subprocess.PIPE)


def start_aria2(address: str, folder: pathlib.Path, torrents: list) -> subprocess.Popen:
    # aria2 speaks to UDP trackers by its DHT's socket; a private torrent uses no DHT.
    return launch(
        ["aria2c", f"--interface={address}", "--dht-listen-port=7001",
         f"--dht-file-path={folder}/dht", "--bt-enable-lpd=false",
         "--enable-peer-exchange=false", f"--listen-port={PORT}", "--quiet",
         "--file-allocation=none", f"--dir={folder}", "--seed-ratio=0", *torrents])


def start_transmission(address: str, folder: pathlib.Path, torrents: list) -> subprocess.Popen:
    process = launch(
        ["transmission-daemon", "--foreground", "--config-dir", folder / "settings",
         "--download-dir", folder, "--bind-address-ipv4", address, "--peerport", PORT, "--no-dht",
         "--no-lpd", "--no-portmap", "--no-utp", "--no-auth", "--rpc-bind-address", "127.0.0.1",
         "--port", 9091])
    for torrent in torrents:
        wait("transmission", lambda: subprocess.run(
            ["transmission-remote", "127.0.0.1:9091", "--add", torrent],
            capture_output=True).returncode == 0)
    return process


def start_qbittorrent(address: str, folder: pathlib.Path, torrents: list) -> subprocess.Popen:
    # It listens at an address only if an interface has it.
    subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
    settings = folder / "profile/qBittorrent/config/qBittorrent.conf"
    settings.parent.mkdir(parents=True)
    lines = {"LegalNotice": {"Accepted": "true"},
             "BitTorrent": {"Session\\DHTEnabled": "false", "Session\\LSDEnabled": "false",
                            "Session\\PeXEnabled": "false", "Session\\BTProtocol": "TCP",
                            "Session\\Port": PORT,
                            "Session\\Interface": "lo", "Session\\InterfaceName": "lo",
                            "Session\\InterfaceAddress": address,
                            "Session\\DefaultSavePath": folder},
             "Preferences": {"WebUI\\Address": "127.0.0.1", "WebUI\\Port": 8090,
                             "WebUI\\UseUPnP": "false"},
             "Network": {"PortForwardingEnabled": "false"}}
    settings.write_text("".join(f"[{section}]\n" + "".join(f"{k}={v}\n" for k, v in keys.items())
                                for section, keys in lines.items()))
    return launch(["qbittorrent-nox", f"--profile={folder}/profile", "--skip-dialog=true",
                   *torrents])


def start_deluge(address: str, folder: pathlib.Path, torrents: list) -> subprocess.Popen:
    config = folder / "config"
    config.mkdir()
    keys = {"dht": False, "lsd": False, "upnp": False, "natpmp": False, "utpex": False,
            "new_release_check": False, "random_port": False, "listen_ports": [PORT, PORT],
            "listen_interface": address, "outgoing_interface": address,
            "download_location": str(folder)}
    (config / "core.conf").write_text('{"file": 1, "format": 1}' + json.dumps(keys))
    # Debian's deluge writes no log with Debian's Python: it fails over a logging interface.
    process = launch(["deluged", "--do-not-daemonize", "--config", config, "--port", 58846,
                      "--ui-interface", "127.0.0.1", "--loglevel", "none"])
    login = config / "auth"
    wait("deluge", lambda: login.exists() and ":" in login.read_text())
    name, password = login.read_text().split(":")[:2]
    commands = [f"connect 127.0.0.1:58846 {name} {password}",
                *(f"add --path {folder} {torrent}" for torrent in torrents)]
    wait("deluge", lambda: b"Torrent added!" in subprocess.run(
        ["deluge-console", "--config", config, " ; ".join(commands)],
        capture_output=True).stdout)
    return process


# aria2 follows transmission, which takes one new connection of an address at a time: aria2
# asks for one torrent after the other. The others ask for both at once, and again in a minute.
CLIENTS = {"transmission": ("transmission-daemon", start_transmission),
           "aria2": ("aria2c", start_aria2),
           "qbittorrent": ("qbittorrent-nox", start_qbittorrent),
           "deluge": ("deluged", start_deluge),
           "libtorrent": (None, start_libtorrent)}


def stop(process: subprocess.Popen) -> None:
    process.stdin.close() if process.stdin else process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def has_all(folder: pathlib.Path, scheme: str) -> bool:
    file = folder / content(scheme)
    first = folder.parent / "first" / content(scheme)
    return file.exists() and file.read_bytes() == first.read_bytes()


def fetch(client: str, number: int, folder: pathlib.Path, torrents: dict, running: list) -> None:
    program, start = CLIENTS[client]
    if program and not shutil.which(program):
        raise SystemExit(f"{program} is not installed")
    target = folder / client
    target.mkdir()
    begun = time.monotonic()
    running.append(start(f"10.77.{number}.1", target, list(torrents.values())))
    for scheme, torrent in torrents.items():
        wait(f"{client} over {scheme}", lambda: has_all(target, scheme))
        print(f"{client} over {scheme}: {SIZE} octets after "
              f"{time.monotonic() - begun:.1f} s", flush=True)
        # What it tells the tracker is counted before the next one asks.
        wait(f"{client} completes {scheme}",
             lambda: scrape(torrent)[b"downloaded"] == number - FIRST)


def main() -> None:
    if sys.argv[1] == "--libtorrent":
        be_libtorrent(*sys.argv[2:])
        return
    enter_namespace()
    prepare_network()
    clients = sys.argv[2:] or list(CLIENTS)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        tracker = start_tracker(sys.argv[1])
        torrents = {scheme: make_torrent(folder, scheme) for scheme in SCHEMES}
        running = [start_libtorrent(f"10.77.{FIRST}.1", folder / "first",
                                    list(torrents.values()))]
        try:
            for torrent in torrents.values():
                wait("the first", lambda: scrape(torrent)[b"complete"] == 1)
            for number, client in enumerate(clients, FIRST + 1):
                fetch(client, number, folder, torrents, running)
                stop(running.pop(0))
        finally:
            for process in running:
                stop(process)
            tracker.terminate()
            tracker.wait(20)


if __name__ == "__main__":
    main()
