#!/usr/bin/env python3
"""The real tau-tracker under load, beside opentracker and a server that does nothing but
answer, all in one run, turn by turn.

The servers run on processor 0, the load on processor 1. Answers a second tell of the whole
machine; the server's processor time an answer is disturbed less by others, and is what the
ratios are made of.

usage: run.py BUILD_FOLDER [--rounds 5] [--seconds 2] [--only PART]...
"""
import argparse
import json
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

STEADY_RATE = 50_000
FLOOD_RATE = 20_000


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def on_cpu(number: int, *command) -> list[str]:
    return ["taskset", "-c", str(number), *map(str, command)]


def report(scenario: str, who: str, metric: str, value: float) -> None:
    print(f"result {scenario} {who} {metric} {value:.6g}", flush=True)


class Server:
    def __init__(self, name: str, port: int, folder: pathlib.Path, *command):
        self.name, self.port = name, port
        self.process = subprocess.Popen(on_cpu(0, *command), stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, cwd=folder)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def start_servers(build: pathlib.Path, folder: pathlib.Path) -> dict[str, Server]:
    port = free_port()
    config = folder / "tau.toml"
    config.write_text(f'threads = 1\nudp = ["127.0.0.1:{port}"]\nhttp = ["127.0.0.1:{port}"]\n'
                      '[admin]\nlisten = ""\n')
    servers = [Server("tau", port, folder, build / "bin/tau-tracker", "--config", config)]
    for name in ("udp", "http"):
        port = free_port()
        servers.append(Server(f"null_{name}", port, folder, build / "bench/null_server", name, port))
    if not shutil.which("opentracker"):
        print("opentracker is not installed; its rows are left out", file=sys.stderr)
        return {s.name: s for s in servers}
    hashes = folder / "hashes"
    hashes.write_bytes(subprocess.check_output([build / "bench/udp_load", "--print-hashes"]))
    folder.chmod(0o755)  # opentracker reads the list as nobody, below its new root
    for name, workers in (("opentracker", ""), ("opentracker_worker", "listen.udp.workers 1\n")):
        port = free_port()
        file = folder / f"{port}.conf"
        file.write_text(f"{workers}listen.udp 127.0.0.1:{port}\nlisten.tcp 127.0.0.1:{port}\n")
        servers.append(Server(name, port, folder, "opentracker", "-f", file, "-w", hashes.name,
                              "-u", "nobody", "-d", folder))
    return {s.name: s for s in servers}


class Bench:
    def __init__(self, build: pathlib.Path, servers: dict[str, Server], rounds: int,
                 seconds: float):
        self.build, self.servers = build, servers
        self.rounds, self.seconds = rounds, seconds

    def load(self, program: str, server: Server, *extra) -> dict:
        command = on_cpu(1, self.build / "bench" / program, server.port, "--server-pid",
                         server.process.pid, "--seconds", self.seconds, *extra)
        return json.loads(subprocess.check_output(command))

    def in_turn(self, names: list[str], program: str, *extra) -> dict[str, list[dict]]:
        """Rounds of runs, each server once a round."""
        rows: dict[str, list[dict]] = {n: [] for n in names if n in self.servers}
        for _ in range(self.rounds):
            for name, runs in rows.items():
                runs.append(self.load(program, self.servers[name], *extra))
        return rows

    def rates(self, scenario: str, names: list[str], program: str, *extra) -> None:
        for name, runs in self.in_turn(names, program, *extra).items():
            cost = statistics.median(r["server_us_an_answer"] for r in runs)
            report(scenario, name, "per_second", statistics.median(r["answers_per_s"] for r in runs))
            report(scenario, name, "cpu_us", cost)
            report(scenario, name, "per_cpu_second", 1e6 / cost if cost else 0)

    def memory(self) -> None:
        for name in ("tau", "opentracker", "opentracker_worker"):
            if name in self.servers:
                grew = self.load("udp_load", self.servers[name], "--preload")["server_grew_kib"]
                report("tracker_memory", name, "grew_mb", grew / 1024)

    def steady(self) -> None:
        names = ["tau", "opentracker", "opentracker_worker", "null_udp"]
        for name, runs in self.in_turn(names, "udp_load", "--rate", STEADY_RATE).items():
            for metric in ("p50_us", "p99_us"):
                report("udp_steady", name, metric, statistics.median(r[metric] for r in runs))

    def flood(self) -> None:
        """Plain announces with and without wrong signatures beside them, turn by turn.

        Both generators share a processor, so a server that does nothing loses some, too.
        """
        shares: dict[str, list[float]] = {"tau": [], "null_udp": []}
        refused = []
        for _ in range(self.rounds):
            for name, list_of in shares.items():
                server = self.servers[name]
                alone = self.load("udp_load", server)["answers_per_s"]
                flood = subprocess.Popen(
                    on_cpu(1, self.build / "bench/udp_load", server.port, "--forged", "--rate",
                           FLOOD_RATE, "--seconds", self.seconds), stdout=subprocess.PIPE)
                list_of.append(self.load("udp_load", server)["answers_per_s"] / alone)
                ended = json.loads(flood.communicate()[0])
                if name == "tau":
                    refused.append(ended["errors_per_s"])
        for name, list_of in shares.items():
            report("udp_flood", name, "share", statistics.median(list_of))
        report("udp_flood", "tau", "refused_per_second", statistics.median(refused))

    def parts(self) -> dict:
        """In their order; whoever is measured later is full of what memory() announced."""
        everybody = ["tau", "opentracker", "opentracker_worker", "null_udp"]
        return {
            "memory": self.memory,
            "udp": lambda: self.rates("udp_announce", everybody, "udp_load"),
            "steady": self.steady,
            "flood": self.flood,
            "keepalive": lambda: self.rates("http_keepalive", ["tau", "null_http"], "http_load",
                                            "--keepalive"),
            "close": lambda: self.rates("http_close", ["tau", "opentracker", "null_http"],
                                        "http_load"),
        }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--only", action="append", default=[], metavar="PART",
                        help="memory, udp, steady, flood, keepalive or close; memory always runs")
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        servers = start_servers(a.build, pathlib.Path(name))
        try:
            time.sleep(1)  # opentracker has no sign of being ready
            parts = Bench(a.build, servers, a.rounds, a.seconds).parts()
            if unknown := set(a.only) - set(parts):
                parser.error(f"no such part: {', '.join(unknown)}")
            for name, measure in parts.items():
                if not a.only or name in a.only or name == "memory":
                    measure()
        finally:
            for server in servers.values():
                server.stop()


if __name__ == "__main__":
    main()
