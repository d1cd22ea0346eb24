#!/usr/bin/python3
"""Three real daemons A-B-C, where A and C cannot reach each other, and two
trackers: tau-tracker over TLS, which dies with messages under way, and a stock tracker over HTTP, which
knows no links.

usage: trackers.py TAU-NODE TAU-TRACKER     (as root; needs ip, nft, node, openssl)
"""
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tracker")]
from fenced_network import FencedNetwork  # noqa: E402
from overlay_lab import LIMIT_S, Process, wait_for  # noqa: E402
from tau_node import Place  # noqa: E402

NODE, TRACKER = (os.path.abspath(p) for p in sys.argv[1:3])
NAMES = "ABC"
ROUTER = FencedNetwork.ROUTER_ADDRESS


def certificate(folder):
    """An authority of the test, and a tracker's configuration with a certificate of it."""
    def run(*words):
        subprocess.run(list(map(str, words)), check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    ca, ca_key, own, own_key = (folder / n for n in ("ca.pem", "ca.key", "own.pem", "own.key"))
    run("openssl", "req", "-x509", *key, "-keyout", ca_key, "-out", ca, "-days", 2, "-subj",
        "/CN=test authority", "-addext", "basicConstraints=critical,CA:TRUE")
    run("openssl", "req", *key, "-keyout", own_key, "-out", folder / "request", "-subj",
        "/CN=tracker")
    (folder / "names").write_text(f"subjectAltName=IP:{ROUTER}\n")
    run("openssl", "x509", "-req", "-in", folder / "request", "-CA", ca, "-CAkey", ca_key,
        "-set_serial", 1, "-days", 1, "-extfile", folder / "names", "-out", own)
    own_key.chmod(0o600)
    config = folder / "tracker.toml"
    config.write_text(f'[tls]\ncertificate = "{own}"\nkey = "{own_key}"\n')
    return ca, config


class Scene:
    """The daemons with one list of trackers, as friends of each other."""

    def __init__(self, network, place, label, trackers, authority):
        self.network = network
        self.nodes = {name: place.node(label + name.lower()) for name in NAMES}
        self.wallets = {n: node.json("id")["wallet"] for n, node in self.nodes.items()}
        self.names = {wallet: n for n, wallet in self.wallets.items()}
        for name, node in self.nodes.items():
            node.start("--tracker", ",".join(trackers), listen=network.address(name) + ":6881",
                       within=network.within(name),
                       env={**os.environ, "SSL_CERT_FILE": str(authority)})
            node.json("topic", "join", "the app")

    def stop(self):
        for node in self.nodes.values():
            node.stop()

    def links(self, name):
        return {self.names[link["wallet"]] for link in self.nodes[name].json("peers")["links"]}

    def meet(self):
        wait_for("A-B-C", lambda: [self.links(n) for n in NAMES] == [{"B"}, {"A", "C"}, {"B"}])
        a, c = self.nodes["A"], self.nodes["C"]
        a.json("friend", "add", c.json("id")["uri"], "--name", "Carol")
        c.json("friend", "add", a.json("id")["uri"], "--name", "Ann")

    def tracker(self, name, scheme_or_port):
        rows = self.nodes[name].json("peers")["trackers"]
        return next(row for row in rows if scheme_or_port in row["tracker"])

    def told_paths(self):
        route = self.nodes["A"].json("route", self.wallets["C"])
        return {"".join(self.names[hop["wallet"]] for hop in path) for path in route["paths"]}

    def usable(self):
        route = self.nodes["A"].json("route", self.wallets["C"])
        return {"".join(self.names[w] for w in way) for way in route["usable"]}

    def send_over_b(self, text):
        sent = self.nodes["A"].json("send", "Carol", text, "--wait", "delivered", "--timeout",
                                    str(LIMIT_S))
        assert sent["way"] == "path", sent
        assert self.nodes["C"].json("inbox")[-1]["text"] == text


def ours_over_tls(network, place, files):
    authority, config = files
    with Process(network.hub, TRACKER, "--config", str(config), "--https", f"{ROUTER}:6443", "--udp",
                 f"{ROUTER}:6970", "--http", f"{ROUTER}:6971", "--admin",
                 "127.0.0.1:0") as tracker:
        scene = Scene(network, place, "tls", [f"https://{ROUTER}:6443/announce"], authority)
        scene.meet()
        wait_for("the tracker tells the path", lambda: scene.told_paths() == {"BC"})
        assert scene.tracker("A", "6443")["knows_links"]
        scene.send_over_b("told by a tracker over TLS")

        # It goes while messages are under way: nothing is lost, and two hops need no tracker.
        a = scene.nodes["A"]
        ids = [a.json("send", "Carol", f"before {i}")["id"] for i in range(10)]
        tracker.kill()
        ids += [a.json("send", "Carol", f"after {i}")["id"] for i in range(10)]

        def all_delivered():
            states = {m["id"]: m["state"] for m in a.json("inbox")}
            return all(states[i] in ("delivered", "read") for i in ids)

        wait_for("all delivered without the tracker", all_delivered)
        inbox = [m["id"] for m in scene.nodes["C"].json("inbox")]
        assert all(inbox.count(i) == 1 for i in ids), inbox
        wait_for("a path that B told of", lambda: scene.usable() == {"BC"})
        assert scene.told_paths() == set()
        scene.send_over_b("without any tracker")
        scene.stop()


def stock(network, place, files, scheme):
    """Presence works; routes are what neighbours tell; nobody gets into a wrong swarm."""
    with Process(network.hub, "node", str(HERE / "stock_tracker.mjs"), ROUTER, "6969") as tracker:
        url = f"{scheme}://{ROUTER}:6969" + ("/announce" if scheme == "http" else "")
        scene = Scene(network, place, "stock" + scheme, [url], files[0])
        scene.meet()
        assert scene.told_paths() == set()
        assert scene.usable() == {"BC"}, scene.usable()
        scene.send_over_b(f"past a stock tracker over {scheme}")
        for name in NAMES:
            row = scene.tracker(name, "6969")
            assert row["answers"] and not row["knows_links"], row
        stranger = "0x" + "17" * 20
        route = scene.nodes["A"].json("route", stranger)
        assert route["paths"] == [] and route["usable"] == [], route
        topic = scene.nodes["A"].json("topic", "list")[0]["info_hash"]
        ours = {topic} | {wallet[2:].lower() for wallet in scene.wallets.values()}
        swarms = set(tracker.ask())
        assert topic in swarms and swarms <= ours, swarms - ours
        scene.stop()


def main():
    with FencedNetwork(NAMES) as network, Place(NODE) as place:
        network.connect("AB", "BC")
        files = certificate(place.folder)
        began = time.monotonic()
        for label, step in (("ours over TLS", ours_over_tls),
                            ("stock over HTTP", lambda *w: stock(*w, "http")),
                            ("stock over UDP", lambda *w: stock(*w, "udp"))):
            step(network, place, files)
            print(f"{label}: {time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    main()
