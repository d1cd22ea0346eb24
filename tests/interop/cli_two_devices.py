#!/usr/bin/python3
"""Two daemons with one identity, the second restored from a backup of the first, run at the
same time: both say so, in `status` and in the log, and go on. One alone says nothing.
usage: cli_two_devices.py TAU-NODE"""
import sys
import time

from tau_node import Place, program_of

PATIENCE_S = 60
WARNING = "another device publishes under this identity"


def notices(node):
    log = (node.data / "log" / "tau-node.log").read_text()
    return node.json("status")["other_device"], log.count(WARNING)


def restored_twin(place, first):
    secret = place.folder / "passphrase"
    secret.write_text("correct horse\n")
    secret.chmod(0o600)
    file = place.folder / "backup"
    first.json("backup", str(file), "--passphrase-file", str(secret))
    twin = place.node("twin", identity=False)
    twin.json("restore", str(file), "--passphrase-file", str(secret))
    return twin, secret


def main():
    with Place(program_of(sys.argv)) as place:
        others = [place.node(f"other{n}") for n in range(3)]
        bootstrap = others[0].start()["listen"]
        for node in others[1:]:
            node.start(bootstrap=bootstrap)
        first = place.node("alice")
        twin, secret = restored_twin(place, first)
        first.start(bootstrap=bootstrap)
        begun = time.monotonic()
        twin.start("--passphrase-file", str(secret), bootstrap=bootstrap)
        while not all(notices(node)[0] for node in (first, twin)):
            waited = time.monotonic() - begun
            assert waited < PATIENCE_S, [notices(node) for node in (first, twin)]
            time.sleep(0.2)
        print(f"both noticed after {time.monotonic() - begun:.1f} s")
        for node in (first, twin):
            assert notices(node) == (True, 1), "said once"
            assert "another device" in node.text("status")
        for node in others:
            assert notices(node) == (False, 0), "only they"
        twin.stop()
        first.stop()
        # The first alone: what the other wrote before is its predecessor's work.
        first.start(bootstrap=bootstrap)
        quiet_until = time.monotonic() + 8  # past the first reading of its own channel
        while time.monotonic() < quiet_until:
            assert not first.json("status")["other_device"]
            time.sleep(1)


if __name__ == "__main__":
    main()
