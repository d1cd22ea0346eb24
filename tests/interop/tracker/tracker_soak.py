#!/usr/bin/env python3
"""The real tracker under full load, with clients that come and go, and a kill -9 each minute.

Thousands of clients announce over UDP and HTTP, wallets sign announces, links and routes.
Each minute the tracker is killed and started again from its last snapshot. What must hold:
memory is the same in every life and grows in none; a started tracker serves within 5 s; every
client is served again without help; what is left of the network answers routes.

usage: tracker_soak.py TAU_TRACKER TRACKER_SOAK_LOAD [MINUTES=30] [--udp N] [--http N]
                       [--wallets N] [--interval-ms N] [--cpu N]
"""
import argparse
import json
import os
import select
import statistics
import subprocess
import sys
import tempfile
import time

from tracker_lab import (HOST, PORT, HttpClient, Tracker, UdpClient, enter_namespace, error_of)

LIFE_S = 60
SERVED_WITHIN_S = 5
# After a start: when clients have asked anew at their own pace, and wallets have linked again.
SETTLED_AFTER_S = 30
MAX_GROWTH = 1.25
HASH = b"\x99" * 20
# Silent clients are forgotten within 25 s, so that a life sees many of them go.
CONFIG = "[announce]\ninterval_s = 10\n[snapshot]\nevery_s = 15\n"
MIN_ROUTES_FOUND = 0.75  # wallets leave, too, and come back without links


class Load:
    def __init__(self, program: str, sizes: argparse.Namespace) -> None:
        self.process = subprocess.Popen(
            [program, f"{HOST}:{PORT}", "--udp", str(sizes.udp), "--http", str(sizes.http),
             "--wallets", str(sizes.wallets), "--interval-ms", str(sizes.interval_ms)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def lines(self) -> list[dict]:
        """What it has printed since the last call."""
        out = []
        while select.select([self.process.stdout], [], [], 0)[0]:
            line = self.process.stdout.readline()
            if not line:
                raise SystemExit("the load ended")
            out.append(json.loads(line))
        return out

    def cpu_s(self) -> float:
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")")[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait(20)


def served_after(begun: float) -> float:
    """Seconds from `begun` until announces over UDP and HTTP were answered."""
    udp = UdpClient("10.77.9.1")
    while True:
        try:
            udp.connect()
            assert not error_of(udp.announce(HASH))
            http = HttpClient("10.77.9.2")
            assert "peers" in http.announce(
                f"info_hash={HASH.hex()}&peer_id={'66' * 20}&port=7001&left=1")
            http.close()
            return time.monotonic() - begun
        except (OSError, AssertionError):
            if time.monotonic() - begun > 10 * SERVED_WITHIN_S:
                raise
            time.sleep(0.02)


def total(rows: list[dict], key: str) -> int:
    return sum(row[key] for row in rows)


def live(tracker: Tracker, load: Load, number: int, problems: list[str]) -> dict:
    """Watches one life of the tracker, from its start to just before its end."""
    begun, cpu, load_cpu = time.monotonic(), tracker.cpu_s(), load.cpu_s()
    load.lines()
    rows, memory = [], []
    while time.monotonic() - begun < LIFE_S:
        time.sleep(1)
        rows += load.lines()
        memory.append(tracker.resident_mb())
    settled = rows[SETTLED_AFTER_S:]
    refused: dict[str, int] = {}
    for row in rows:
        for why, count in row["refused"].items():
            refused[why] = refused.get(why, 0) + count
    seconds = time.monotonic() - begun
    seen = {"life": number, "udp_per_s": round(total(rows, "udp") / seconds),
            "http_per_s": round(total(rows, "http") / seconds),
            "signed_per_s": round(total(rows, "signed") / seconds),
            "expired": total(rows, "expired"), "unanswered": total(rows, "unanswered"),
            "reconnects": total(rows, "reconnects"), "came": total(rows, "lives"),
            "longest_ms": max(row["longest_ms"] for row in rows),
            "unserved_at_end": rows[-1]["unserved"],
            "routes_found": total(settled, "found") / max(1, total(settled, "routes")),
            "mb_middle": memory[len(memory) // 2], "mb_end": memory[-1],
            "tracker_cpu": round((tracker.cpu_s() - cpu) / seconds, 2),
            "load_cpu": round((load.cpu_s() - load_cpu) / seconds, 2), "refused": refused}
    if seen["unserved_at_end"]:
        problems.append(f"life {number}: {seen['unserved_at_end']} clients are not served")
    if max(memory) > memory[len(memory) // 2] * MAX_GROWTH:
        problems.append(f"life {number}: memory grew from {seen['mb_middle']:.1f} MB to "
                        f"{max(memory):.1f} MB")
    if seen["routes_found"] < MIN_ROUTES_FOUND:
        problems.append(f"life {number}: only {seen['routes_found']:.0%} of routes were found")
    return seen


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("tracker")
    parser.add_argument("load")
    parser.add_argument("minutes", type=int, nargs="?", default=30)
    for name, value in (("--udp", 4000), ("--http", 400), ("--wallets", 400),
                        ("--interval-ms", 400)):
        parser.add_argument(name, type=int, default=value)
    parser.add_argument("--cpu", type=int, help="run everything on this processor alone, so that "
                                               "the others stay free")
    options = parser.parse_args()
    if options.cpu is not None:
        os.sched_setaffinity(0, {options.cpu})
    enter_namespace()
    problems: list[str] = []
    lives, starts = [], []
    with tempfile.TemporaryDirectory() as folder:
        tracker = Tracker(options.tracker, folder, CONFIG, "--snapshot", f"{folder}/snapshot")
        load = Load(options.load, options)
        try:
            for number in range(1, options.minutes + 1):
                lives.append(live(tracker, load, number, problems))
                print(json.dumps(lives[-1]), flush=True)
                tracker.kill()
                begun = time.monotonic()
                tracker.start()
                starts.append(served_after(begun))
                print(f"killed; served again after {starts[-1]:.2f} s", flush=True)
            live_again = live(tracker, load, options.minutes + 1, problems)
            print(json.dumps(live_again), flush=True)
            load.stop()
            tracker.stop()
        finally:
            load.process.kill()
            tracker.process.kill()
    if max(starts) > SERVED_WITHIN_S:
        problems.append(f"a start took {max(starts):.1f} s")
    ends = [life["mb_end"] for life in [*lives, live_again]]
    if ends[-1] > statistics.median(ends[:3]) * MAX_GROWTH:
        problems.append(f"memory at the end of a life went from {ends[0]:.1f} to {ends[-1]:.1f} MB")
    print(f"{len(starts)} kills; served again after {statistics.median(starts):.2f} s, at most "
          f"{max(starts):.2f} s; {min(ends):.1f} to {max(ends):.1f} MB at the end of a life")
    for problem in problems:
        print("PROBLEM:", problem)
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
