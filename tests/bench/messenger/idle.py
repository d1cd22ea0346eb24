#!/usr/bin/env python3
"""What an idle tau-node costs that has friends, all of them offline: memory, processor
time and traffic, beside a plain libtorrent session that is in the same DHT.

The daemon, the plain session and the DHT each have a network namespace of their own, so
that the counters of the link between them are the traffic: every octet both ways, with
all headers. Friends have keys, contact keys and an endpoint where nobody answers.

usage: idle.py BUILD_FOLDER [--friends 100] [--nodes 40] [--settle 300] [--seconds 300]
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

LINK_NET = "10.78"
NODE_NET = "10.77"
DEAD_NET = "10.79"
PORT = 6881


def sh(*command) -> str:
    return subprocess.run([str(c) for c in command], check=True, capture_output=True,
                          text=True).stdout


class Space:
    """A network namespace with its processes."""

    def __init__(self, name: str):
        self.name = f"taubench{os.getpid()}{name}"
        self.processes: list[subprocess.Popen] = []
        sh("ip", "netns", "add", self.name)
        sh("ip", "netns", "exec", self.name, "sysctl", "-qw",
           "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
        self.ip("link", "set", "lo", "up")

    def ip(self, *words) -> str:
        return sh("ip", "-n", self.name, *words)

    def start(self, *command) -> subprocess.Popen:
        process = subprocess.Popen(["ip", "netns", "exec", self.name, *map(str, command)],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.processes.append(process)
        return process

    def link_octets(self) -> int:
        counters = json.loads(self.ip("-j", "-s", "link", "show", "dev", "uplink"))[0]["stats64"]
        return counters["rx"]["bytes"] + counters["tx"]["bytes"]

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        subprocess.run(["ip", "netns", "del", self.name], check=False)


def connect(network: Space, guest: Space, number: int) -> None:
    """A link of its own from the guest to the network, and a route over it."""
    there = f"down{number}"
    network.ip("link", "add", there, "type", "veth", "peer", "name", "uplink", "netns", guest.name)
    network.ip("addr", "add", f"{LINK_NET}.{number}.1/24", "dev", there)
    network.ip("link", "set", there, "up")
    guest.ip("addr", "add", f"{LINK_NET}.{number}.2/24", "dev", "uplink")
    guest.ip("link", "set", "uplink", "up")
    guest.ip("route", "add", "default", "via", f"{LINK_NET}.{number}.1")


def make_friends(tau_node: pathlib.Path, folder: pathlib.Path, count: int) -> list[str]:
    uris = []
    for i in range(count):
        data = folder / f"friend{i}"
        sh(tau_node, "--data", data, "init", "--name", f"friend{i}", "--no-passphrase")
        uri = json.loads(sh(tau_node, "--data", data, "--json", "id"))["uri"]
        uris.append(f"{uri}&ep={DEAD_NET}.{i % 250}.1:{PORT}")
    return uris


class Sample:
    """What a process and its link have used so far."""

    def __init__(self, pid: int, space: Space):
        self.time = time.monotonic()
        self.octets = space.link_octets()
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        self.cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        self.rss_kib = int(status.split("VmRSS:")[1].split()[0])


def report(who: str, before: Sample, after: Sample) -> None:
    seconds = after.time - before.time
    for metric, value in (("rss_mib", after.rss_kib / 1024),
                          ("cpu_percent", 100 * (after.cpu - before.cpu) / seconds),
                          ("bytes_per_second", (after.octets - before.octets) / seconds)):
        print(f"result idle {who} {metric} {value:.4f}", flush=True)


def ready_line(process: subprocess.Popen) -> str:
    line = process.stdout.readline()
    if not line:
        raise SystemExit("idle.py: a program ended before it was ready")
    return line


def measure(a: argparse.Namespace, spaces: list[Space], folder: pathlib.Path) -> None:
    for name in ("net", "tau", "peer"):
        spaces.append(Space(name))
    network, ours, peer = spaces
    tau_node, nodes = a.build / "bin/tau-node", a.build / "bench/plain_nodes"
    network.ip("route", "add", "local", f"{NODE_NET}.0.0/16", "dev", "lo")
    network.ip("route", "add", "default", "dev", "lo")  # libtorrent wants one
    connect(network, ours, 1)
    connect(network, peer, 2)

    ready_line(network.start(nodes, "--nodes", a.nodes))
    plain = peer.start(nodes, "--nodes", 1, "--link", 2)
    ready_line(plain)
    data = folder / "node"
    sh(tau_node, "--data", data, "init", "--name", "idle", "--no-passphrase")
    daemon = ours.start(tau_node, "--data", data, "--json", "run", "--private", "--listen",
                        f"{LINK_NET}.1.2:{PORT}", "--bootstrap", f"{NODE_NET}.1.1:{PORT}")
    pid = json.loads(ready_line(daemon))["pid"]
    for uri in make_friends(tau_node, folder, a.friends):
        sh(tau_node, "--data", data, "friend", "add", uri)

    time.sleep(a.settle)
    before = Sample(pid, ours), Sample(plain.pid, peer)
    time.sleep(a.seconds)
    after = Sample(pid, ours), Sample(plain.pid, peer)
    report("tau", before[0], after[0])
    report("libtorrent", before[1], after[1])
    print(f"result idle settle seconds {a.settle}")
    print(sh(tau_node, "--data", data, "status"), file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--friends", type=int, default=100)
    parser.add_argument("--nodes", type=int, default=40)
    parser.add_argument("--settle", type=float, default=300)
    parser.add_argument("--seconds", type=float, default=300)
    a = parser.parse_args()
    spaces: list[Space] = []
    with tempfile.TemporaryDirectory() as name:
        try:
            measure(a, spaces, pathlib.Path(name))
        finally:
            for space in spaces:
                space.close()


if __name__ == "__main__":
    main()
