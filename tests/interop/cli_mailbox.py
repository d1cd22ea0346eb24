#!/usr/bin/python3
"""Alice and Bob are never up together; Carol is the friend of both. A message and a picture
arrive, and the read receipt travels back, by way of her. Two more daemons are there so that the
DHT is one. usage: cli_mailbox.py TAU-NODE"""
import hashlib
import random
import sys

from tau_node import Place, all_accepted, befriend, program_of, wait_until

PICTURE_BYTES = 60 * 1024


def main():
    with Place(program_of(sys.argv)) as place:
        plain = [place.node(f"plain{i}") for i in range(2)]
        a, b, c = (place.node(n) for n in ("alice", "bob", "carol"))
        bootstrap = plain[0].start()["listen"]
        plain[1].start(bootstrap=bootstrap)
        for node in (a, b, c):
            node.start(bootstrap=bootstrap)
        befriend(a, b, c)
        for node in (a, b, c):
            wait_until(node, all_accepted, ("friend", "list"))
        b.stop()

        text = a.json("send", "Bob", "by way of Carol")
        octets = random.Random(2).randbytes(PICTURE_BYTES)
        file = place.folder / "picture.png"
        file.write_bytes(b"\x89PNG\r\n\x1a\n" + octets)
        picture = a.json("send", "Bob", "--file", str(file))
        # Her own message, Bob's picture and its lists: 2 sealed, 63 items, 2 lists.
        wait_until(c, lambda s: s["gossip"]["held_items"] >= 66, ("status",))
        # Alice hears of it with what Carol says next.
        wait_until(a, lambda s: any(w["id"] == text["id"] and w["carried_by"] == 1
                                    for w in s["waiting"]), ("status",))
        assert "1 friend" in a.text("status")
        a.kill()

        b.start(bootstrap=bootstrap)
        inbox = wait_until(b, lambda m: len(m) == 2 and all(
            x.get("file", {}).get("fetched_bytes") == len(octets) + 8 or "text" in x for x in m),
            ("inbox",))
        assert {m["id"] for m in inbox} == {text["id"], picture["id"]}
        # From Carol, or by what Alice left in the DHT, whichever came first.
        assert all(m["way"] in ("friends", "dht") for m in inbox), inbox
        saved = place.folder / "saved.png"
        b.json("save", picture["id"], str(saved))
        assert hashlib.sha256(saved.read_bytes()).digest() == hashlib.sha256(
            file.read_bytes()).digest()
        # Bob hears that Carol has the receipt before he goes.
        wait_until(b, lambda s: s["gossip"]["lone_receipts"] == 0, ("status",))
        b.kill()

        a.start(bootstrap=bootstrap)
        sent = wait_until(a, lambda m: all(x["state"] == "read" for x in m), ("inbox",))
        # By Carol, or by what Bob left in the DHT, whichever came first.
        assert all(m["way"] in ("friends", "dht") for m in sent), sent
        assert a.json("status")["messages"]["undelivered"] == 0
        for node in (a, c, *plain):
            node.stop()
    print("ok")


if __name__ == "__main__":
    main()
