#!/usr/bin/env python3
"""Announces a second of tau-tracker beside opentracker, in one run, interleaved.

The servers run on processor 0, the load on processor 1. Besides answers a second
it prints the server's processor time an answer, which a busy machine disturbs less.

usage: run.py BUILD_FOLDER [--rounds 5] [--seconds 3]
"""
import argparse
import json
import pathlib
import shutil
import socket
import statistics
import subprocess
import tempfile
import time


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def on_cpu(number: int, *command) -> list[str]:
    return ["taskset", "-c", str(number), *map(str, command)]


class Server:
    def __init__(self, name: str, port: int, folder: pathlib.Path, command: list[str]):
        self.name, self.port = name, port
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, cwd=folder)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def start_servers(build: pathlib.Path, folder: pathlib.Path) -> list[Server]:
    port = free_port()
    config = folder / "tau.toml"
    config.write_text(f'threads = 1\nudp = ["127.0.0.1:{port}"]\nhttp = ["127.0.0.1:{port}"]\n'
                      '[admin]\nlisten = ""\n')
    servers = [Server("tau-tracker", port, folder,
                      on_cpu(0, build / "bin/tau-tracker", "--config", config))]
    if not shutil.which("opentracker"):
        print("opentracker is not installed; its rows are left out")
        return servers
    hashes = folder / "hashes"
    hashes.write_bytes(subprocess.check_output([build / "bench/udp_load", "--print-hashes"]))
    folder.chmod(0o755)  # opentracker reads the list as nobody, below its new root
    for name, workers in (("opentracker", ""), ("opentracker, UDP worker",
                                                "listen.udp.workers 1\n")):
        port = free_port()
        file = folder / f"{port}.conf"
        file.write_text(f"{workers}listen.udp 127.0.0.1:{port}\nlisten.tcp 127.0.0.1:{port}\n")
        servers.append(Server(name, port, folder, on_cpu(
            0, "opentracker", "-f", file, "-w", hashes.name, "-u", "nobody", "-d", folder)))
    return servers


def load(build: pathlib.Path, server: Server, *extra) -> dict:
    command = on_cpu(1, build / "bench/udp_load", server.port, "--server-pid", server.process.pid,
                     *extra)
    return json.loads(subprocess.check_output(command))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        servers = start_servers(a.build, pathlib.Path(name))
        try:
            time.sleep(1)  # opentracker has no sign of being ready
            for server in servers:
                grew = load(a.build, server, "--preload")["server_grew_kib"]
                print(f"{server.name:26} 1,000,000 peers: grew {grew / 1024:.1f} MB")
            rows: dict[str, list] = {s.name: [] for s in servers}
            for _ in range(a.rounds):
                for server in servers:
                    rows[server.name].append(load(a.build, server, "--seconds", a.seconds))
            cost = {}
            for name, runs in rows.items():
                rate = statistics.median(r["answers_per_s"] for r in runs)
                cost[name] = statistics.median(r["server_us_an_answer"] for r in runs)
                told = statistics.median(r["peers_an_answer"] for r in runs)
                print(f"{name:26} {rate:9.0f} answers/s  {cost[name]:5.2f} us of processor each, "
                      f"{told:.1f} peers")
            for name in list(cost)[1:]:
                print(f"tau-tracker answers {cost[name] / cost['tau-tracker']:.2f} x as many a "
                      f"processor second as {name}")
            tau = servers[0]
            flood = subprocess.Popen(on_cpu(1, a.build / "bench/udp_load", tau.port, "--forged",
                                            "--seconds", a.seconds + 1),
                                     stdout=subprocess.PIPE)
            beside = load(a.build, tau, "--seconds", a.seconds)
            refused = json.loads(flood.communicate()[0])["errors_per_s"]
            print(f"beside a flood: {beside['answers_per_s']:.0f} plain answers/s and "
                  f"{refused:.0f} refusals of wrong signatures/s")
        finally:
            for server in servers:
                server.stop()


if __name__ == "__main__":
    main()
