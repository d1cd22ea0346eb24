#!/usr/bin/python3
"""The network of the source document with real daemons: five tau-node and a tau-tracker, each in
a network namespace of its own, and links A-B, A-C, B-D, C-D, D-E; every other pair is cut off by
nftables. Messages go from A to E over the hops, while hops are killed; at last the way is opened.

usage: five_nodes.py TAU-NODE TAU-TRACKER     (as root; needs ip, nft, tc)
"""
import hashlib
import os
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from fenced_network import FencedNetwork  # noqa: E402
from overlay_lab import LIMIT_S, our_tracker, wait_for  # noqa: E402
from tau_node import Place  # noqa: E402

NODE, TRACKER = (os.path.abspath(p) for p in sys.argv[1:3])
NAMES = "ABCDE"
LINKS = {"AB", "AC", "BD", "CD", "DE"}
TRACKER_ADDRESS = FencedNetwork.ROUTER_ADDRESS + ":6969"
FILE_LIMIT_S = 120
FILE_WAY = "20mbit"


class Scene:
    def __init__(self, network, place):
        self.network = network
        self.nodes = {name: place.node(name.lower()) for name in NAMES}
        self.wallets = {n: node.json("id")["wallet"] for n, node in self.nodes.items()}
        self.names = {wallet: n for n, wallet in self.wallets.items()}

    def start(self, name):
        where = {n: self.network.address(n) + ":6881" for n in NAMES}
        self.nodes[name].start("--tracker", "udp://" + TRACKER_ADDRESS,
                               bootstrap=",".join(where[o] for o in NAMES if o != name),
                               listen=where[name], within=self.network.within(name))

    def links(self, name):
        return {self.names[link["wallet"]] for link in self.nodes[name].json("peers")["links"]}

    def wait_for_links(self, alive=NAMES):
        for name in alive:
            wanted = {o for o in alive if {name + o, o + name} & LINKS}
            wait_for(f"links of {name}: {wanted}", lambda: self.links(name) == wanted)

    def trace(self, name, message):
        trace = self.nodes[name].json("trace", message)
        ways = [[self.names[w] for w in step["way"]] for step in trace["steps"]
                if step["step"] == "acknowledged"]
        return trace, ways[-1] if ways else None


def shape_is_found(scene):
    for node in scene.nodes.values():
        node.json("topic", "join", "the app")
    scene.wait_for_links()


def friends(scene):
    a, e = scene.nodes["A"], scene.nodes["E"]
    a.json("friend", "add", e.json("id")["uri"], "--name", "Eve")
    e.json("friend", "add", a.json("id")["uri"], "--name", "Ann")


def routes(scene):
    def paths():
        route = scene.nodes["A"].json("route", scene.wallets["E"])
        assert not route["linked"]
        return {"".join(scene.names[hop["wallet"]] for hop in path) for path in route["paths"]}

    # The tracker hears of a link from both its ends, each when it announces next.
    wait_for("the routes by B and by C", lambda: paths() == {"BDE", "CDE"})


def message_goes_over_hops(scene):
    sent = scene.nodes["A"].json("send", "Eve", "over three hops", "--wait", "delivered",
                                 "--timeout", str(LIMIT_S))
    assert sent["way"] == "path", sent
    _, way = scene.trace("A", sent["id"])
    assert way in (["B", "D", "E"], ["C", "D", "E"]), way
    assert scene.nodes["E"].json("inbox")[-1]["text"] == "over three hops"
    back = scene.nodes["E"].json("send", "Ann", "and back", "--wait", "delivered", "--timeout",
                                 str(LIMIT_S))
    assert back["way"] == "path", back
    return way[0]


def send_file(scene, path, octets):
    path.write_bytes(octets)
    sent = scene.nodes["A"].json("send", "Eve", "--file", str(path), "--wait", "delivered",
                                 "--timeout", str(LIMIT_S))["id"]
    wait_for(f"{path.name} is told of", lambda: any(
        m["id"] == sent for m in scene.nodes["E"].json("inbox")))
    return sent


def is_unchanged(scene, sent, octets, path):
    scene.nodes["E"].json("save", sent, str(path), timeout=FILE_LIMIT_S)
    assert not scene.nodes["A"].json("route", scene.wallets["E"])["linked"]
    return hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(octets).digest()


def picture_crosses(scene, folder):
    octets = random.Random("picture").randbytes(200 * 1024)
    sent = send_file(scene, folder / "picture.png", octets)
    assert is_unchanged(scene, sent, octets, folder / "saved.png")


def large_file_crosses(scene, network, folder, hop):
    """20 MiB reach E over a narrow way, though the hop in use dies in the middle; a message is
    not held up by it, and nothing comes twice over."""
    network.narrow("D", FILE_WAY)
    octets = random.Random("film").randbytes(20 * 1024 * 1024)
    began = time.monotonic()
    sent = send_file(scene, folder / "film.mkv", octets)
    e = scene.nodes["E"]

    def fetched():
        return next(m["file"]["fetched_bytes"] for m in e.json("inbox") if m["id"] == sent)

    wait_for("a part of it is there", lambda: fetched() > len(octets) // 4, FILE_LIMIT_S)
    asked = time.monotonic()
    scene.nodes["A"].json("send", "Eve", "meanwhile", "--wait", "delivered", "--timeout",
                          str(LIMIT_S))
    said = time.monotonic() - asked
    scene.nodes[hop].kill()
    at_death = fetched()
    assert at_death < len(octets), "it was through before the hop died"
    assert is_unchanged(scene, sent, octets, folder / "saved.mkv")
    took = time.monotonic() - began
    print(f"  20 MiB over a way of {FILE_WAY}: {took:.1f} s; {hop} killed after "
          f"{at_death / len(octets):.0%}; a message beside it took {said:.2f} s")
    wait_for("the sender knows", lambda: next(
        m["file"]["state"] for m in scene.nodes["A"].json("inbox") if m["id"] == sent)
        == "complete")
    network.narrow("D", None)
    scene.start(hop)
    scene.wait_for_links()


def delivered(scene, ids):
    states = {m["id"]: m["state"] for m in scene.nodes["A"].json("inbox")}
    return all(states[i] in ("delivered", "read") for i in ids)


def first_hop_dies(scene, hop):
    """Messages under way when it dies arrive by the other path, none twice."""
    a = scene.nodes["A"]
    ids = [a.json("send", "Eve", f"before {i}")["id"] for i in range(5)]
    scene.nodes[hop].kill()
    ids += [a.json("send", "Eve", f"after {i}")["id"] for i in range(5)]
    wait_for("all delivered by the other hop", lambda: delivered(scene, ids))
    other = "C" if hop == "B" else "B"
    _, way = scene.trace("A", ids[-1])
    assert way == [other, "D", "E"], way
    inbox = [m["id"] for m in scene.nodes["E"].json("inbox")]
    assert all(inbox.count(i) == 1 for i in ids), inbox
    scene.start(hop)
    scene.wait_for_links()


def only_hop_dies(scene):
    """Without D nothing leads to E: the message waits, and arrives when D is back."""
    scene.nodes["D"].kill()
    a = scene.nodes["A"]
    wait_for("nobody is linked with D", lambda: scene.links("E") == set())
    waiting = a.json("send", "Eve", "wait for me")["id"]
    assert not delivered(scene, [waiting])
    scene.start("D")
    wait_for("delivered when D is back", lambda: delivered(scene, [waiting]))
    scene.wait_for_links()


def open_the_way(scene, network):
    """Improvement 2 of the source: A may open connections, so it reaches E itself."""
    network.connect("AE")
    a = scene.nodes["A"]

    def is_linked():
        return a.json("route", scene.wallets["E"])["linked"]

    wait_for("A is linked with E", is_linked)
    sent = a.json("send", "Eve", "directly", "--wait", "delivered", "--timeout", str(LIMIT_S))
    assert sent["way"] in ("connection", "direct"), sent


def topic_talk(scene):
    a, e = scene.nodes["A"], scene.nodes["E"]
    a.json("topic", "say", "the app", "hello, all of you")
    wait_for("E reads what A said", lambda: b"hello, all of you" in e.run(
        "--json", "topic", "read", "the app").stdout)
    assert [t["name"] for t in e.json("topic", "list")] == ["the app"]


def main():
    with FencedNetwork(NAMES) as network, Place(NODE) as place, \
            our_tracker(network.hub, TRACKER, TRACKER_ADDRESS):
        network.connect(*LINKS)
        scene = Scene(network, place)
        for name in NAMES:
            scene.start(name)
        began = time.monotonic()

        def run(step, *more):
            out = step(scene, *more)
            print(f"{step.__name__}: {time.monotonic() - began:.1f} s", flush=True)
            return out

        for step in (shape_is_found, friends, routes):
            run(step)
        hop = run(message_goes_over_hops)
        run(picture_crosses, place.folder)
        run(large_file_crosses, network, place.folder, hop)
        run(topic_talk)
        run(first_hop_dies, hop)
        run(only_hop_dies)
        run(open_the_way, network)


if __name__ == "__main__":
    main()
