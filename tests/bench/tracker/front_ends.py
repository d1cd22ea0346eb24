#!/usr/bin/env python3
"""Two tau-trackers on one Redis, each given 20,000 announces a second: what they answer,
what it costs, and how soon one knows what the other was told, meanwhile and at rest.

usage: front_ends.py BUILD_FOLDER [--rate 20000] [--seconds 20] [--samples 300]
"""
import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "interop/tracker"))
from front_ends import Redis, Tracker, Udp, until  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
rng = random.Random(7)


def cpu_s(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def sharing_delays(one: Udp, other: Udp, samples: int, running) -> list[float]:
    """From the answer of one to the first answer of the other that knows of it, ms."""
    out = []
    while len(out) < samples and running():
        info_hash = rng.randbytes(20)
        one.announce(info_hash, 5)
        begun = time.perf_counter()
        until(lambda: sum(other.scrape(info_hash)) == 1, "the other knows", pause=0.0005)
        out.append((time.perf_counter() - begun) * 1000)
    return sorted(out)


def print_delays(when: str, delays: list[float]) -> None:
    print(f"{when}: known to the other after p50 {delays[len(delays) // 2]:.1f} ms, "
          f"p99 {delays[len(delays) * 99 // 100]:.1f} ms, slowest {delays[-1]:.1f} ms "
          f"of {len(delays)}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--samples", type=int, default=300)
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        redis = Redis(folder / "redis")
        fronts = [Tracker(str(a.build / "bin/tau-tracker"), folder, "--store", redis.url())
                  for _ in range(2)]
        try:
            one, other = (Udp(f) for f in fronts)
            print_delays("at rest", sharing_delays(one, other, a.samples, lambda: True))
            pids = {"tracker 1": fronts[0].process.pid, "tracker 2": fronts[1].process.pid,
                    "redis": redis.process.pid}
            before = {n: cpu_s(p) for n, p in pids.items()}
            loads = [subprocess.Popen(
                [a.build / "bench/udp_load", f.at["udp"].rsplit(":", 1)[1], "--rate", str(a.rate),
                 "--seconds", str(a.seconds)], stdout=subprocess.PIPE) for f in fronts]
            delays = sharing_delays(one, other, 1_000_000,
                                    lambda: all(p.poll() is None for p in loads))
            for i, load in enumerate(loads):
                answered = json.loads(load.communicate()[0])["answers_per_s"]
                print(f"tracker {i + 1}: {answered:.0f} announces/s answered")
            print_delays("under load", delays)
            for n, p in pids.items():
                print(f"{n}: {(cpu_s(p) - before[n]) / a.seconds * 100:.0f} % of a processor")
            for f in fronts:
                until(lambda f=f: f.metric("tau_tracker_redis_queued_octets") == 0, "all is sent")
                assert f.metric("tau_tracker_redis_dropped_changes_total") == 0
            counts = [f.metric("tau_tracker_peers") for f in fronts]
            until(lambda: len({f.metric("tau_tracker_peers") for f in fronts}) == 1,
                  f"both know the same peers, not {counts}")
            print(f"both know {fronts[0].metric('tau_tracker_peers'):.0f} peers; Redis holds "
                  f"{int(redis.cli('info', 'memory').split('used_memory:')[1].split()[0]) >> 20} MB")
            begun = time.perf_counter()
            late = Tracker(str(a.build / "bin/tau-tracker"), folder, "--store", redis.url())
            print(f"a third tracker knew {late.metric('tau_tracker_peers'):.0f} of them "
                  f"{time.perf_counter() - begun:.2f} s after it was started")
            late.kill()
        finally:
            for f in fronts:
                f.kill()
            redis.kill()


if __name__ == "__main__":
    main()
