#!/usr/bin/python3
"""Files above 256 KiB between daemons on one machine: sealed torrents that survive kills of
either side, wait if they are large, are of no use to a stranger, and go when both have them.
usage: cli_files.py TAU-NODE"""
import hashlib
import random
import sys
import time

import libtorrent

from tau_node import Place, program_of

MIB = 1024 * 1024
PATIENCE_S = 120


def befriend(a, b):
    a.json("friend", "add", b.json("id")["uri"])
    b.json("friend", "add", a.json("id")["uri"])
    a.json("send", "Bob", "hello", "--wait", "delivered")
    b.json("send", "Alice", "hello", "--wait", "delivered")


def make(folder, name, size):
    octets = random.Random(name).randbytes(size)
    file = folder / name
    file.write_bytes(octets)
    return file, hashlib.sha256(octets).hexdigest()


def file_of(node, message):
    return next(m["file"] for m in node.json("inbox") if m["id"] == message)


def until(node, message, ready, patience=PATIENCE_S):
    """What `node` says of the file once ready(file) holds."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        file = file_of(node, message)
        if ready(file):
            return file
    raise AssertionError(f"{node.data.name}: {file}")


def appears(node, message):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if any(m["id"] == message for m in node.json("inbox")):
            return
    raise AssertionError(f"{message} did not come to {node.data.name}")


def saved_as(node, message, path, digest):
    done = node.json("save", message, str(path), timeout=PATIENCE_S)
    assert done["sha256"] == digest, done
    assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
    assert path.stat().st_mode & 0o077 == 0


def arrives(a, b, folder):
    file, digest = make(folder, "film.mkv", 8 * MIB)
    sent = a.json("send", "Bob", "--file", str(file), "--wait", "delivered")
    assert sent["file"]["bytes"] == 8 * MIB and sent["file"]["sha256"] == digest, sent
    appears(b, sent["id"])
    saved_as(b, sent["id"], folder / "saved.mkv", digest)
    b.text("save", sent["id"], str(folder / "saved.mkv"), code=1)  # it exists
    assert file_of(b, sent["id"])["state"] == "complete"
    file = until(a, sent["id"], lambda f: f["state"] == "complete")
    assert file["receiver_bytes"] == 8 * MIB
    saved_as(a, sent["id"], folder / "own.mkv", digest)
    assert "film.mkv (8.0 MiB)" in b.text("inbox")


def survives_kills(a, b, bootstrap, folder):
    """The receiver is killed in the middle, then the sender while the receiver is away."""
    ports = a.ready["listen"], b.ready["listen"]
    for size in (64 * MIB, 128 * MIB, 256 * MIB):
        file, digest = make(folder, f"large{size}.bin", size)
        sent = a.json("send", "Bob", "--file", str(file))["id"]
        appears(b, sent)
        here = until(b, sent, lambda f: f["fetched_bytes"] > 0)["fetched_bytes"]
        b.kill()
        if here < size:
            break
        b.start(bootstrap=bootstrap, listen=ports[1])  # all of it had come before the first look
    assert here < size
    a.kill()
    a.start(bootstrap=bootstrap, listen=ports[0])
    b.start(bootstrap=bootstrap, listen=ports[1])
    resumed = until(b, sent, lambda f: f["fetched_bytes"] > 0)["fetched_bytes"]
    print(f"  killed at {here // MIB} MiB, went on from {resumed // MIB} MiB")
    until(b, sent, lambda f: f["state"] == "complete")
    saved_as(b, sent, folder / "again.bin", digest)
    until(a, sent, lambda f: f["state"] == "complete")


def waits_if_large(a, b, bootstrap, folder):
    port = b.ready["listen"]
    b.stop()
    (b.data / "tau-node.toml").write_text("[files]\nauto_fetch_bytes = 1000000\n")
    b.start(bootstrap=bootstrap, listen=port)
    file, digest = make(folder, "later.bin", 2 * MIB)
    sent = a.json("send", "Bob", "--file", str(file), "--wait", "delivered")["id"]
    appears(b, sent)
    assert file_of(b, sent)["state"] == "waiting"
    assert "not fetched yet" in b.text("inbox")
    saved_as(b, sent, folder / "asked.bin", digest)


def useless_to_strangers(a, b, folder):
    """Who learnt the info-hash and connects gets sealed octets and nothing else."""
    b.stop()
    before = set(p.name for p in (a.data / "files").iterdir())
    content = b"a line that is easy to find\n" * 100_000
    file = folder / "secret.txt"
    file.write_bytes(content)
    a.json("send", "Bob", "--file", str(file))
    (torrent,) = set(p.name for p in (a.data / "files").iterdir()) - before
    host, port = a.ready["listen"].rsplit(":", 1)
    session = libtorrent.session({
        "listen_interfaces": "127.0.0.1:0", "enable_dht": False, "enable_lsd": False,
        "enable_upnp": False, "enable_natpmp": False})
    params = libtorrent.add_torrent_params()
    params.info_hashes = libtorrent.info_hash_t(
        libtorrent.sha1_hash(bytes.fromhex(torrent)))
    params.save_path = str(folder / "stranger")
    handle = session.add_torrent(params)
    handle.connect_peer((host, int(port)))
    end = time.monotonic() + PATIENCE_S
    while not handle.status().is_seeding and time.monotonic() < end:
        session.wait_for_alert(100)
        session.pop_alerts()
    status = handle.status()
    assert status.is_seeding, f"{status.progress} with {status.num_peers} peers"
    assert "secret" not in status.name
    name = handle.torrent_file().files().file_path(0)
    handle.flush_cache()
    octets = (folder / "stranger" / name).read_bytes()
    assert len(octets) % 65536 == 0 and len(octets) >= len(content)
    assert b"easy to find" not in octets
    return torrent


def leaves_nothing_behind(a, bootstrap, torrent):
    """Deleting a message deletes its file; a crash leaves no half of one."""
    message = next(m["id"] for m in a.json("inbox")
                   if m.get("file", {}).get("name") == "secret.txt")
    a.json("delete", message)
    half = a.data / "files" / "upload-999"
    half.mkdir(mode=0o700)
    (half / "x").write_bytes(b"half")
    a.stop()
    a.start(bootstrap=bootstrap)
    end = time.monotonic() + PATIENCE_S
    while half.exists() and time.monotonic() < end:
        a.json("status")
    names = [p.name for p in (a.data / "files").iterdir()]
    assert torrent not in names and "upload-999" not in names, names


def main():
    with Place(program_of(sys.argv)) as place:
        a, b, c = (place.node(name) for name in ("alice", "bob", "carol"))
        bootstrap = c.start()["listen"]
        a.start(bootstrap=bootstrap)
        b.start(bootstrap=bootstrap)
        torrents = []
        steps = {
            "befriend": lambda: befriend(a, b),
            "arrives": lambda: arrives(a, b, place.folder),
            "survives kills": lambda: survives_kills(a, b, bootstrap, place.folder),
            "waits if large": lambda: waits_if_large(a, b, bootstrap, place.folder),
            "useless to strangers":
                lambda: torrents.append(useless_to_strangers(a, b, place.folder)),
            "leaves nothing behind": lambda: leaves_nothing_behind(a, bootstrap, torrents[0]),
        }
        for name, step in steps.items():
            print(f"{name} ...", flush=True)
            step()
            print("  ok", flush=True)


if __name__ == "__main__":
    main()
