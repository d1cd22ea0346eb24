#!/usr/bin/env python3
"""Operates the real tracker: configuration, lists, admin port, snapshot, signals.

usage: operating.py TAU_TRACKER
"""
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import tomllib
import urllib.parse

PROGRAM = sys.argv[1]
ROOT = pathlib.Path(__file__).resolve().parents[3]
HASH = "77" * 20
OTHER = "88" * 20


class Tracker:
    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [PROGRAM, "--udp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0",
             *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.at = {}
        for line in self.process.stdout:
            if line == "ready\n":
                break
            kind, where = line.split()
            self.at[kind] = where

    def wait_for_log(self, text: str) -> None:
        for line in self.process.stderr:
            if text in line:
                return
        raise AssertionError(f"the log never said {text!r}")

    def get(self, kind: str, target: str, method="GET", **fields: str):
        connection = http.client.HTTPConnection(self.at[kind], timeout=20)
        connection.request(method, target, headers=fields)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def announce(self, info_hash: str, port: int, prefix="") -> dict:
        query = urllib.parse.urlencode(
            {"info_hash": info_hash, "peer_id": "ab" * 20, "port": port, "left": 1})
        _, body = self.get("http", f"{prefix}/announce?{query}", Accept="application/json")
        return json.loads(body)

    def end(self, number=signal.SIGTERM) -> int:
        self.process.send_signal(number)
        code = self.process.wait(20)
        self.process.stdout.close()
        self.process.stderr.close()
        return code


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=20)


def check_configuration(folder: pathlib.Path) -> None:
    printed = run("--print-config").stdout
    file = folder / "printed.toml"
    file.write_text(printed)
    assert run("--config", str(file), "--print-config").stdout == printed
    assert run("--config", str(file), "--check-config").returncode == 0
    for text, complaint in [("udpp = []", "unknown key udpp"),
                            ("[announce]\ninterval_s = \"x\"", "announce.interval_s"),
                            ("[announce]\ninterval_s = 1", "interval_s must be"),
                            ("udp = [\"nowhere\"]", "nowhere"),
                            ("store = \"disk\"", "disk"),
                            ("[lists]\ndenied = \"/nonexistent\"", "/nonexistent"),
                            ("[wallets]\nmax_links = 5000", "wallets.max_links must be"),
                            ("[announce]\nmax_numwant = 1000000", "max_numwant must be"),
                            ("[announce]\nproxies = [\"nonsense\"]", "'nonsense' is no address"),
                            ("[announce]\nnames = [\"tracker.example\"]", "needs a port"),
                            ("[snapshot]\nfile = \"/nonexistent/x\"", "no folder /nonexistent"),
                            ("[snapshot]\nevery_s = -1", "snapshot.every_s"),
                            ("[announce]\n[announce.more]\nx = 1", "unknown key announce.more"),
                            ("[", "at line 1")]:
        file.write_text(text)
        outcome = run("--config", str(file), "--check-config")
        assert outcome.returncode == 1 and complaint in outcome.stderr, (text, outcome.stderr)
    for name in (folder, folder / "absent"):
        outcome = run("--config", str(name), "--check-config")
        assert outcome.returncode == 1 and "cannot be read" in outcome.stderr, outcome.stderr
    for arguments, complaint in [(("--udp", "nowhere"), "nowhere"),
                                 (("--udp", "203.0.113.1:1"), "cannot listen at 203.0.113.1:1"),
                                 (("--unknown",), "--unknown"), (("more",), "more")]:
        outcome = run(*arguments)
        assert outcome.returncode != 0 and complaint in outcome.stderr, (arguments, outcome)
    outcome = run("--conifg", str(file))
    assert outcome.returncode == 2 and "see tau-tracker --help" in outcome.stderr, outcome


def flat(table: dict, prefix="") -> dict:
    out = {}
    for name, value in table.items():
        out |= flat(value, f"{name}.") if isinstance(value, dict) else {prefix + name: value}
    return out


def check_documentation(folder: pathlib.Path) -> None:
    """docs/tracker-operating.md has each key with its default, and no other."""
    keys = flat(tomllib.loads(run("--print-config").stdout))
    page = (ROOT / "docs/tracker-operating.md").read_text()
    section = page[page.index("## Settings"):page.index("## Open files")]
    rows = re.findall(r"^\| `([a-z_.]+)` \| `(.*?)` \| (?:yes|no) \|", section, re.MULTILINE)
    documented = {name: tomllib.loads(f"value = {default}")["value"] for name, default in rows}
    assert documented == keys, {name for name in documented.keys() | keys.keys()
                                if documented.get(name) != keys.get(name)}


def check_unit(folder: pathlib.Path) -> None:
    """systemd accepts the unit, and finds it little exposed. Whether it starts under systemd
    is not shown: nothing here runs as process 1."""
    if not shutil.which("systemd-analyze"):
        print("systemd-analyze is not installed; the unit is not checked")
        return
    unit = folder / "tau-tracker.service"
    text = (ROOT / "scripts/packaging/tau-tracker.service").read_text()
    unit.write_text(text.replace("/usr/bin/tau-tracker", PROGRAM))
    for check in (("verify",), ("security", "--offline=true", "--threshold=15")):
        done = subprocess.run(["systemd-analyze", *check, str(unit)], capture_output=True,
                              text=True, timeout=60)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr


def check_signals(folder: pathlib.Path) -> None:
    """SIGTERM and SIGINT answer what has arrived and end; nobody who waits holds them up."""
    for number in (signal.SIGTERM, signal.SIGINT):
        tracker = Tracker("--snapshot", str(folder / f"snapshot-{number}"))
        host, port = tracker.at["http"].split(":")
        kept = http.client.HTTPConnection(host, int(port), timeout=20)
        kept.request("GET", f"/scrape?info_hash={HASH}")
        assert kept.getresponse().read()
        half = socket.create_connection((host, int(port)))
        half.sendall(b"GET /announce?info_hash=")
        assert tracker.end(number) == 0
        assert (folder / f"snapshot-{number}").exists()
        assert kept.sock.recv(1) == b"" and half.recv(1) == b"", "closed in order"
        kept.close()
        half.close()


def check_second(folder: pathlib.Path) -> None:
    """A second tracker at the same address does not take half of the requests."""
    first = Tracker()
    for kind in ("udp", "http"):
        outcome = run(f"--{kind}", first.at[kind], "--admin", "127.0.0.1:0")
        assert outcome.returncode == 1 and "already in use" in outcome.stderr, outcome
    assert first.end() == 0


def check_lists(folder: pathlib.Path) -> None:
    denied = folder / "denied"
    denied.write_text(f"# none yet\n{OTHER}\n")
    passkeys = folder / "passkeys"
    passkeys.write_text("secret\n")
    file = folder / "lists.toml"
    file.write_text(f'[lists]\ndenied = "{denied}"\n')
    tracker = Tracker("--config", str(file))
    assert "error" not in tracker.announce(HASH, 1)
    assert "not served" in tracker.announce(OTHER, 1)["error"]
    file.write_text(f'[lists]\ndenied = "{denied}"\npasskeys = "{passkeys}"\n')
    tracker.process.send_signal(signal.SIGHUP)
    tracker.wait_for_log("reloaded")
    assert "passkey" in tracker.announce(HASH, 1)["error"]
    assert "error" not in tracker.announce(HASH, 1, "/secret")
    banned = folder / "banned"
    banned.write_text("127.0.0.1 # by mistake\n")
    file.write_text(f'[lists]\nbanned = "{banned}"\n')
    tracker.process.send_signal(signal.SIGHUP)
    tracker.wait_for_log("reloaded")
    assert "banned" in tracker.announce(HASH, 1)["error"]
    banned.write_text("")
    file.write_text(f'[lists]\nbanned = "{banned}"\npasskeys = "{passkeys}"\n')
    tracker.process.send_signal(signal.SIGHUP)
    tracker.wait_for_log("reloaded")
    assert "passkey" in tracker.announce(HASH, 1)["error"]
    passkeys.write_text("")
    tracker.process.send_signal(signal.SIGHUP)
    tracker.wait_for_log("not reloaded")
    assert "passkey" in tracker.announce(HASH, 1)["error"], "an empty list must not open it"
    assert tracker.end() == 0


def check_admin(folder: pathlib.Path) -> None:
    token_file = folder / "token"
    file = folder / "admin.toml"
    file.write_text(f'[admin]\ntoken_file = "{token_file}"\n')
    tracker = Tracker("--config", str(file))
    assert os.stat(token_file).st_mode & 0o777 == 0o600
    bearer = {"Authorization": "Bearer " + token_file.read_text().strip()}
    tracker.announce(HASH, 1)
    assert tracker.get("admin", "/healthz") == (200, "ok\n")
    status, metrics = tracker.get("admin", "/metrics")
    assert status == 200 and "tau_tracker_peers 1" in metrics, metrics
    assert 'tau_tracker_requests_total{kind="http_announce"} 1' in metrics, metrics
    assert tracker.get("admin", "/api/stats")[0] == 401
    assert tracker.get("admin", "/api/stats", Authorization="Bearer wrong")[0] == 401
    status, stats = tracker.get("admin", "/api/stats", **bearer)
    assert status == 200 and json.loads(stats)["peers"] == 1
    status, swarm = tracker.get("admin", f"/api/swarms/{HASH}", **bearer)
    assert json.loads(swarm)["incomplete"] == 1
    status, wallet = tracker.get("admin", "/api/wallets/0x" + "00" * 20, **bearer)
    assert json.loads(wallet)["online"] is False
    assert tracker.get("admin", f"/api/denied/{HASH}", "PUT", **bearer)[0] == 200
    assert "error" in tracker.announce(HASH, 1)
    assert tracker.get("admin", f"/api/denied/{HASH}", "DELETE", **bearer)[0] == 200
    assert "error" not in tracker.announce(HASH, 1)
    wallet = "0x" + "00" * 20
    for who in ("127.0.0.1", wallet):
        assert tracker.get("admin", f"/api/banned/{who}", "PUT", **bearer)[0] == 200
    assert "banned" in tracker.announce(HASH, 1)["error"]
    lists = json.loads(tracker.get("admin", "/api/lists", **bearer)[1])
    assert sorted(lists["banned"]) == sorted(["127.0.0.1", wallet]), lists
    assert tracker.get("admin", "/api/banned/nobody", "PUT", **bearer)[0] == 400
    for who in ("127.0.0.1", wallet):
        assert tracker.get("admin", f"/api/banned/{who}", "DELETE", **bearer)[0] == 200
    assert "error" not in tracker.announce(HASH, 1)
    metrics = tracker.get("admin", "/metrics")[1]
    assert 'tau_tracker_announces_total{protocol="http",outcome="refused"} 2' in metrics, metrics
    assert tracker.get("http", "/metrics")[0] == 404, "not at the public port"
    assert tracker.end() == 0


def check_snapshot(folder: pathlib.Path) -> None:
    file = folder / "snapshot"
    first = Tracker("--snapshot", str(file))
    first.announce(HASH, 1)
    assert first.end() == 0
    second = Tracker("--snapshot", str(file))
    assert [p["port"] for p in second.announce(HASH, 2)["peers"]] == [1]
    second.end(signal.SIGKILL)
    third = Tracker("--snapshot", str(file))
    assert [p["port"] for p in third.announce(HASH, 3)["peers"]] == [1], "as last written"
    assert third.end() == 0
    damaged = bytearray(file.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    file.write_bytes(damaged)
    fourth = Tracker("--snapshot", str(file))
    assert fourth.announce(HASH, 4)["peers"] == []
    fourth.wait_for_log("checksum")
    assert fourth.end() == 0


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        for check in (check_configuration, check_documentation, check_unit, check_signals,
                      check_second, check_lists, check_admin, check_snapshot):
            check(pathlib.Path(name))
            print(check.__name__, "passed")


if __name__ == "__main__":
    main()
