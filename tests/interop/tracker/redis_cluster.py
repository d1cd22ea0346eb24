#!/usr/bin/env python3
"""Two real trackers on a real Redis cluster of three masters with a replica each. Under
load a master is killed: nobody is told anything wrong, announces go on to be answered,
and afterwards both trackers know every peer that announced at either.

usage: redis_cluster.py TAU_TRACKER [--seconds 6] [--rate 500] [--node-timeout-ms 1000]
"""
import argparse
import collections
import pathlib
import random
import select
import struct
import tempfile
import time

from front_ends import ANNOUNCE, ERROR, Cluster, Tracker, Udp, until

SWARMS = 64
TICK = 0.01


class Front:
    """One tracker under load, and what it must know because it was told."""

    def __init__(self, tracker: Tracker, base_port: int) -> None:
        self.tracker = tracker
        self.udp = Udp(tracker)
        self.next_port = base_port
        self.in_flight = {}
        self.live = collections.defaultdict(set)
        self.stopped = collections.defaultdict(set)
        self.answers = 0
        self.longest_silence = 0.0
        self.last_answer = time.monotonic()

    def announce(self, hashes: list[bytes], rng: random.Random) -> None:
        """One in eight is the end of a peer that announced here before."""
        info_hash = rng.choice(hashes)
        event = "none"
        if rng.random() < 0.125 and self.live[info_hash]:
            port, event = rng.choice(sorted(self.live[info_hash])), "stopped"
        else:
            port, self.next_port = self.next_port, self.next_port + 1
        number = self.udp.send(ANNOUNCE, Udp.announce_body(info_hash, port, event, wanted=50))
        self.in_flight[number] = (info_hash, port, event, time.monotonic())

    def collect(self, known: dict[bytes, set[int]]) -> None:
        now = time.monotonic()
        for answer in self.udp.collect():
            asked = self.in_flight.pop(struct.unpack("!I", answer[4:8])[0], None)
            assert answer[3] != ERROR, answer
            if asked is None:
                continue
            info_hash, port, event, _ = asked
            self.longest_silence = max(self.longest_silence, now - self.last_answer)
            self.last_answer = now
            self.answers += 1
            if event == "stopped":
                self.live[info_hash].discard(port)
                self.stopped[info_hash].add(port)
                continue
            self.live[info_hash].add(port)
            told = Udp.peers_of(answer)
            assert told <= known[info_hash], "told of a peer that never announced"
            leechers = struct.unpack("!I", answer[12:16])[0]
            in_flight = sum(1 for a in self.in_flight.values() if a[0] == info_hash)
            assert leechers >= len(self.live[info_hash]) - in_flight - 1, "forgot whom it knew"


class Prober:
    """How long what was announced at one is unknown to the other, by lane of the state."""

    def __init__(self, rng: random.Random, fronts: list[Front]) -> None:
        self.rng, self.sides = rng, [(Udp(a.tracker), Udp(b.tracker))
                                     for a, b in (fronts, fronts[::-1])]
        self.waiting = []
        self.delays = []
        self.turn = 0

    def step(self) -> None:
        self.turn += 1
        here, there = self.sides[self.turn % 2]
        info_hash = self.rng.randbytes(20)
        here.announce(info_hash, 9)
        self.waiting.append((time.monotonic(), info_hash, there))
        self.look()

    def look(self) -> None:
        still = []
        for begun, info_hash, there in self.waiting:
            if sum(there.scrape(info_hash)) == 1:
                self.delays.append(time.monotonic() - begun)
            else:
                still.append((begun, info_hash, there))
        self.waiting = still


def run_load(fronts, prober, hashes, rng, known, rate: int, seconds: float, at_third) -> float:
    """Returns the longest pause of this client itself, which a busy machine makes."""
    begun = last = time.monotonic()
    done = 0
    own_pause = 0.0
    is_killed = False
    while (passed := time.monotonic() - begun) < seconds:
        if not is_killed and passed > seconds / 3:
            is_killed = True
            at_third()
            last = time.monotonic()
        while done < passed * rate:
            done += 1
            for front in fronts:
                front.announce(hashes, rng)
                for info_hash, port, _, _ in list(front.in_flight.values())[-1:]:
                    known[info_hash].add(port)
        for front in fronts:
            front.collect(known)
        prober.step()
        own_pause, last = max(own_pause, time.monotonic() - last), time.monotonic()
        select.select([f.udp.socket for f in fronts], [], [], TICK)
    for front in fronts:
        until(lambda f=front: (f.collect(known), not f.in_flight)[1], "every announce is answered")
    return own_pause


def check_all_known(fronts, hashes) -> None:
    for info_hash in hashes:
        wanted = set().union(*(f.live[info_hash] for f in fronts))
        gone = set().union(*(f.stopped[info_hash] for f in fronts))
        for front in fronts:
            until(lambda f=front: f.udp.scrape(info_hash)[2] == len(wanted),
                  f"all {len(wanted)} peers are known")
            told = front.udp.peers(info_hash)
            assert told <= wanted and not told & gone
            assert len(told) >= min(200, len(wanted))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rate", type=int, default=500, help="announces a second at each")
    parser.add_argument("--node-timeout-ms", type=int, default=1000)
    a = parser.parse_args()
    rng = random.Random(1)
    hashes = [rng.randbytes(20) for _ in range(SWARMS)]
    known = collections.defaultdict(set)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        cluster = Cluster(folder, a.node_timeout_ms)
        trackers = [Tracker(a.program, folder, "--store", cluster.url()) for _ in range(2)]
        try:
            fronts = [Front(t, base) for t, base in zip(trackers, (1000, 30000))]
            assert all(t.health() == "ok\n" for t in trackers), trackers[0].health()
            prober = Prober(rng, fronts)
            victim = rng.choice(cluster.masters())
            pause = run_load(fronts, prober, hashes, rng, known, a.rate, a.seconds, victim.kill)
            until(lambda: (prober.look(), not prober.waiting)[1], "every probe arrived")
            check_all_known(fronts, hashes)
            for t in trackers:
                until(lambda t=t: t.health() == "ok\n", "all is well again")
                assert t.metric("tau_tracker_redis_malformed_total") == 0
            delays = sorted(prober.delays)
            print(f"{sum(f.answers for f in fronts)} announces answered, a master killed; "
                  f"longest silence of a tracker {max(f.longest_silence for f in fronts) * 1000:.0f} ms, "
                  f"longest pause of this client {pause * 1000:.0f} ms")
            print(f"known to the other after: p50 {delays[len(delays) // 2] * 1000:.0f} ms; longest "
                  f"{delays[-1]:.2f} s, while the replica was promoted "
                  f"(node timeout {a.node_timeout_ms} ms)")
            print(f"sent again {sum(t.metric('tau_tracker_redis_sent_again_total') for t in trackers):.0f}, "
                  f"redirects {sum(t.metric('tau_tracker_redis_redirects_total') for t in trackers):.0f}, "
                  f"gaps {sum(t.metric('tau_tracker_redis_gaps_total') for t in trackers):.0f}")
            for t in trackers:
                t.stop()
        finally:
            for t in trackers:
                t.kill()
            cluster.kill()


if __name__ == "__main__":
    main()
