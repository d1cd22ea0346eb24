#!/usr/bin/python3
"""Four real daemons A-B-D-E without any tracker: they meet over the DHT, of which one more daemon,
R, is the only node that all reach. A learns from E's channel with whom E is linked, and from B
with whom B is, and so of a path of two hops.

usage: no_tracker.py TAU-NODE     (as root; needs ip, nft)
"""
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from fenced_network import FencedNetwork  # noqa: E402
from overlay_lab import LIMIT_S, wait_for  # noqa: E402
from tau_node import Place  # noqa: E402

NODE = os.path.abspath(sys.argv[1])
NAMES = "ABDE"
DHT_NODE = "R"
PATIENCE_S = 120  # walks of the DHT wait for nodes that are cut off


class Scene:
    def __init__(self, network, place):
        def where(name):
            return {"listen": network.address(name) + ":6881", "within": network.within(name)}

        place.node("router").start(**where(DHT_NODE))
        self.nodes = {name: place.node(name.lower()) for name in NAMES}
        self.wallets = {n: node.json("id")["wallet"] for n, node in self.nodes.items()}
        self.names = {wallet: n for n, wallet in self.wallets.items()}
        for name, node in self.nodes.items():
            node.start(bootstrap=where(DHT_NODE)["listen"], **where(name))
            node.json("topic", "join", "the app")

    def links(self, name):
        return {self.names[link["wallet"]] for link in self.nodes[name].json("peers")["links"]}

    def usable(self):
        route = self.nodes["A"].json("route", self.wallets["E"])
        assert route["paths"] == [], "a tracker told of them"
        return {"".join(self.names[w] for w in way) for way in route["usable"]}


def main():
    with FencedNetwork(NAMES + DHT_NODE) as network, Place(NODE) as place:
        network.connect("AB", "BD", "DE", *(name + DHT_NODE for name in NAMES))
        began = time.monotonic()
        scene = Scene(network, place)
        a, e = scene.nodes["A"], scene.nodes["E"]
        wait_for("A-B-D-E", lambda: [scene.links(n) for n in NAMES]
                 == [{"B"}, {"A", "D"}, {"B", "E"}, {"D"}], PATIENCE_S)
        print(f"linked: {time.monotonic() - began:.1f} s", flush=True)
        a.json("friend", "add", e.json("id")["uri"], "--name", "Eve")
        e.json("friend", "add", a.json("id")["uri"], "--name", "Ann")
        a.json("send", "Eve", "by whatever way", "--wait", "delivered", "--timeout",
               str(PATIENCE_S))
        print(f"first message: {time.monotonic() - began:.1f} s", flush=True)
        a.json("send", "Eve", "who is linked with you?")
        wait_for("E's own word makes a path", lambda: scene.usable() == {"BDE"})
        print(f"a path is known: {time.monotonic() - began:.1f} s", flush=True)
        sent = a.json("send", "Eve", "over two hops", "--wait", "delivered", "--timeout",
                      str(LIMIT_S))
        assert sent["way"] == "path", sent
        assert "over two hops" in [m["text"] for m in e.json("inbox")]
        print(f"delivered over it: {time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    main()
