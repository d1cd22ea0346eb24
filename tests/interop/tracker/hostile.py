#!/usr/bin/env python3
"""Strangers attack the real tracker while ordinary clients go on announcing: malformed and
forged datagrams, slow and silent connections, readers that do not read, replayed and wrong
signatures, a wallet that claims all the world, clocks that are off.

Each attack prints what the ordinary clients saw meanwhile and the tracker's memory.

usage: hostile.py TAU_TRACKER SIGNER [--full] [attack...]
  --full  as large as the attacks are meant to be (5,000 connections, 100,000 links);
          otherwise small ones, for machines that have other work
"""
import itertools
import random
import resource
import select
import socket
import struct
import sys
import tempfile
import time

from tracker_lab import (ANNOUNCE, CONNECT, ERROR, HOST, LINK, PORT, PROTOCOL_ID, ROUTE, SCRAPE,
                         TRACKER, HttpClient, Probe, Signer, Tracker, UdpClient, Wallet,
                         announce_request, connect_request, dropped, enter_namespace, error_of,
                         refused, url_options)

# Of the tracker beyond what it had at rest: what the largest attack here may cost it.
MAX_GROWTH_MB = 160
MAX_P99_MS = 2000
# A flood fills the socket's buffer; a datagram that does not fit is sent again by its client.
MAX_LOST_OVER_UDP = 0.1
GENTLE_PER_S = 5_000
HASH = b"\x77" * 20


class World:
    def __init__(self, tracker: Tracker, signer: Signer, is_full: bool) -> None:
        self.tracker, self.signer, self.is_full = tracker, signer, is_full
        self.dice = random.Random(1)
        self.wallets = 0

    def size(self, full: int, small: int) -> int:
        return full if self.is_full else small

    def wallet(self) -> Wallet:
        self.wallets += 1
        return Wallet(self.signer, 1000 + self.wallets)

    def counted(self, name: str) -> float:
        return self.tracker.metrics()[name]


def malformed_sizes(world: World) -> None:
    """Every length of every action, with a connection id that holds and with one that does not."""
    client = UdpClient("10.77.3.1")
    client.connect()
    before = world.counted(dropped("udp_malformed"))
    sent = longest = 0

    def drain(wait_s: float) -> None:
        nonlocal longest
        while select.select([client.socket], [], [], wait_s)[0]:
            longest = max(longest, len(client.socket.recv(4096)))

    for action in (CONNECT, ANNOUNCE, SCRAPE, ERROR, LINK, ROUTE, 4, 0xffffffff):
        for connection in (client.connection, PROTOCOL_ID, 0):
            for size in [*range(0, 200), 1399, 1400, 2047, 2048, 2049, 65507]:
                whole = struct.pack(">QII", connection, action, sent) + world.dice.randbytes(size)
                client.socket.send(whole[:size])
                sent += 1
                drain(0)
    drain(0.2)
    assert longest <= 1400, longest
    assert world.counted(dropped("udp_malformed")) - before > 1000
    print(f"  {sent} datagrams, answers of at most {longest} octets")


def bad_options(world: World) -> None:
    """BEP 41: endless no-ops, options cut off, URL data of nothing, of everything, unending."""
    client = UdpClient("10.77.3.2")
    client.connect()
    long_path = "/" + "x" * 1023
    cases = [b"\1" * 1900, b"\2", b"\2\xff", b"\2\xff" + b"x" * 254, b"\2\0" * 900, b"\0" * 1900,
             b"\xff" * 1900, url_options(long_path), url_options(long_path + "x"),
             url_options("/announce?wallet=" + "zz" * 20 + "&sign=1"), url_options("/a?" + "%" * 200),
             url_options("?" * 500), url_options("/announce?" + "links=-" * 120)]
    cases += [url_options("/announce?info_hash=x")[:cut] for cut in range(24)]
    for options in cases:
        answer = client.announce(HASH, options=options, port=0)
        assert answer is not None and len(answer) <= 1400, options[:40]
    datagrams = [(client.socket, announce_request(client.connection, 1, HASH, 0, options=options))
                 for options in cases]
    flood(world, itertools.repeat(datagrams), world.size(5, 1))


def flood(world: World, rounds, seconds: float) -> int:
    """Sends what `rounds` gives, a list of (socket, datagram) at a time: as fast as it can in
    a full attack, else at a pace that leaves the machine to others."""
    sent = 0
    begun = time.monotonic()
    for datagrams in rounds:
        for via, datagram in datagrams:
            via.send(datagram)
        sent += len(datagrams)
        passed = time.monotonic() - begun
        if passed > seconds:
            break
        if not world.is_full:
            time.sleep(max(0, sent / GENTLE_PER_S - passed))
    print(f"  {sent / seconds:,.0f} of them a second")
    return sent


def udp_packet(source: str, source_port: int, payload: bytes) -> bytes:
    length = 28 + len(payload)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, length, 0, 0, 64, socket.IPPROTO_UDP, 0,
                     socket.inet_aton(source), socket.inet_aton(HOST))
    return ip + struct.pack(">HHHH", source_port, PORT, length - 20, 0) + payload


def forged_sources(world: World) -> None:
    """Datagrams in the name of others: ids do not hold, and no victim gets more than was sent."""
    attacker = UdpClient("10.77.3.3")
    own_id = attacker.connect()
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    # All victims' answers come here: every address of the network is ours.
    victims = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    victims.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    victims.bind(("0.0.0.0", 5555))
    victims.setblocking(False)
    stale = world.counted(dropped("stale_connection_id"))
    sent = received = 0
    # The transaction id is the request's size, which no answer may exceed.
    requests = [lambda: connect_request(16), lambda: b"",
                lambda: announce_request(own_id, 98, HASH, 7000),
                lambda: announce_request(world.dice.getrandbits(64), 98, HASH, 7000),
                lambda: struct.pack(">QII", own_id, SCRAPE, 1496) + HASH * 74,
                lambda: struct.pack(">QII", own_id, SCRAPE, 36) + HASH,
                lambda: struct.pack(">QII", own_id, SCRAPE, 16),
                lambda: struct.pack(">QII", own_id, ROUTE, 156) + bytes(140),
                lambda: struct.pack(">QI", own_id, ANNOUNCE)]
    for number in range(world.size(20_000, 1_000)):
        victim = f"10.77.{100 + number % 100}.{1 + world.dice.randrange(250)}"
        for make in requests:
            payload = make()
            raw.sendto(udp_packet(victim, 5555, payload), (HOST, 0))
            sent += len(payload)
        while select.select([victims], [], [], 0)[0]:
            answer = victims.recv(4096)
            assert len(answer) <= struct.unpack(">I", answer[4:8])[0], answer
            received += len(answer)
    assert received <= sent, (received, sent)
    assert world.counted(dropped("stale_connection_id")) - stale > 1000
    counts = attacker.ask(struct.pack(">QII", own_id, SCRAPE, 99) + HASH)
    assert counts[8:] == bytes(12), "a forged announce was believed"
    print(f"  {sent:,} octets sent in others' names, who got {received:,}")


def slow_connections(world: World) -> None:
    """Heads of 8 KiB that come an octet a second, from clients that return when cut off."""
    count, seconds = world.size(5_000, 400), world.size(25, 3)
    before = world.counted(dropped("http_timeout"))
    head = b"GET /announce?" + b"x" * 8000
    cut_off = 0
    connections = {}

    def open_one(number: int) -> None:
        fresh = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        fresh.setblocking(False)
        fresh.bind((f"10.77.20.{1 + number % 200}", 0))
        fresh.connect_ex(TRACKER)
        connections[number] = [fresh, 0]

    for number in range(count):
        open_one(number)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        round_ends = time.monotonic() + 1
        for number, (connection, sent) in list(connections.items()):
            try:
                connection.send(head[sent:sent + 1])
                connections[number][1] += 1
            except BlockingIOError:
                pass
            except OSError:
                cut_off += 1
                connection.close()
                open_one(number)
        time.sleep(max(0, round_ends - time.monotonic()))
    for connection, _ in connections.values():
        connection.close()
    timeouts = world.counted(dropped("http_timeout")) - before
    print(f"  {count:,} connections for {seconds} s, {cut_off:,} cut off")
    assert timeouts >= count or not world.is_full, timeouts


def silent_connections(world: World) -> None:
    """Connections that never say anything."""
    silent = []
    for number in range(world.size(5_000, 400)):
        fresh = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        fresh.setblocking(False)
        fresh.bind((f"10.77.21.{1 + number % 200}", 0))
        fresh.connect_ex(TRACKER)
        silent.append(fresh)
    time.sleep(world.size(15, 1))
    for connection in silent:
        connection.close()


def deaf_readers(world: World) -> None:
    """Connections that ask and ask and read no answer."""
    request = b"GET /scrape?" + b"&".join(b"info_hash=" + HASH.hex().encode()
                                          for _ in range(74)) + b" HTTP/1.1\r\n\r\n"
    deaf = []
    for number in range(world.size(2_000, 200)):
        fresh = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        fresh.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        fresh.bind((f"10.77.22.{1 + number % 200}", 0))
        fresh.connect(TRACKER)
        fresh.setblocking(False)
        deaf.append(fresh)
    rest = [request] * len(deaf)
    end = time.monotonic() + world.size(10, 1)
    largest = 0.0
    while time.monotonic() < end:
        for number, connection in enumerate(deaf):
            try:
                rest[number] = rest[number][connection.send(rest[number]):] or request
            except BlockingIOError:
                pass
        time.sleep(world.size(5, 1) / 10)
        largest = max(largest, world.tracker.resident_mb())
    print(f"  {len(deaf):,} readers, at most {largest:.0f} MB")
    for connection in deaf:
        connection.close()


def replayed_signatures(world: World) -> None:
    """What was signed once holds once: for its wallet, device, tracker and action."""
    wallet, client = world.wallet(), HttpClient("10.77.3.5")
    query = wallet.query("topic", HASH.hex())
    assert "error" not in client.announce(query)
    again = client.announce(query)
    assert "does not rise" in again["error"] and again["time"] > 0, again
    other_device = query.replace(wallet.peer_id.hex(), "99" * 20)
    assert "does not match" in client.announce(other_device)["error"]
    other_action = wallet.query("topic", HASH.hex()).replace("action=topic", "action=link")
    assert "does not match" in client.announce(other_action)["error"]
    elsewhere = wallet.query("topic", HASH.hex(), name="tracker.example:6969")
    assert "does not match" in client.announce(elsewhere)["error"]
    assert "another tracker" in client.announce(
        wallet.query("topic", HASH.hex(), name="tracker.example:6969")
        + "&tracker=tracker.example:6969")["error"]
    udp = UdpClient("10.77.3.5")
    udp.connect()
    datagram = wallet.link_datagram(udp.connection, udp.next_transaction(), ["11" * 20])
    assert not error_of(udp.ask(datagram))
    assert "does not rise" in error_of(udp.ask(datagram))
    thief = UdpClient("10.77.3.6")
    thief.connect()
    assert "does not rise" in error_of(thief.ask(
        struct.pack(">Q", thief.connection) + datagram[8:]))
    client.close()


def wrong_signatures(world: World) -> None:
    """A flood of them, from many addresses."""
    wallet = world.wallet()
    clients = [UdpClient(f"10.77.30.{1 + n}") for n in range(200)]
    for client in clients:
        client.connect()
    datagram = wallet.link_datagram(0, 5, ["11" * 20])

    def rounds():
        while True:
            wrong = bytearray(datagram[8:])
            wrong[63 + world.dice.randrange(64)] ^= 1 + world.dice.randrange(255)
            yield [(c.socket, struct.pack(">Q", c.connection) + wrong) for c in clients]

    before = world.counted(refused("signature"))
    flood(world, rounds(), world.size(10, 1))
    checked = world.counted(refused("signature")) - before
    # Ten in a burst and two a second of each address, on each of the threads.
    assert checked < len(clients) * 40 * world.tracker.threads, checked


def endless_links(world: World) -> None:
    """A wallet that claims to know everybody: it may claim 1,024 and costs little more."""
    wallet, client = world.wallet(), UdpClient("10.77.3.7")
    client.connect()
    before = world.counted("tau_tracker_claims")
    claimed, at_once = world.size(100_000, 3_000), 48
    refusals = 0
    for first in range(0, claimed, at_once):
        targets = [(1 << 100 | first + n).to_bytes(20, "big").hex() for n in range(at_once)]
        answer = client.ask(wallet.link_datagram(client.connection, client.next_transaction(),
                                                 targets))
        if "expired" in error_of(answer):
            client.connect()
        refusals += "too many links" in error_of(answer)
    held = world.counted("tau_tracker_claims") - before
    assert held <= 1024, held
    assert refusals >= (claimed - 1024) // at_once - 1, refusals
    print(f"  {claimed:,} claimed, {held:.0f} held")


def skewed_clocks(world: World) -> None:
    """A client whose clock is off is told the time, and is served once it has set it."""
    client = HttpClient("10.77.3.8")
    for skew_ms in (3_600_000, -3_600_000, 301_000, -301_000, 86_400_000 * 365):
        wallet = world.wallet()
        wallet.skew_ms = skew_ms
        answer = client.announce(wallet.query("topic", HASH.hex()))
        assert "too far" in answer["error"], answer
        own_ms = int(time.time() * 1000) + skew_ms
        wallet.skew_ms += answer["time"] - own_ms
        wallet.last_ms = 0
        answer = client.announce(wallet.query("topic", HASH.hex()))
        assert "error" not in answer, answer
    client.close()


ATTACKS = [malformed_sizes, bad_options, forged_sources, slow_connections, silent_connections,
           deaf_readers, replayed_signatures, wrong_signatures, endless_links, skewed_clocks]


def differences(before: dict, after: dict) -> str:
    """What was refused and dropped meanwhile."""
    return ", ".join(f"{name.split(chr(34))[1]} {after[name] - count:,.0f}"
                     for name, count in before.items()
                     if ("dropped" in name or "refused" in name) and after[name] > count)


def show(name: str, seen: dict, tracker: Tracker, at_rest_mb: float) -> None:
    grown = tracker.resident_mb() - at_rest_mb
    rows = ", ".join(f"{kind} p50 {s['p50_ms']:.1f} p99 {s['p99_ms']:.1f} ms"
                     f"{' LOST ' + str(s['lost']) if s['lost'] else ''}"
                     for kind, s in seen.items())
    print(f"{name}: {rows}; {grown:+.1f} MB", flush=True)
    for kind, s in seen.items():
        may_lose = (s["count"] + s["lost"]) * MAX_LOST_OVER_UDP if kind == "udp" else 0
        assert s["lost"] <= max(1, may_lose), f"{name}: {s['lost']} of {s['count']} lost over {kind}"
        assert s["p99_ms"] < MAX_P99_MS, f"{name}: {kind} took {s['p99_ms']:.0f} ms"
    assert grown < MAX_GROWTH_MB, f"{name}: the tracker grew by {grown:.0f} MB"


def main() -> None:
    enter_namespace()
    options = sys.argv[3:]
    chosen = [name for name in options if not name.startswith("--")]
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    signer = Signer(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        tracker = Tracker(sys.argv[1], folder)
        world = World(tracker, signer, "--full" in options)
        probe = Probe()
        try:
            time.sleep(world.size(3, 1))
            at_rest_mb = tracker.resident_mb()
            show("at rest", probe.result(), tracker, at_rest_mb)
            for attack in ATTACKS:
                if not chosen or attack.__name__ in chosen:
                    before = tracker.metrics()
                    attack(world)
                    print(f"  {differences(before, tracker.metrics())}")
                    show(attack.__name__, probe.result(), tracker, at_rest_mb)
            tracker.stop()
        finally:
            probe.stop()
            signer.stop()
            tracker.process.kill()


if __name__ == "__main__":
    main()
