#!/usr/bin/python3
"""Kills a daemon (kill -9) at random moments while it accepts messages, starts it again,
and in the end counts: every message that `send` accepted must be there and arrive.
usage: kill_loop.py TAU-NODE [COUNT] [SEED]"""
import json
import random
import subprocess
import sys
import threading

from tau_node import Place, program_of

MAX_DELAY_S = 0.25


def main():
    program = program_of(sys.argv)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    dice = random.Random(seed)
    print(f"{count} kills, seed {seed}", flush=True)
    with Place(program) as place:
        a, b, c = (place.node(name) for name in ("alice", "bob", "carol"))
        bootstrap = c.start()["listen"]
        a.start(bootstrap=bootstrap)
        b.start(bootstrap=bootstrap)
        a.json("friend", "add", b.json("id")["uri"])
        b.json("friend", "add", a.json("id")["uri"])
        a.json("send", "Bob", "before", "--wait", "delivered")
        accepted = {}
        number = 0
        for kill in range(count):
            # The kill falls at a random moment of the sends that run meanwhile.
            killer = threading.Timer(dice.random() * MAX_DELAY_S, a.daemon.kill)
            killer.start()
            while True:
                number += 1
                done = a.run("--json", "send", "Bob", f"message {number}")
                if done.returncode != 0:
                    break
                accepted[json.loads(done.stdout)["id"]] = number
            killer.join()
            a.kill()
            a.start(bootstrap=bootstrap)
            if (kill + 1) % 10 == 0:
                print(f"{kill + 1} kills, {len(accepted)} accepted", flush=True)
        here = {m["id"] for m in a.json("inbox", "Bob", "--limit", "10000")}
        lost = set(accepted) - here
        assert not lost, f"{len(lost)} of {len(accepted)} accepted messages are gone"
        print(f"none of {len(accepted)} accepted messages is lost; waiting for them to arrive",
              flush=True)
        last = a.json("send", "Bob", "the end", "--wait", "delivered", "--timeout", "120",
                      timeout=150)
        missing = set(accepted) | {last["id"]}
        follower = b.follow("inbox", "Alice", "--follow", "--limit", "10000")
        limit = threading.Timer(240, follower.kill)
        limit.start()
        for line in follower.stdout:
            missing.discard(json.loads(line)["id"])
            if not missing:
                break
        limit.cancel()
        follower.kill()
        follower.wait()
        follower.stdout.close()
        assert not missing, f"{len(missing)} of {len(accepted)} never arrived"
        print(f"all {len(accepted)} arrived")


if __name__ == "__main__":
    try:
        main()
    except subprocess.TimeoutExpired as late:
        sys.exit(f"too late: {late}")
