#!/usr/bin/env python3
"""Random networks with random offline nodes: first hops and hop counts that the
real tracker tells must equal those of an independent search (networkx).

usage: random_networks.py TAU_TRACKER SIGNER [NETWORKS=200] [SEED=1]
"""
import http.client
import json
import random
import subprocess
import sys
import time
import urllib.parse

import networkx

from tracker_lab import Signer


class Tracker:
    def __init__(self, program: str) -> None:
        self.process = subprocess.Popen(
            [program, "--udp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            if line == "ready\n":
                break
            kind, where = line.split()
            if kind == "http":
                self.name = where
        self.connection = http.client.HTTPConnection(self.name)

    def get(self, query: dict) -> dict:
        self.connection.request("GET", "/announce?" + urllib.parse.urlencode(query),
                                headers={"Accept": "application/json"})
        answer = json.loads(self.connection.getresponse().read())
        assert "error" not in answer, answer
        return answer

    def stop(self) -> None:
        self.connection.close()
        self.process.terminate()
        assert self.process.wait(20) == 0


class Node:
    clock = int(time.time() * 1000)

    def __init__(self, signer: Signer, number: int) -> None:
        self.signer = signer
        self.secret = number.to_bytes(32, "big")
        self.peer_id = number.to_bytes(20, "big").hex()
        self.port = 1000 + number
        self.wallet = signer.sign(self.secret, "any")[0]

    def say(self, tracker: Tracker, action: str, target: str, event="none", links=(), paths=2):
        Node.clock += 1
        changes = ",".join(links)
        statement = "|".join(map(str, [
            "tau-tracker-v1", tracker.name, self.wallet, self.peer_id, action, target, event,
            self.port, 0, 0, 0, paths, changes, Node.clock]))
        query = {"info_hash": target, "peer_id": self.peer_id, "port": self.port, "left": 0,
                 "wallet": self.wallet, "time": Node.clock, "action": action, "paths": paths,
                 "sign": self.signer.sign(self.secret, statement)[1]}
        if event != "none":
            query["event"] = event
        if changes:
            query["links"] = changes
        return tracker.get(query)


def first_hops(graph: networkx.Graph, source: str, target: str) -> dict[str, int]:
    """Hop counts of the shortest paths from `source` by each of its neighbours."""
    rest = graph.copy()
    neighbours = list(graph.neighbors(source))
    rest.remove_node(source)
    lengths = networkx.single_source_shortest_path_length(rest, target)
    return {n: lengths[n] + 1 for n in neighbours if n in lengths}


def check_route(graph, source, target, answer, wanted) -> None:
    expected = first_hops(graph, source, target)
    counts = sorted(expected.values())[:wanted]
    told = [[hop["wallet"].removeprefix("0x") for hop in path] for path in answer["paths"]]
    distinct = told[:len(counts)]
    assert len(told) >= len(counts), (told, expected)
    assert [len(path) for path in distinct] == counts, (told, expected)
    assert len({path[0] for path in distinct}) == len(distinct), told
    for path in told:
        assert path[-1] == target and len(set(path)) == len(path), path
        assert all(graph.has_edge(a, b) for a, b in zip([source] + path, path)), path
    for path in distinct:
        assert len(path) == expected[path[0]], (path, expected)


def play(tracker: Tracker, nodes: list[Node], dice: random.Random) -> int:
    topic = "77" * 20
    graph = networkx.Graph()
    nodes = nodes[:dice.randint(4, len(nodes))]
    by_wallet = {n.wallet: n for n in nodes}
    for node in nodes:
        node.say(tracker, "topic", topic, "started")
        graph.add_node(node.wallet)
    for _ in range(int(len(nodes) * dice.uniform(0.8, 2.5))):
        a, b = dice.sample(nodes, 2)
        graph.add_edge(a.wallet, b.wallet)
    for node in nodes:
        if neighbours := list(graph.neighbors(node.wallet)):
            node.say(tracker, "link", neighbours[0], links=neighbours[1:])
    for node in dice.sample(nodes, len(nodes) // 5):
        node.say(tracker, "topic", topic, "stopped")
        graph.remove_node(node.wallet)
    online = list(graph.nodes)
    for _ in range(8):
        source, target = dice.sample(online, 2)
        wanted = dice.randint(1, 8)
        answer = by_wallet[source].say(tracker, "route", target, paths=wanted)
        check_route(graph, source, target, answer, wanted)
    for node in nodes:
        node.say(tracker, "topic", node.wallet, "stopped")
    return 8


def main() -> None:
    program, signer_program = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 200
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    dice = random.Random(seed)
    signer = Signer(signer_program)
    nodes = [Node(signer, i + 1) for i in range(24)]
    tracker = Tracker(program)
    try:
        routes = 0
        for number in range(count):
            try:
                routes += play(tracker, nodes, dice)
            except AssertionError:
                print(f"network {number} of seed {seed}", file=sys.stderr)
                raise
        print(f"{routes} routes in {count} random networks equal networkx's (seed {seed})")
    finally:
        tracker.stop()
        signer.stop()


if __name__ == "__main__":
    main()
