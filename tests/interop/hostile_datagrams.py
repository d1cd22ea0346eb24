#!/usr/bin/python3
"""Datagrams of more bencode tokens than libtorrent reads (500), nested deeper, longer, or
broken, at a running tau-node and at a stock libtorrent session: both go on answering an
ordinary node's pings, and the daemon's memory stays what it was.
usage: hostile_datagrams.py TAU-NODE"""
import pathlib
import random
import re
import select
import socket
import sys
import time

import libtorrent

from tau_node import Place, program_of

ORDINARY = "127.0.0.77"
PATIENCE_S = 10
MAX_GROWTH_MB = 8


def query(name: bytes, arguments: bytes) -> bytes:
    return (b"d1:ad2:id20:" + b"h" * 20 + arguments + b"e1:q%d:" % len(name) + name
            + b"1:t2:aa1:y1:qe")


def answer(body: bytes) -> bytes:
    return b"d1:rd2:id20:" + b"h" * 20 + body + b"e1:t2:aa1:y1:re"


def many(tokens: int, token: bytes = b"le") -> bytes:
    return b"1:xl" + token * tokens + b"e"


def datagrams(dice: random.Random):
    """Each way to be hostile, for queries that libtorrent knows, that Tau knows, and answers."""
    target = b"6:target20:" + b"t" * 20
    bodies = [many(tokens) for tokens in (480, 495, 499, 500, 501, 510, 600)]
    bodies += [many(440, b"i0e"), many(300, b"1:a"), many(330, b"0:"),
               *(b"1:x" + b"l" * depth + b"e" * depth for depth in (99, 100, 101, 600))]
    bodies += [b"1:xd" + b"".join(b"3:%03d0:" % n for n in range(180)) + b"e",
               b"1:xi" + b"9" * 900 + b"e", b"1:x9999999999:a", b"1:x-1:", b"1:xi-0e"]
    for body in bodies:
        for name in (b"ping", b"get", b"put", b"find_node", b"tau_exchange", b"tau_x"):
            yield query(name, target + body)
        yield answer(body)
        yield b"l" + body[3:] + b"e"
    for _ in range(300):
        whole = bytearray(query(b"get", target + many(200)))
        for _ in range(dice.randrange(1, 8)):
            whole[dice.randrange(len(whole))] = dice.randrange(256)
        yield bytes(whole[:dice.randrange(1, len(whole) + 1)])
    yield b""
    yield b"d" * 1500
    yield dice.randbytes(1472)


class Ordinary:
    """A node that pings and wants to be answered."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((ORDINARY, 0))

    def is_answered(self, where) -> bool:
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            self.socket.sendto(query(b"ping", b""), where)
            # No more than one ping a second: a stock node blocks who sends many.
            while select.select([self.socket], [], [], 1)[0]:
                told, sender = self.socket.recvfrom(2000)
                if sender == where and b"1:y1:r" in told:
                    return True
        return False


def resident_mb(pid: int) -> float:
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def attack(where) -> int:
    sent = 0
    for datagram in datagrams(random.Random(1)):
        # Each from another address: a node does not read what one sends too fast.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attacker:
            attacker.bind((f"127.66.{sent // 250}.{1 + sent % 250}", 0))
            attacker.sendto(datagram, where)
        sent += 1
        time.sleep(0.0005)  # faster, and the socket's buffer would take the blows
    return sent


def main():
    ordinary = Ordinary()
    stock = libtorrent.session({
        "listen_interfaces": "127.0.0.5:0", "enable_dht": True, "enable_lsd": False,
        "enable_upnp": False, "enable_natpmp": False, "dht_bootstrap_nodes": ""})
    while stock.listen_port() == 0:
        time.sleep(0.01)
    with Place(program_of(sys.argv)) as place:
        node = place.node("alice")
        host, port = node.start()["listen"].rsplit(":", 1)
        pid = node.json("status")["pid"]
        for name, where in (("tau-node", (host, int(port))),
                            ("stock libtorrent", ("127.0.0.5", stock.listen_port()))):
            assert ordinary.is_answered(where), f"{name} before the attack"
            before = resident_mb(pid)
            sent = attack(where)
            assert ordinary.is_answered(where), f"{name} after the attack"
            grown = resident_mb(pid) - before
            assert grown < MAX_GROWTH_MB, f"{grown:.1f} MB more"
            print(f"{name}: {sent} datagrams, still answers, tau-node {grown:+.1f} MB")
        assert node.json("status")["pid"] == pid
        node.stop()


if __name__ == "__main__":
    main()
