"""Several tau-tracker processes, real Redis servers, and a UDP client to ask them with."""
import http.client
import pathlib
import random
import re
import select
import signal
import socket
import struct
import subprocess
import time

CONNECT, ANNOUNCE, SCRAPE, ERROR = range(4)
EVENTS = {"none": 0, "completed": 1, "started": 2, "stopped": 3}


def until(condition, what: str, seconds: float = 20.0, pause: float = 0.005):
    """Asks again and again; the deadline is for a machine that is busy."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        select.select([], [], [], pause)
    return value


class Tracker:
    """One front-end."""

    def __init__(self, program: str, folder: pathlib.Path, *arguments: str, settings="") -> None:
        config = folder / f"tracker{id(self)}.toml"
        config.write_text("threads = 1\n" + settings)
        self.log = folder / f"tracker{id(self)}.log"
        self.process = subprocess.Popen(
            [program, "--config", str(config), "--udp", "127.0.0.1:0", "--http", "127.0.0.1:0",
             "--admin", "127.0.0.1:0", *arguments],
            stdout=subprocess.PIPE, stderr=open(self.log, "wb"), text=True)
        self.at = {}
        for line in self.process.stdout:
            if line == "ready\n":
                break
            kind, where = line.split()
            self.at[kind] = where
        assert "http" in self.at, self.log.read_text()
        self.name = self.at["http"]

    def admin(self, target: str) -> str:
        connection = http.client.HTTPConnection(self.at["admin"], timeout=20)
        connection.request("GET", target)
        return connection.getresponse().read().decode()

    def health(self) -> str:
        return self.admin("/healthz")

    def wait_for_log(self, text: str, times: int = 1) -> None:
        until(lambda: self.log.read_text().count(text) >= times, f"the log says {text!r}")

    def metric(self, name: str) -> float:
        return float(re.search(rf"^{name} (.*)$", self.admin("/metrics"), re.M)[1])

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(20) == 0, self.log.read_text()


class Udp:
    """A BEP 15 client of one tracker. What is not awaited may be collected later."""

    def __init__(self, tracker: Tracker) -> None:
        host, port = tracker.at["udp"].rsplit(":", 1)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.connect((host, int(port)))
        self.number = 0
        self.renew()

    def renew(self) -> None:
        self.renewed = time.monotonic()
        self.connection = 0x41727101980
        answer = self.ask(CONNECT, b"")
        self.connection = struct.unpack("!Q", answer[8:16])[0]

    def send(self, action: int, body: bytes) -> int:
        if action != CONNECT and time.monotonic() - self.renewed > 50:
            self.renew()
        self.number += 1
        self.socket.send(struct.pack("!QII", self.connection, action, self.number) + body)
        return self.number

    def ask(self, action: int, body: bytes) -> bytes:
        for _ in range(20):
            number = self.send(action, body)
            while select.select([self.socket], [], [], 0.5)[0]:
                answer = self.socket.recv(4096)
                if struct.unpack("!I", answer[4:8])[0] == number:
                    assert answer[3] == action, answer
                    return answer
        raise AssertionError("no answer")

    def collect(self) -> list[bytes]:
        out = []
        self.socket.setblocking(False)
        try:
            while True:
                out.append(self.socket.recv(4096))
        except BlockingIOError:
            pass
        finally:
            self.socket.setblocking(True)
        return out

    @staticmethod
    def announce_body(info_hash: bytes, port: int, event="none", left=1, wanted=200) -> bytes:
        return (info_hash + b"interop-test-client!" + struct.pack("!QQQ", 0, left, 0)
                + struct.pack("!IIIiH", EVENTS[event], 0, 0, wanted, port))

    @staticmethod
    def peers_of(answer: bytes) -> set[int]:
        """The ports of an announce's peers, which are all at one address."""
        return {struct.unpack("!H", answer[at + 4:at + 6])[0] for at in range(20, len(answer), 6)}

    def announce(self, info_hash: bytes, port: int, **how) -> set[int]:
        return self.peers_of(self.ask(ANNOUNCE, self.announce_body(info_hash, port, **how)))

    def peers(self, info_hash: bytes) -> set[int]:
        return self.announce(info_hash, 0)

    def scrape(self, info_hash: bytes) -> tuple[int, int, int]:
        """Seeders, downloads, leechers."""
        return struct.unpack("!III", self.ask(SCRAPE, info_hash)[8:20])


class Redis:
    """One redis-server, on a Unix socket or as a member of a cluster."""

    def __init__(self, folder: pathlib.Path, port: int = 0, *options: str) -> None:
        self.folder = folder
        self.port = port
        folder.mkdir(exist_ok=True)
        where = (["--bind", "127.0.0.1", "--port", str(port)] if port
                 else ["--port", "0", "--unixsocket", str(folder / "socket")])
        self.command = ["redis-server", *where, "--dir", str(folder), "--save", "",
                        "--appendonly", "no", "--logfile", "", *options]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if "eady to accept connections" in line:
                break
        else:
            raise AssertionError("redis-server did not start")
        # Its log goes on into a pipe that nobody reads, so let it write elsewhere.
        self.cli("config", "set", "loglevel", "warning")

    def url(self) -> str:
        return f"redis+unix:{self.folder / 'socket'}"

    def cli(self, *words: str) -> str:
        where = (["-p", str(self.port)] if self.port else ["-s", str(self.folder / "socket")])
        return subprocess.run(["redis-cli", *where, *words], capture_output=True, text=True,
                              check=True).stdout

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()


def cluster_port() -> int:
    """A free port whose bus port, 10000 above, is free too."""
    while True:
        port = random.randrange(20000, 32000)
        try:
            for p in (port, port + 10000):
                with socket.socket() as s:
                    s.bind(("127.0.0.1", p))
            return port
        except OSError:
            continue


class Cluster:
    """Three masters with a replica each, on loopback."""

    def __init__(self, folder: pathlib.Path, node_timeout_ms: int) -> None:
        self.nodes = []
        for i in range(6):
            self.nodes.append(Redis(
                folder / f"redis{i}", cluster_port(), "--cluster-enabled", "yes",
                "--cluster-node-timeout", str(node_timeout_ms), "--repl-diskless-sync-delay", "0",
                "--repl-ping-replica-period", "1"))
        subprocess.run(["redis-cli", "--cluster", "create",
                        *(f"127.0.0.1:{n.port}" for n in self.nodes), "--cluster-replicas", "1",
                        "--cluster-yes"], check=True, stdout=subprocess.DEVNULL)
        until(lambda: all("cluster_state:ok" in n.cli("cluster", "info") for n in self.nodes),
              "the cluster is whole")
        until(lambda: all("state=online" in n.cli("info", "replication") for n in self.masters()),
              "every master has its replica")

    def alive(self) -> list[Redis]:
        return [n for n in self.nodes if n.process.poll() is None]

    def masters(self) -> list[Redis]:
        return [n for n in self.alive() if n.cli("role").startswith("master")]

    def url(self) -> str:
        return "redis://" + ",".join(f"127.0.0.1:{n.port}" for n in self.nodes[:3])

    def kill(self) -> None:
        for node in self.alive():
            node.kill()
