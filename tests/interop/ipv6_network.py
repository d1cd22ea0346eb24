#!/usr/bin/python3
"""Nodes that have nothing but IPv6 find each other, read each other's channels with one
datagram, and talk: with global addresses, with unique local ones, and on the loopback
device. It runs in a network namespace that it makes of itself.
usage: ipv6_network.py TAU-NODE"""
import json
import os
import subprocess
import sys
import time

from tau_node import Place, program_of, run_cases

INSIDE = "TAU_TEST_IN_NAMESPACE"
SKIPPED = 77  # ctest's SKIP_RETURN_CODE


def enter_namespace():
    """Starts this script again in a namespace of its own, where it may set up addresses."""
    if subprocess.run(["unshare", "-rn", "true"], check=False).returncode != 0:
        print("skipped: no network namespaces here")
        sys.exit(SKIPPED)
    os.execvpe("unshare", ["unshare", "-rn", sys.executable, *sys.argv], os.environ | {INSIDE: "1"})


def set_up(addresses):
    # libtorrent runs its DHT only where a route leads somewhere.
    for words in (["link", "set", "lo", "up"], ["-6", "route", "add", "default", "dev", "lo"],
                  *(["addr", "add", f"{a}/64", "dev", "lo"] for a in addresses)):
        subprocess.run(["ip", *words], check=True)


def read_directly(reader, author):
    """A get by one datagram, once the session knows that it has IPv6."""
    deadline = time.monotonic() + 30
    while True:
        done = reader.run("--json", "get", "--key", author.json("id")["public_key"], "--salt", "news",
                          "--mode", "direct", "--endpoint", author.ready["listen"])
        if done.returncode == 0:
            break
        assert time.monotonic() < deadline, done.stderr
    got = json.loads(done.stdout)
    assert got["source"] == "direct" and got["value"] == "hello", got


def conversation(place, network, addresses):
    """Three daemons: a first one, and two friends that meet by it."""
    first, a, b = (place.node(f"{network}-{name}") for name in ("first", "alice", "bob"))
    bootstrap = first.start(listen=f"[{addresses[0]}]:0")["listen"]
    a.start(listen=f"[{addresses[1]}]:0", bootstrap=bootstrap)
    b.start(listen=f"[{addresses[2]}]:0", bootstrap=bootstrap)
    a.json("friend", "add", b.json("id")["uri"])
    b.json("friend", "add", a.json("id")["uri"])
    for reader, author in ((a, b), (b, a)):
        author.json("channel", "publish", "news", "hello")
        read_directly(reader, author)
    for sender, receiver, name in ((a, b, f"{network}-bob"), (b, a, f"{network}-alice")):
        sent = sender.json("send", name.capitalize(), f"over {addresses[0]}", "--wait", "delivered",
                           "--timeout", "60")
        assert sent["way"] == "direct", sent
        assert [m["text"] for m in receiver.json("inbox") if m["id"] == sent["id"]]
    for node in (first, a, b):
        node.stop()


def global_addresses(place):
    conversation(place, "global", ["2001:db8::1", "2001:db8::2", "2001:db8::3"])


def unique_local_addresses(place):
    conversation(place, "unique", ["fd00::1", "fd00::2", "fd00::3"])


def loopback(place):
    conversation(place, "loopback", ["::1"] * 3)


if __name__ == "__main__":
    program = program_of(sys.argv)
    if INSIDE not in os.environ:
        enter_namespace()
    set_up([f"{prefix}::{i}" for prefix in ("2001:db8", "fd00") for i in (1, 2, 3)])
    with Place(program) as home:
        run_cases([global_addresses, unique_local_addresses, loopback], home)
