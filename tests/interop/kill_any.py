#!/usr/bin/python3
"""Three friends write to each other while one of them at random is killed (kill -9) and started
again, over and over. In the end every message that `send` accepted is with its receiver, once,
and in the order in which it was sent. Two more daemons are there so that the DHT is one.
usage: kill_any.py TAU-NODE [SECONDS] [SEED]"""
import json
import random
import subprocess
import sys
import threading
import time

from tau_node import Place, all_accepted, befriend, program_of, wait_until

SHORTEST_LIFE_S = 2.0
LONGEST_LIFE_S = 8.0
LONGEST_ABSENCE_S = 5.0
WRITE_PAUSE_S = 0.4
ARRIVAL_LIMIT_S = 300
NAMES = ("alice", "bob", "carol")


class Writer(threading.Thread):
    """Sends numbered texts of one person to the others, whenever its daemon accepts them."""

    def __init__(self, node, name, others, seed):
        super().__init__()
        self.node, self.name, self.others = node, name, others
        self.dice = random.Random(seed)
        self.accepted = {other: [] for other in others}
        self.refused = 0
        self.ended = threading.Event()

    def run(self):
        number = 0
        while not self.ended.wait(self.dice.random() * 2 * WRITE_PAUSE_S):
            number += 1
            to = self.dice.choice(self.others)
            text = f"{self.name} to {to} {number}"
            done = self.node.run("--json", "send", to.capitalize(), text)
            if done.returncode == 0:
                self.accepted[to].append((json.loads(done.stdout)["id"], text))
            else:
                self.refused += 1


def received(node, sender):
    """Texts of `sender` in the conversation as it is shown, the oldest first."""
    shown = node.json("inbox", sender.capitalize(), "--limit", "10000")
    return [m["text"] for m in shown if m.get("text", "").startswith(f"{sender} to ")]


def check(nodes, writers):
    """Waits for what is on its way, then counts."""
    end = time.monotonic() + ARRIVAL_LIMIT_S
    for writer in writers:
        for to, sent in writer.accepted.items():
            wanted = {text for _, text in sent}
            while wanted - set(received(nodes[to], writer.name)):
                missing = wanted - set(received(nodes[to], writer.name))
                assert time.monotonic() < end, (writer.name, to, len(missing), sorted(missing)[:5])
                time.sleep(0.5)  # between two polls of the daemon
            shown = received(nodes[to], writer.name)
            assert len(shown) == len(set(shown)), f"{writer.name} to {to}: shown twice"
            numbers = [int(text.split()[-1]) for text in shown]
            assert numbers == sorted(numbers), f"{writer.name} to {to}: order {numbers}"
            own = {m["id"] for m in writer.node.json("inbox", to.capitalize(), "--limit", "10000")}
            gone = {i for i, _ in sent} - own
            assert not gone, f"{writer.name} no longer has {len(gone)} that it accepted"


def main():
    program = program_of(sys.argv)
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 20
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    dice = random.Random(seed)
    print(f"{seconds:.0f} s of kills, seed {seed}", flush=True)
    with Place(program) as place:
        plain = [place.node(f"plain{i}") for i in range(2)]
        bootstrap = plain[0].start()["listen"]
        plain[1].start(bootstrap=bootstrap)
        nodes = {name: place.node(name) for name in NAMES}
        for node in nodes.values():
            node.start(bootstrap=bootstrap)
        befriend(*nodes.values())
        for node in nodes.values():
            wait_until(node, all_accepted, ("friend", "list"), ARRIVAL_LIMIT_S)
        writers = [Writer(nodes[name], name, [o for o in NAMES if o != name], seed + i)
                   for i, name in enumerate(NAMES)]
        for writer in writers:
            writer.start()
        kills = 0
        stop_at = time.monotonic() + seconds
        while time.monotonic() < stop_at:
            time.sleep(dice.uniform(SHORTEST_LIFE_S, LONGEST_LIFE_S))  # how long all are up
            victim = nodes[dice.choice(NAMES)]
            victim.kill()
            kills += 1
            time.sleep(dice.uniform(0, LONGEST_ABSENCE_S))  # how long it stays away
            victim.start(bootstrap=bootstrap)
        for writer in writers:
            writer.ended.set()
        for writer in writers:
            writer.join()
        count = sum(len(sent) for w in writers for sent in w.accepted.values())
        print(f"{kills} kills, {count} accepted, {sum(w.refused for w in writers)} refused",
              flush=True)
        began = time.monotonic()
        check(nodes, writers)
        print(f"all {count} arrived, once and in order, {time.monotonic() - began:.0f} s later")
        for node in (*nodes.values(), *plain):
            node.stop()


if __name__ == "__main__":
    try:
        main()
    except subprocess.TimeoutExpired as late:
        sys.exit(f"too late: {late}")
