#!/usr/bin/python3
"""What tau-node does with wrong arguments, wrong settings and wrong files, and which
exit code says so.  usage: cli_usage.py TAU-NODE"""
import os
import sys

from tau_node import Place, program_of, run_cases

# Of BEP 44's test vectors: a key that is nobody's friend here.
SOMEBODY = "77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548"
DONE, FAILED, USAGE, NOT_FOUND, TIMED_OUT, NO_DAEMON = range(6)


def wrong_arguments(place):
    node = place.node("nobody", identity=False)
    for arguments in (
            [], ["frobnicate"], ["send"], ["send", "bob"], ["friend"], ["friend", "add"],
            ["friend", "rename", "bob"], ["channel"], ["channel", "watch", "k"], ["get"],
            ["get", "00", "--key", "11"], ["get", "--salt", "x"], ["put"], ["save", "id"],
            ["lab", "--nodes", "3"], ["get", "--key", "k", "--mode", "fast"],
            ["send", "bob", "x", "--wait", "soon"], ["send", "bob", "x", "--timeout", "0"],
            ["send", "bob", "x", "--timeout", "ten"], ["send", "bob", "x", "--file", "y"],
            ["init", "--import-wallet", "0123"], ["run", "--listen", "nowhere"],
            ["run", "--http", "0.0.0.0:8080"], ["run", "--http", "localhost:1"],
            ["run", "--proxy", "http://127.0.0.1:1"], ["run", "--bootstrap", "no-port"],
            ["put", "v", "--seq", "-1"], ["inbox", "--limit", "0"], ["id", "--bogus"],
            ["put", "v" * 997], ["init", "--name", "bad\nname"]):
        done = node.run(*arguments)
        assert done.returncode == USAGE, (arguments, done.returncode, done.stderr)
        assert done.stderr.startswith(b"tau-node: "), (arguments, done.stderr)
        assert done.stderr.count(b"\n") == 1, (arguments, done.stderr)
        assert not done.stdout, (arguments, done.stdout)
    assert not node.data.exists()


def help_and_version(place):
    node = place.node("nobody", identity=False)
    assert "Exit codes" in node.text("--help")
    assert node.text("--version").strip()
    for command in ("init", "id", "run", "stop", "status", "friend", "delete", "send", "inbox",
                    "save", "chat", "get", "put", "channel", "backup", "restore", "lab"):
        assert command in node.text(command, "--help")


def no_identity(place):
    node = place.node("nobody", identity=False)
    assert "init" in node.text("id", code=NOT_FOUND)
    assert "init" in node.text("run", code=NOT_FOUND)


def no_daemon(place):
    node = place.node("alone")
    for arguments in (["status"], ["stop"], ["friend", "list"], ["send", "bob", "hello"], ["inbox"],
                      ["inbox", "--follow"], ["chat", "bob"], ["save", "00", "x"], ["delete", "00"],
                      ["get", "00" * 20], ["put", "x"], ["channel", "publish", "a", "b"],
                      ["channel", "watch", "k", "n"]):
        text = node.text(*arguments, code=NO_DAEMON)
        assert f"tau-node --data {node.data} run" in text, (arguments, text)
        assert node.json(*arguments, code=NO_DAEMON)["error"]["code"] == "unreachable"


def identity(place):
    node = place.node("ida")
    shown = node.json("id")
    assert set(shown) == {"public_key", "wallet", "uri", "name"}
    assert shown["name"] == "Ida" and len(shown["public_key"]) == 64
    assert shown["wallet"].startswith("0x") and len(shown["wallet"]) == 42
    assert shown["uri"].startswith("tau:" + shown["public_key"] + "?")
    assert "\u2588" in node.text("id", "--qr")
    assert "already" in node.text("init", code=FAILED)
    assert node.json("id") == shown
    for file in ("identity.key", "contact"):
        assert os.stat(node.data / file).st_mode & 0o777 == 0o600
    assert os.stat(node.data).st_mode & 0o777 == 0o700


def imported_wallet(place):
    node = place.node("imported", identity=False)
    # The well-known key of EIP-155's examples.
    key = b"46" * 32
    shown = node.json("init", "--import-wallet", "-", stdin=key + b"\n")
    assert shown["wallet"] == "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F"
    other = place.node("imported2", identity=False)
    node_error = other.text("init", "--import-wallet", "-", stdin=b"zz\n", code=USAGE)
    assert "wallet key" in node_error and not (other.data / "identity.key").exists()


def key_files(place):
    node = place.node("locked", identity=False)
    secret = place.folder / "passphrase"
    secret.write_text("correct horse\n")
    node.json("init", "--passphrase-file", str(secret))
    key = node.data / "identity.key"
    before = key.read_bytes()
    wrong = node.text("run", "--private", "--passphrase-file", "-", stdin=b"wrong\n", code=FAILED)
    assert "passphrase" in wrong
    assert "passphrase" in node.text("run", "--private", "--passphrase-file",
                                     str(place.folder / "absent"), code=NOT_FOUND)
    key.write_bytes(before[:-1])
    assert "damaged" in node.text("run", "--passphrase-file", str(secret), code=FAILED)
    key.write_bytes(before[:20] + bytes([before[20] ^ 1]) + before[21:])
    node.text("run", "--passphrase-file", str(secret), code=FAILED)
    key.write_bytes(before)
    key.chmod(0o644)
    assert "permissions" in node.text("run", "--passphrase-file", str(secret), code=FAILED)
    assert key.read_bytes() == before
    key.chmod(0o600)
    ready = node.start("--passphrase-file", str(secret))
    assert ready["public_key"] == node.json("id")["public_key"]
    node.stop()


def settings(place):
    node = place.node("set")
    config = node.data / "tau-node.toml"
    for text, line, word in (
            ("[network]\nlisten = []\nlistn = 1\n", 3, "listn"),
            ("\n\nname = 5\n", 3, "string"),
            ("[limits]\nupload_bytes_per_s = -1\n", 2, "from 0"),
            ("[limits]\nupload_bytes_per_s = 1.5\n", 2, "whole number"),
            ("[log]\nlevel = 'loud'\n", 2, "log level"),
            ("name = 'a'\nname = 'b'\n", 2, "name"),
            ("this is not toml\n", 1, ""),
            ("[network]\nprivate = 'yes'\n", 2, "true or false"),
            ("[http]\nlisten = '0.0.0.0:80'\n", 2, "loopback"),
            ("[network]\nproxy = 'socks5://me:secret@h:1'\n", 2, "password"),
            ("[a.b]\nc = 1\n", 1, "unknown key 'a'")):
        config.write_text(text)
        message = node.text("run", code=USAGE)
        assert f"{config}:{line}: " in message and word in message, (text, message)
        assert message.count("\n") == 1
    config.write_text("[network]\nlisten = ['127.0.0.1:0']\nprivate = true\n[log]\nlevel='debug'\n")
    ready = node.start(listen="127.0.0.1:0")
    assert ready["listen"].startswith("127.0.0.1:")
    assert node.json("status")["private"] is True
    node.stop()


def one_daemon(place):
    node = place.node("once")
    node.start()
    pid = node.ready["pid"]
    message = node.text("run", "--private", "--listen", "127.0.0.1:0", code=FAILED)
    assert str(pid) in message and "stop" in message
    # A crash leaves socket and lock file behind; neither is in the way of the next start.
    node.kill()
    assert (node.data / "control.sock").exists()
    node.text("status", code=NO_DAEMON)
    node.start()
    node.stop()
    assert not (node.data / "control.sock").exists()


def deep_folder(place):
    # Longer than the name of a socket may be.
    node = place.node("/".join(["a-folder-of-a-rather-long-name"] * 5))
    node.start()
    assert node.json("status")["public_key"] == node.ready["public_key"]
    node.stop()


def taken_port(place):
    first = place.node("first")
    second = place.node("second")
    first.start()
    message = second.text("run", "--private", "--listen", first.ready["listen"], code=FAILED)
    assert "--listen" in message, message
    first.stop()


def daemon_says_no(place):
    node = place.node("asker")
    node.start()
    own = node.json("id")
    for arguments, code in (
            (["send", "nobody", "hello"], NOT_FOUND),
            (["send", SOMEBODY, "hello"], NOT_FOUND),
            (["friend", "add", "tau:1234"], USAGE), (["friend", "add", "zz"], USAGE),
            (["friend", "add", own["uri"]], USAGE), (["send", "ab" * 32, "hello"], USAGE),
            (["friend", "accept", SOMEBODY], NOT_FOUND), (["friend", "remove", "bob"], NOT_FOUND),
            (["save", SOMEBODY, "/tmp/never"], NOT_FOUND), (["save", "zz", "/tmp/never"], USAGE),
            (["delete", SOMEBODY], NOT_FOUND), (["get", "zz"], USAGE),
            (["get", "--key", SOMEBODY, "--salt", "s" * 65], USAGE),
            (["get", "--key", SOMEBODY, "--salt", "s", "--endpoint", "nowhere"], USAGE),
            (["put", "v", "--salt", "gossip"], USAGE), (["put", "v", "--salt", "s" * 65], USAGE),
            (["channel", "publish", "msg", "v"], USAGE), (["inbox", "--since", "yesterday"], USAGE),
            (["inbox", "nobody"], NOT_FOUND), (["send", "x", "--file", "/nonexistent"], NOT_FOUND),
            (["send", "x", "--file", "/"], USAGE)):
        done = node.run(*arguments)
        assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
        assert done.stderr.startswith(b"tau-node: ") and done.stderr.count(b"\n") == 1, done.stderr
    assert node.json("friend", "list") == [] and node.json("inbox") == []
    status = node.json("status")
    for field in ("dht_nodes", "external_endpoint", "nat", "messages", "dht", "listen"):
        assert field in status
    node.stop()


CASES = [wrong_arguments, help_and_version, no_identity, no_daemon, identity, imported_wallet,
         key_files, settings, one_daemon, deep_folder, taken_port, daemon_says_no]

if __name__ == "__main__":
    with Place(program_of(sys.argv)) as here:
        run_cases([c for c in CASES if len(sys.argv) < 3 or c.__name__ in sys.argv[2:]], here)
