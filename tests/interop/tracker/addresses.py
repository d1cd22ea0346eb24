#!/usr/bin/env python3
"""A tracker at the wildcard addresses of a machine with several: each client is answered
from the address that it asked, over IPv4 and IPv6, UDP and HTTP. The tracker and the client
have a network namespace each, with a cable between.

usage: addresses.py TAU_TRACKER
"""
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile

SERVER_CABLE, CLIENT_CABLE = "v0", "v1"
# Two on the cable, and one that is behind it, as an anycast or floating address is.
SERVER = ["10.88.0.1", "10.88.0.2", "10.99.0.1", "fd88::1", "fd88::2", "fd99::1"]
HASH = bytes([0x77]) * 20


def ip(*words: str) -> str:
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


def no_duplicate_detection(cable: str) -> None:
    """Addresses can be used at once instead of after a second or two."""
    pathlib.Path(f"/proc/sys/net/ipv6/conf/{cable}/accept_dad").write_text("0")


def link_local(cable: str) -> str:
    devices = json.loads(ip("-j", "-6", "addr", "show", "dev", cable, "scope", "link"))
    return next(a["local"] for d in devices for a in d.get("addr_info", []) if "local" in a)


def set_up_client() -> None:
    no_duplicate_detection(CLIENT_CABLE)
    for words in (f"link set lo up|link set {CLIENT_CABLE} up|"
                  f"addr add 10.88.0.100/24 dev {CLIENT_CABLE}|"
                  f"addr add fd88::100/64 dev {CLIENT_CABLE} nodad|"
                  "route add 10.99.0.1 via 10.88.0.1|-6 route add fd99::1 via fd88::1").split("|"):
        ip(*words.split())


def ask_udp(where: tuple) -> None:
    """A connected socket is given datagrams of that very address and port only."""
    family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.settimeout(5)
        s.connect(where)
        s.send(struct.pack("!QII", 0x41727101980, 0, 1))
        answer = s.recv(2048)
        assert len(answer) == 16 and answer[3] == 0, answer
        s.send(answer[8:16] + struct.pack("!II", 1, 2) + HASH + bytes(20)
               + struct.pack("!QQQIIIiH", 0, 1, 0, 0, 0, 0, -1, 5))
        answer = s.recv(2048)
        assert len(answer) >= 20 and answer[3] == 1, answer


def ask_http(where: tuple) -> None:
    family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.settimeout(5)
        s.connect(where)
        s.sendall(b"GET /announce?info_hash=" + HASH.hex().encode() + b"&peer_id="
                  + b"ab" * 20 + b"&port=5&left=1 HTTP/1.0\r\n\r\n")
        answer = b""
        while part := s.recv(4096):
            answer += part
        assert b"5:peers" in answer, answer


def client() -> None:
    """Lines of address and port; each is asked, and answered by `ok`."""
    print("made", flush=True)
    assert sys.stdin.readline() == "cable\n"
    set_up_client()
    print("ready", flush=True)
    for line in sys.stdin:
        kind, address, port = line.split()
        where = (address, int(port))
        if address.startswith("fe80"):
            where = (address, int(port), 0, socket.if_nametoindex(CLIENT_CABLE))
        (ask_udp if kind == "udp" else ask_http)(where)
        print("ok", flush=True)


def tell(process: subprocess.Popen, line: str, wanted: str) -> None:
    process.stdin.write(line + "\n")
    process.stdin.flush()
    answer = process.stdout.readline().strip()
    assert answer == wanted, f"{line}: {answer!r}"


def main() -> None:
    flags = ["-n"] if os.geteuid() == 0 else ["-rn"]
    if len(sys.argv) == 2:
        os.execvp("unshare", ["unshare", *flags, sys.executable, *sys.argv, "server"])
    if sys.argv[2] == "client":
        return client()
    other = subprocess.Popen(["unshare", "-n", sys.executable, *sys.argv[:2], "client"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout.readline() == "made\n"
    ip("link", "add", SERVER_CABLE, "type", "veth", "peer", "name", CLIENT_CABLE)
    ip("link", "set", CLIENT_CABLE, "netns", str(other.pid))
    no_duplicate_detection(SERVER_CABLE)
    ip("link", "set", "lo", "up")
    ip("link", "set", SERVER_CABLE, "up")
    for address in SERVER:
        is_v6 = ":" in address
        behind = "99" in address
        mask = (128 if is_v6 else 32) if behind else (64 if is_v6 else 24)
        ip("addr", "add", f"{address}/{mask}", "dev", "lo" if behind else SERVER_CABLE,
           *(["nodad"] if is_v6 else []))
    tell(other, "cable", "ready")
    with tempfile.TemporaryDirectory() as name:
        config = pathlib.Path(name) / "tracker.toml"
        config.write_text("threads = 2\n")
        tracker = subprocess.Popen(
            [sys.argv[1], "--config", config, "--udp", "0.0.0.0:0", "--udp", "[::]:0", "--http",
             "0.0.0.0:0", "--http", "[::]:0", "--admin", "127.0.0.1:0"],
            stdout=subprocess.PIPE, text=True)
        ports = {}
        for line in tracker.stdout:
            if line == "ready\n":
                break
            kind, where = line.split()
            ports[kind, where.startswith("[")] = where.rsplit(":", 1)[1]
        try:
            asked = 0
            for address in [*SERVER, link_local(SERVER_CABLE)]:
                for kind in ("udp", "http"):
                    for _ in range(4):  # so that both threads are met
                        tell(other, f"{kind} {address} {ports[kind, ':' in address]}", "ok")
                        asked += 1
            tracker.terminate()
            assert tracker.wait(20) == 0
            print(f"{asked} requests to {len(SERVER) + 1} addresses, each answered from there")
        finally:
            tracker.kill()
            other.stdin.close()
            other.wait(20)


if __name__ == "__main__":
    main()
