#!/usr/bin/python3
"""Who reaches whom through which NATs: real tau-node daemons and a real tau-tracker in network
namespaces, the NATs made with nftables. Two open nodes may serve as hops. Prints a table: for
each pair how the first message went and how long it took until its receiver had acknowledged
it, after how long the two had a link, and how a message went then.

usage: nat_table.py TAU-NODE TAU-TRACKER [--small]     (as root; needs ip, nft)
  --small  three kinds of NAT instead of all; exits with 77 where namespaces cannot be made
"""
import itertools
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from overlay_lab import delete, on, our_tracker, sh, wait_for, within  # noqa: E402
from tau_node import Place  # noqa: E402

PREFIX = f"taunat{os.getpid()}"
TRACKER = "10.99.0.100:6969"
PORT = 6881
LIMIT_S = 60
LINK_S = 10      # within which those who can have a link have one
NO_LINK_S = 4    # how long is looked for one that cannot be
SKIP = 77

# name -> the NATs between it and the internet, the outermost first
KINDS = {
    "open1": [], "open2": [],
    "full cone": ["full"], "restricted1": ["restricted"], "restricted2": ["restricted"],
    "symmetric1": ["symmetric"], "symmetric2": ["symmetric"],
    "CGNAT": ["restricted", "restricted"],
}
SMALL = ["open1", "open2", "restricted1", "restricted2", "symmetric1"]


class Network:
    """A bridge in one namespace; a chain of routers and a host for each node."""

    def __init__(self, names):
        self.names = names
        self.spaces = []
        self.space_of = {}
        self.address_of = {}

    def space(self, name):
        full = PREFIX + name
        sh("ip", "netns", "add", full)
        self.spaces.append(full)
        on(full, "ip", "link", "set", "lo", "up")
        return full

    def __enter__(self):
        try:
            self.make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def make(self):
        self.hub = self.space("hub")
        on(self.hub, "ip", "link", "add", "name", "br0", "type", "bridge")
        on(self.hub, "ip", "link", "set", "br0", "up")
        tracker = self.space("T")
        self.plug(tracker, TRACKER.split(":")[0], "vT")
        for number, name in enumerate(self.names, 1):
            self.attach(number, name)

    def plug(self, space, where, name):
        """Puts a namespace on the bridge."""
        sh("ip", "link", "add", "wan", "netns", space, "type", "veth", "peer", "name", name,
           "netns", self.hub)
        on(self.hub, "ip", "link", "set", name, "master", "br0", "up")
        on(space, "ip", "address", "add", where + "/24", "dev", "wan")
        on(space, "ip", "link", "set", "wan", "up")
        on(space, "ip", "route", "add", "default", "dev", "wan")

    def attach(self, number, name):
        nats = KINDS[name]
        outer = None
        for depth in range(len(nats) + 1):
            space = self.space(f"n{number}{'h' if depth == len(nats) else depth}")
            if outer is None:
                where = f"10.99.0.{number}"
                self.plug(space, where, f"v{number}")
            else:
                where = f"192.168.{10 * number + depth}.2"
                gate = where[:-1] + "1"
                sh("ip", "link", "add", "lan", "netns", outer, "type", "veth", "peer", "name",
                   "wan", "netns", space)
                on(outer, "ip", "address", "add", gate + "/24", "dev", "lan")
                on(outer, "ip", "link", "set", "lan", "up")
                on(space, "ip", "address", "add", where + "/24", "dev", "wan")
                on(space, "ip", "link", "set", "wan", "up")
                on(space, "ip", "route", "add", "default", "via", gate)
                self.translate(outer, nats[depth - 1], where)
            outer = space
        self.space_of[name], self.address_of[name] = outer, where

    @staticmethod
    def translate(router, kind, inner):
        """Like a home router: what nobody inside asked for is dropped without a word."""
        on(router, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        how = "masquerade random,fully-random" if kind == "symmetric" else "masquerade"
        dnat = f'iifname "wan" udp dport {PORT} dnat to {inner}:{PORT}' if kind == "full" else ""
        rules = f"""
            table ip nat {{
                chain before {{ type nat hook prerouting priority -100; {dnat}; }}
                chain after {{ type nat hook postrouting priority 100; oifname "wan" {how}; }}
            }}
            table ip filter {{
                chain own {{ type filter hook input priority 0;
                            iifname "wan" ct state new drop; }}
                chain through {{ type filter hook forward priority 0;
                             iifname "wan" ct state new ct status dnat accept;
                             iifname "wan" ct state new drop; }}
            }}""".replace("; ; }", "; }")
        on(router, "nft", "-f", "-", input=rules)

    def __exit__(self, *unused):
        delete(self.spaces)


class Scene:
    def __init__(self, network, place):
        self.network = network
        self.nodes = {name: place.node(name.replace(" ", "_")) for name in network.names}
        self.identities = {n: node.json("id") for n, node in self.nodes.items()}
        self.kinds = {}

    def start(self):
        for name, node in self.nodes.items():
            others = ",".join(f"{self.network.address_of[o]}:{PORT}" for o in ("open1", "open2")
                              if o != name)
            node.start("--tracker", "udp://" + TRACKER, bootstrap=others,
                       listen=f"{self.network.address_of[name]}:{PORT}",
                       within=within(self.network.space_of[name]))
            node.json("topic", "join", "the app")

    def linked(self, name):
        wallets = {identity["wallet"]: n for n, identity in self.identities.items()}
        return {wallets[link["wallet"]] for link in self.nodes[name].json("peers")["links"]
                if link["wallet"] in wallets}

    def settle(self):
        """Everybody has a link with an open node."""
        for name in self.nodes:
            wait_for(f"a link of {name}",
                     lambda: self.linked(name) & ({"open1", "open2"} - {name}), LIMIT_S)

    def befriend(self, a, b):
        for one, other in ((a, b), (b, a)):
            self.nodes[one].json("friend", "add", self.identities[other]["uri"], "--name",
                                 other.replace(" ", "_"))

    def measure(self, a, b):
        """Befriends the pair, sends a message, and looks what they have in the end."""
        self.befriend(a, b)
        ways, begun = [], time.monotonic()
        sent = self.nodes[a].json("send", b.replace(" ", "_"), "hello", "--wait", "delivered",
                                  "--timeout", str(LIMIT_S))
        took = time.monotonic() - begun
        ways.append(sent["way"])
        limit = LINK_S if can_link(a, b) else NO_LINK_S
        while not (linked := b in self.linked(a)) and time.monotonic() - begun < limit:
            time.sleep(0.02)
        linked_s = time.monotonic() - begun if linked else None
        again = self.nodes[a].json("send", b.replace(" ", "_"), "again", "--wait", "delivered",
                                   "--timeout", str(LIMIT_S))
        ways.append(again["way"])
        return {"first_s": took, "ways": ways, "linked_s": linked_s}


def can_link(a, b):
    """Whether the NATs between the two let a connection through, if both begin at once."""
    return not KINDS[a] or not KINDS[b] or "symmetric" not in KINDS[a] + KINDS[b]


def run(node, tracker_program, names):
    rows = {}
    with Network(names) as network, Place(node) as place, \
            our_tracker(PREFIX + "T", tracker_program, TRACKER):
        scene = Scene(network, place)
        scene.start()
        scene.settle()
        print(f"{'pair':<28} {'first message':>13}  {'its way':<11} {'link after':>10}  second",
              flush=True)
        for a, b in itertools.combinations(names, 2):
            row = rows[a, b] = scene.measure(a, b)
            link = "no link" if row["linked_s"] is None else f"{row['linked_s']:.2f} s"
            print(f"{a + ' - ' + b:<28} {row['first_s']:>11.2f} s  {row['ways'][0]:<11} "
                  f"{link:>10}  {row['ways'][1]}", flush=True)
    return rows


def check(rows):
    """What must hold, whatever the timing."""
    for (a, b), row in rows.items():
        if can_link(a, b):
            assert row["linked_s"] is not None and row["ways"][1] == "connection", (a, b, row)
        if (KINDS[a] + KINDS[b]).count("symmetric") == 2:
            assert row["linked_s"] is None and row["ways"][0] == "path", (a, b, row)


def may_make_spaces():
    if os.geteuid() != 0:
        return False
    name = PREFIX + "try"
    done = subprocess.run(["ip", "netns", "add", name], check=False, capture_output=True)
    if done.returncode != 0:
        return False
    nft = subprocess.run(["ip", "netns", "exec", name, "nft", "list", "ruleset"], check=False,
                         capture_output=True)
    subprocess.run(["ip", "netns", "delete", name], check=False)
    return nft.returncode == 0


def main():
    node, tracker = (os.path.abspath(p) for p in sys.argv[1:3])
    small = "--small" in sys.argv[3:]
    if not may_make_spaces():
        print("network namespaces cannot be made here")
        return SKIP
    check(run(node, tracker, SMALL if small else list(KINDS)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
