#!/usr/bin/python3
"""Three daemons on one machine: two become friends by URI and talk, with a picture, an
absence and a change of endpoint; the third is there so that the DHT is one.
usage: cli_conversation.py TAU-NODE"""
import hashlib
import json
import pathlib
import random
import sys

from tau_node import Place, program_of

PICTURE_BYTES = 200 * 1024


def befriend(a, b):
    a.json("friend", "add", b.json("id")["uri"])
    b.json("friend", "add", a.json("id")["uri"])


def texts(a, b):
    sent = a.json("send", "Bob", "hello over the DHT", "--wait", "delivered")
    assert set(sent) >= {"id", "from", "to", "text", "time", "state", "way"}, sent
    assert sent["state"] in ("delivered", "read") and sent["text"] == "hello over the DHT"
    inbox = b.json("inbox")
    assert [m["text"] for m in inbox] == ["hello over the DHT"] and inbox[0]["id"] == sent["id"]
    assert inbox[0]["time"] == sent["time"] and inbox[0]["time"].endswith("Z")


def receipts(a, b):
    """Read receipts, both ways: what `inbox` shows is read."""
    for sender, receiver, name in ((a, b, "Bob"), (b, a, "Alice")):
        reading = receiver.follow("inbox", "--follow")
        sent = sender.json("send", name, "please confirm", "--wait", "read")
        assert sent["state"] == "read"
        reading.kill()
        reading.wait()
        reading.stdout.close()
        assert any(m["id"] == sent["id"] and m["state"] == "read" for m in receiver.json("inbox"))


def picture(a, b, folder):
    octets = random.Random(1).randbytes(PICTURE_BYTES)
    file = folder / "..\u202epicture.png"
    file.write_bytes(octets)
    sent = a.json("send", "Bob", "--file", str(file), "--wait", "delivered")
    digest = hashlib.sha256(octets).hexdigest()
    assert sent["file"]["bytes"] == PICTURE_BYTES and sent["file"]["sha256"] == digest
    saved = folder / "saved.png"
    done = b.json("save", sent["id"], str(saved))
    assert done["sha256"] == digest
    assert hashlib.sha256(saved.read_bytes()).hexdigest() == digest
    b.text("save", sent["id"], str(saved), code=1)  # it exists
    b.text("save", sent["id"], str(folder), code=2)  # a name of theirs is never a path
    assert "\u202e" not in b.text("inbox")


def absence(a, b, bootstrap):
    """A message to a daemon that is stopped arrives when it is back, at another port."""
    before = b.ready["listen"]
    b.stop()
    sent = a.json("send", "Bob", "for when you are back", "--wait", "published", "--timeout", "60")
    assert sent["state"] == "published"
    b.start(bootstrap=bootstrap)
    assert b.ready["listen"] != before
    wait_for(b, sent["id"])


def moved_endpoint(a, b, bootstrap):
    """A's endpoint changes; messages go both ways again."""
    a.stop()
    a.start(bootstrap=bootstrap)
    for sender, receiver, name in ((a, b, "Bob"), (b, a, "Alice")):
        sent = sender.json("send", name, "after the move", "--wait", "delivered", "--timeout", "90",
                           timeout=120)
        wait_for(receiver, sent["id"])


def wait_for(node, message):
    """Until the message is in the inbox, without polling."""
    follower = node.follow("inbox", "--follow")
    try:
        for line in follower.stdout:
            if json.loads(line)["id"] == message:
                return
        raise AssertionError("the stream ended without " + message)
    finally:
        follower.kill()
        follower.wait()
        follower.stdout.close()


def items(a, b):
    """put, get and channels between the two."""
    put = a.json("put", "a value", "--salt", "shelf")
    assert put["nodes"] >= 1 and put["seq"] > 0
    key = a.json("id")["public_key"]
    for mode in ("auto", "recursive"):
        got = b.json("get", "--key", key, "--salt", "shelf", "--mode", mode)
        assert got["value"] == "a value" and got["seq"] == put["seq"]
        assert got["source"] in ("local", "direct", "recursive") and got["elapsed_ms"] >= 0
    fixed = a.json("put", "unchanging")
    assert fixed["seq"] is None and b.json("get", fixed["target"])["value"] == "unchanging"
    b.text("get", "--key", key, "--salt", "no such", "--mode", "recursive", code=3)
    watching = b.follow("channel", "watch", key, "news")
    a.json("channel", "publish", "news", "one")
    assert json.loads(watching.stdout.readline())["value"] == "one"
    watching.kill()
    watching.wait()
    watching.stdout.close()


def backup(a, place):
    secret = place.folder / "passphrase"
    secret.write_text("paper\n")
    file = place.folder / "alice.backup"
    a.json("backup", str(file), "--passphrase-file", str(secret))
    twin = place.node("twin", identity=False)
    wrong = place.folder / "wrong"
    wrong.write_text("rock\n")
    twin.text("restore", str(file), "--passphrase-file", str(wrong), code=1)
    twin.json("restore", str(file), "--passphrase-file", str(secret))
    assert twin.json("id")["public_key"] == a.json("id")["public_key"]
    twin.text("restore", str(file), "--passphrase-file", str(secret), code=1)
    return twin, secret


def restored(a, b, twin, secret, bootstrap):
    """The old folder is retired; the restored one goes on where it stopped."""
    before = [m["id"] for m in a.json("inbox")]
    a.stop()
    twin.start("--passphrase-file", str(secret), bootstrap=bootstrap)
    after = [m["id"] for m in twin.json("inbox")]
    assert set(before) == set(after), (len(before), len(after))
    sent = twin.json("send", "Bob", "from the restored one", "--wait", "delivered",
                     "--timeout", "90", timeout=120)
    wait_for(b, sent["id"])


def main():
    with Place(program_of(sys.argv)) as place:
        a, b, c = (place.node(name) for name in ("alice", "bob", "carol"))
        bootstrap = c.start()["listen"]
        a.start(bootstrap=bootstrap)
        b.start(bootstrap=bootstrap)
        steps = [lambda: befriend(a, b), lambda: texts(a, b), lambda: receipts(a, b),
                 lambda: picture(a, b, place.folder), lambda: items(a, b),
                 lambda: absence(a, b, bootstrap), lambda: moved_endpoint(a, b, bootstrap)]
        names = ["befriend", "texts", "receipts", "picture", "items", "absence", "moved endpoint"]
        for name, step in zip(names, steps):
            print(name, "...", flush=True)
            step()
        print("backup ...", flush=True)
        twin, secret = backup(a, place)
        restored(a, b, twin, secret, bootstrap)
        for node in (twin, b, c):
            node.stop()
        assert "hello over the DHT" not in pathlib.Path(b.data, "log", "tau-node.log").read_text()
        print("ok")


if __name__ == "__main__":
    main()
