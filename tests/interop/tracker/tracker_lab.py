"""What tests share that put the real tracker under load: a network namespace with many
addresses, the tracker's process, its counters, BEP 15 and signed requests, and a probe that
measures what an ordinary client sees meanwhile."""
import http.client
import json
import os
import pathlib
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.parse
import urllib.request

HOST, PORT, ADMIN_PORT = "10.77.0.1", 6969, 6970
TRACKER = (HOST, PORT)
PROTOCOL_ID = 0x41727101980
CONNECT, ANNOUNCE, SCRAPE, ERROR, LINK, ROUTE = 0, 1, 2, 3, 0x54415501, 0x54415502
PATIENCE_S = 10


def enter_namespace() -> None:
    """Starts this program again where all of 10.77.0.0/16 is its own."""
    if not os.environ.get("TAU_IN_NAMESPACE"):
        os.environ["TAU_IN_NAMESPACE"] = "1"
        flags = ["-n"] if os.geteuid() == 0 else ["-rn"]
        os.execvp("unshare", ["unshare", *flags, sys.executable, *sys.argv])
    for command in ("ip link set lo up", "ip route add local 10.77.0.0/16 dev lo",
                    "ip route add default dev lo"):
        subprocess.run(command.split(), check=True)


class Tracker:
    """tau-tracker at fixed ports, so that it can be started again where it was."""

    def __init__(self, program: str, folder: str, config: str = "", *arguments: str) -> None:
        file = pathlib.Path(folder) / "tau-tracker.toml"
        file.write_text(config)
        self.command = [program, "--config", str(file), "--udp", f"{HOST}:{PORT}", "--http",
                        f"{HOST}:{PORT}", "--admin", f"127.0.0.1:{ADMIN_PORT}", *arguments]
        self.threads = os.cpu_count()
        self.process = None
        self.start()

    def start(self) -> float:
        """Returns how long it took until it was ready."""
        begun = time.monotonic()
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line == "ready\n":
                return time.monotonic() - begun
        raise SystemExit("the tracker did not start")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(20) == 0, "the tracker did not end well"
        self.process.stdout.close()

    def resident_mb(self) -> float:
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def cpu_s(self) -> float:
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")")[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @staticmethod
    def metrics() -> dict[str, float]:
        url = f"http://127.0.0.1:{ADMIN_PORT}/metrics"
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            lines = answer.read().decode().splitlines()
        return {name: float(value) for name, value in
                (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


def dropped(reason: str) -> str:
    return f'tau_tracker_dropped_total{{reason="{reason}"}}'


def refused(reason: str) -> str:
    return f'tau_tracker_refused_total{{reason="{reason}"}}'


def connect_request(transaction: int) -> bytes:
    return struct.pack(">QII", PROTOCOL_ID, CONNECT, transaction)


def announce_request(connection: int, transaction: int, info_hash: bytes, port: int,
                     left: int = 1, event: int = 0, options: bytes = b"",
                     peer_id: bytes = b"-XX0001-" + bytes(12)) -> bytes:
    return struct.pack(">QII20s20sQQQIIIiH", connection, ANNOUNCE, transaction, info_hash, peer_id,
                       0, left, 0, event, 0, 0, -1, port) + options


def url_options(text: str) -> bytes:
    """BEP 41 URL data."""
    raw = text.encode()
    parts = [raw[at:at + 255] for at in range(0, len(raw), 255)]
    return b"".join(bytes([2, len(part)]) + part for part in parts)


class UdpClient:
    """A client at an address of its own."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.socket.connect(TRACKER)
        self.connection = 0
        self.transaction = 0

    def next_transaction(self) -> int:
        self.transaction += 1
        return self.transaction

    def ask(self, datagram: bytes, patience_s: float = 2) -> bytes | None:
        """The answer to `datagram`, or None."""
        self.socket.send(datagram)
        end = time.monotonic() + patience_s
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.socket], [], [], left)[0]:
                break
            answer = self.socket.recv(2048)
            if answer[4:8] == datagram[12:16]:
                return answer
        return None

    def connect(self) -> int:
        answer = self.ask(connect_request(self.next_transaction()))
        assert answer and len(answer) == 16, answer
        self.connection, = struct.unpack(">Q", answer[8:])
        return self.connection

    def announce(self, info_hash: bytes, **values) -> bytes | None:
        return self.ask(announce_request(self.connection, self.next_transaction(), info_hash,
                                         values.pop("port", 7000), **values))


def error_of(answer: bytes) -> str:
    """The text of a BEP 15 error; empty for another answer."""
    is_error = struct.unpack(">I", answer[:4])[0] == ERROR
    return answer[8:].decode() if is_error else ""


class Signer:
    def __init__(self, program: str) -> None:
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def sign(self, secret: bytes, message: str) -> list[str]:
        """Wallet address and signature in hex."""
        self.process.stdin.write(f"{secret.hex()} {message.encode().hex()}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().split()

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait()


class Wallet:
    """Signs requests; its clock rises with each."""

    def __init__(self, signer: Signer, number: int) -> None:
        self.signer = signer
        self.secret = number.to_bytes(32, "big")
        self.peer_id = number.to_bytes(20, "big")
        self.address = signer.sign(self.secret, "any")[0]
        self.last_ms = 0
        self.skew_ms = 0

    def next_ms(self) -> int:
        self.last_ms = max(self.last_ms + 1, int(time.time() * 1000) + self.skew_ms)
        return self.last_ms

    def sign(self, action: str, target: str, at_ms: int, *, event="none", links=(), left=0,
             paths=2, name=f"{HOST}:{PORT}", port=7000) -> str:
        statement = "|".join(map(str, [
            "tau-tracker-v1", name, self.address, self.peer_id.hex(), action, target, event,
            port, left, 0, 0, paths, ",".join(links), at_ms]))
        return self.signer.sign(self.secret, statement)[1]

    def query(self, action: str, target: str, *, links=(), name=f"{HOST}:{PORT}") -> str:
        at_ms = self.next_ms()
        values = {"info_hash": target, "peer_id": self.peer_id.hex(), "port": 7000, "left": 0,
                  "wallet": self.address, "time": at_ms, "action": action,
                  "sign": self.sign(action, target, at_ms, links=links, name=name)}
        if links:
            values["links"] = ",".join(links)
        return urllib.parse.urlencode(values)

    def link_datagram(self, connection: int, transaction: int, targets: list[str]) -> bytes:
        at_ms = self.next_ms()
        sign = self.sign("link", targets[0], at_ms, links=targets[1:])
        head = struct.pack(">QII20s20sQHHBBB", connection, LINK, transaction, self.peer_id,
                           bytes.fromhex(self.address), at_ms, 7000, 0, 0, len(targets), 0)
        return head + bytes.fromhex(sign) + b"".join(b"\1" + bytes.fromhex(t) for t in targets)


class HttpClient:
    def __init__(self, address: str) -> None:
        self.connection = http.client.HTTPConnection(*TRACKER, timeout=PATIENCE_S,
                                                     source_address=(address, 0))

    def announce(self, query: str) -> dict:
        self.connection.request("GET", "/announce?" + query,
                                headers={"Accept": "application/json"})
        return json.loads(self.connection.getresponse().read())

    def close(self) -> None:
        self.connection.close()


class Probe:
    """Ordinary clients in a process of their own: announces over UDP, over a kept and over
    fresh HTTP connections, 200 a second together."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def result(self) -> dict:
        """What was seen since the last call: {kind: {"p50_ms", "p99_ms", "count", "lost"}}."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def probe_main() -> None:
    info_hash = b"\x55" * 20
    query = f"info_hash={info_hash.hex()}&peer_id={'66' * 20}&port=7001&left=1"
    udp = UdpClient("10.77.9.1")
    kept = HttpClient("10.77.9.2")

    def over_udp() -> bool:
        answer = udp.announce(info_hash)
        if answer is not None and error_of(answer):
            udp.connect()
            answer = udp.announce(info_hash)
        return answer is not None and not error_of(answer)

    def over_fresh() -> bool:
        fresh = HttpClient("10.77.9.3")
        try:
            return "peers" in fresh.announce(query)
        finally:
            fresh.close()

    def over_kept() -> bool:
        try:
            return "peers" in kept.announce(query)
        except http.client.HTTPException:
            kept.close()  # the next request opens it again
            raise

    kinds = {"udp": over_udp, "http": over_fresh, "http_kept": over_kept}
    seen = {kind: [] for kind in kinds}
    lost = dict.fromkeys(kinds, 0)
    for number in range(1 << 62):
        kind = list(kinds)[number % len(kinds)]
        begun = time.monotonic()
        try:
            answered = kinds[kind]()
        except (OSError, http.client.HTTPException):
            answered = False
        took = time.monotonic() - begun
        seen[kind].append(took) if answered else None
        lost[kind] += not answered
        if not select.select([sys.stdin], [], [], max(0, 0.005 - took))[0]:
            continue
        if not sys.stdin.readline():
            return
        print(json.dumps({kind: summary(seen[kind], lost[kind]) for kind in kinds}), flush=True)
        seen = {kind: [] for kind in kinds}
        lost = dict.fromkeys(kinds, 0)


def summary(times: list[float], lost: int) -> dict:
    ordered = sorted(times) or [0.0]
    return {"count": len(times), "lost": lost, "p50_ms": ordered[len(ordered) // 2] * 1000,
            "p99_ms": ordered[len(ordered) * 99 // 100] * 1000, "max_ms": ordered[-1] * 1000}


if __name__ == "__main__":
    probe_main()
