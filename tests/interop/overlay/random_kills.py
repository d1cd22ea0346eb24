#!/usr/bin/python3
"""Many real daemons with random links among them, which come and go, and daemons that are
killed and started again, all under traffic: each message that was taken arrives exactly once,
in the order of its sender, and no queue stays.

Each node is in a network namespace of its own; the router between them lets through what a
link needs. Messages go to friends anywhere, hence over hops. Everything follows from the seed.

usage: random_kills.py TAU-NODE TAU-TRACKER [SECONDS=60] [NODES=60] [SEED=1]
       (as root; needs ip, nft)
"""
import collections
import concurrent.futures
import http.client
import json
import os
import pathlib
import random
import socket
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from fenced_network import FencedNetwork  # noqa: E402
from overlay_lab import our_tracker  # noqa: E402
from tau_node import Place  # noqa: E402

NODE, TRACKER = (os.path.abspath(p) for p in sys.argv[1:3])
SECONDS, NODES, SEED = (int(given) if given else usual for given, usual in zip(
    sys.argv[3:6] + [""] * 3, (60, 60, 1)))
TRACKER_ADDRESS = FencedNetwork.ROUTER_ADDRESS + ":6969"
DEGREE = 4         # links of a node, about
FRIENDS = 3        # of each node, anywhere in the network
DRAIN_S = 180      # for what is under way at the end
CARRY_LIFE_S = 20  # a receipt that nobody signs for leaves its queue
MESSAGES_PER_S = 8  # of all nodes together
KILL_EVERY_S, CUT_EVERY_S = 5, 4
AWAY_S = 6         # before a killed node is started again, and a cut link mended
MOST_HELD, MOST_GROWTH_MIB = 4096, 170  # of any node, since all links stood


class Daemon:
    """One node, spoken to over its socket: commands would cost a process each."""

    def __init__(self, network, name, node):
        self.network, self.name, self.node = network, name, node
        self.alive = False
        self.wallet = self.uri = None
        self.said = open(pathlib.Path(node.data).parent / f"{name}.err", "ab")

    def start(self):
        self.node.start("--tracker", "udp://" + TRACKER_ADDRESS,
                        listen=self.network.address(self.name) + ":6881",
                        within=self.network.within(self.name), stderr=self.said)
        self.alive = True

    def kill(self):
        self.alive = False
        self.node.kill()

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("localhost", timeout=30)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(30)
        try:
            connection.sock.connect(str(self.node.data / "control.sock"))
        except OSError as error:
            raise AssertionError(f"{self.name} is gone: {self.node.daemon.poll()}, "
                                 f"{pathlib.Path(self.said.name).read_text()}") from error
        connection.request(method, path, None if body is None else json.dumps(body))
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        assert answer.status < 300, (self.name, path, answer.status, text)
        return json.loads(text)

    def resident_mib(self):
        # The child of `ip netns exec` is the daemon itself: it replaces it.
        status = pathlib.Path(f"/proc/{self.node.daemon.pid}/status").read_text()
        return next(int(row.split()[1]) / 1024 for row in status.splitlines()
                    if row.startswith("VmRSS"))


class Lab:
    def __init__(self, network, place):
        self.random = random.Random(SEED)
        self.network = network
        self.daemons = [Daemon(network, name, place.node(f"node{name}", identity=False))
                        for name in network.names]
        self.links = set()
        self.cut = []     # (when to mend, link)
        self.killed = []  # (when to start, daemon)
        self.sent = collections.defaultdict(list)  # (from, to) -> ids in order
        self.ways = collections.Counter()
        self.kills = self.cuts = self.refused = 0
        self.rest_mib = self.peak_held = self.peak_mib = 0

    def each(self, work, over=None):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            return list(pool.map(work, over or self.daemons))

    def build(self):
        def begin(one):
            one.node.json("init", "--name", f"N{one.name}")
            one.start()
            told = one.ask("GET", "/v1/identity")
            one.wallet, one.uri = told["wallet"], told["uri"]

        self.each(begin)
        # A ring, so that all are connected, and random links across it.
        count = len(self.daemons)
        for i in range(count):
            self.links.add((i, (i + 1) % count))
        while len(self.links) < count * DEGREE // 2:
            a, b = self.random.sample(range(count), 2)
            if (b, a) not in self.links:
                self.links.add((a, b))
        self.network.connect(*self.named(self.links))
        self.each(lambda link: [self.daemons[end].ask("POST", "/v1/topics",
                                                      {"name": "{}-{}".format(*link)})
                                for end in link], sorted(self.links))
        self.friends = {}
        for i in range(count):
            for j in self.random.sample([k for k in range(count) if k != i], FRIENDS):
                self.friends[tuple(sorted((i, j)))] = True
        self.each(lambda pair: [self.daemons[a].ask(
            "POST", "/v1/friends", {"contact": self.daemons[b].uri, "name": f"F{b}"})
            for a, b in (pair, pair[::-1])], list(self.friends))
        self.pairs = sorted({(a, b) for a, b in self.friends} | {(b, a) for a, b in self.friends})

    def named(self, links):
        return [(self.network.names[a], self.network.names[b]) for a, b in links]

    def wait_for_links(self):
        end = time.monotonic() + 120
        while time.monotonic() < end:
            found = sum(len(d.ask("GET", "/v1/peers")["links"]) for d in self.daemons)
            if found >= 0.9 * 2 * len(self.links):
                return found // 2
            time.sleep(1)
        raise AssertionError(f"only {found} of {2 * len(self.links)} ends of links")

    def send(self):
        sender, receiver = self.random.choice(self.pairs)
        one = self.daemons[sender]
        number = len(self.sent[sender, receiver])
        if not one.alive:
            return
        taken = one.ask("POST", "/v1/messages", {"to": f"F{receiver}",
                                                 "text": f"{sender} to {receiver}: {number}"})
        self.sent[sender, receiver].append(taken["id"])

    def disturb(self, now):
        count = len(self.daemons)
        if now >= self.next_kill:
            self.next_kill += KILL_EVERY_S
            victim = self.daemons[self.random.randrange(count)]
            if victim.alive:
                victim.kill()
                self.kills += 1
                self.killed.append((now + AWAY_S, victim))
        if now >= self.next_cut:
            self.next_cut += CUT_EVERY_S
            link = self.random.choice(sorted(self.links))
            if all(link != one for _, one in self.cut):
                self.network.part(*self.named([link]))
                self.cuts += 1
                self.cut.append((now + AWAY_S, link))
        self.mend(now)

    def mend(self, now):
        for due, link in [one for one in self.cut if one[0] <= now]:
            self.network.connect(*self.named([link]))
            self.cut.remove((due, link))
        for due, victim in [one for one in self.killed if one[0] <= now]:
            victim.start()
            self.killed.remove((due, victim))

    def look(self):
        """The largest queues and memory that any node has now."""
        for one in self.daemons:
            if one.alive:
                self.peak_held = max(self.peak_held,
                                     one.ask("GET", "/v1/peers")["forwarding"]["held"])
                self.peak_mib = max(self.peak_mib, one.resident_mib())
        growth = self.peak_mib - self.rest_mib
        assert self.peak_held <= MOST_HELD and growth <= MOST_GROWTH_MIB, (self.peak_held, growth)

    def run(self):
        begun = time.monotonic()
        self.next_kill, self.next_cut = begun + KILL_EVERY_S, begun + CUT_EVERY_S
        next_look = begun + 20
        made = 0
        while (now := time.monotonic()) < begun + SECONDS:
            while made < (now - begun) * MESSAGES_PER_S:
                self.send()
                made += 1
            self.disturb(now)
            if now >= next_look:
                next_look = now + 60
                self.look()
            time.sleep(0.02)
        self.mend(float("inf"))

    def states(self):
        """How many messages are not delivered yet, and how many went which way."""
        self.ways.clear()
        left = 0
        for i, one in enumerate(self.daemons):
            own = {id for (sender, _), ids in self.sent.items() if sender == i for id in ids}
            for message in one.ask("GET", "/v1/messages?limit=10000"):
                if message["id"] in own:
                    done = message["state"] in ("delivered", "read")
                    left += not done
                    self.ways[message.get("way") if done else "waiting"] += 1
        return left

    def drain(self):
        end = time.monotonic() + DRAIN_S
        while (left := self.states()) and time.monotonic() < end:
            time.sleep(2)
        assert left == 0, (f"{left} were not delivered", self.ways)

    def check_arrivals(self):
        """Exactly once, and in the order of the sender."""
        for i, one in enumerate(self.daemons):
            arrived = collections.defaultdict(list)
            for message in one.ask("GET", "/v1/messages?limit=10000"):
                text = message.get("text") or ""
                if f" to {i}: " in text and not text.startswith(f"{i} to "):
                    arrived[int(text.split(" ")[0])].append(message["id"])
            for (sender, receiver), ids in self.sent.items():
                if receiver == i:
                    assert arrived[sender] == ids, (sender, receiver, len(ids),
                                                    len(arrived[sender]))

    def check_queues(self):
        end = time.monotonic() + CARRY_LIFE_S
        for one in self.daemons:
            while (counts := one.ask("GET", "/v1/peers")["forwarding"])["waiting"]:
                assert time.monotonic() < end, (one.name, counts)
                time.sleep(0.1)
        self.look()


def main():
    with FencedNetwork([str(i) for i in range(NODES)]) as network, Place(NODE) as place, \
            our_tracker(network.hub, TRACKER, TRACKER_ADDRESS):
        lab = Lab(network, place)
        begun = time.monotonic()

        def passed(what):
            print(f"{what}: {time.monotonic() - begun:.1f} s", flush=True)

        lab.build()
        passed(f"{NODES} nodes run")
        passed(f"{lab.wait_for_links()} of {len(lab.links)} links stand")
        lab.rest_mib = max(one.resident_mib() for one in lab.daemons)
        lab.run()
        passed(f"{sum(map(len, lab.sent.values()))} messages sent, {lab.kills} nodes killed, "
               f"{lab.cuts} links cut")
        lab.drain()
        passed(f"all delivered, by way {dict(lab.ways)}")
        lab.check_arrivals()
        lab.check_queues()
        passed(f"each once and in order; a node held at most {lab.peak_held} frames and "
               f"{lab.peak_mib:.0f} MiB")


if __name__ == "__main__":
    main()
