"""Runs tau-node for tests: identities in folders of a temporary place, daemons that end
with the test, commands with their exit codes and JSON."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

COMMAND_TIMEOUT_S = 90


class Node:
    """One data folder, and its daemon while it runs."""

    def __init__(self, program, folder):
        self.program = program
        self.data = pathlib.Path(folder)
        self.daemon = None
        self.ready = None

    def run(self, *arguments, stdin=None, timeout=COMMAND_TIMEOUT_S):
        """The finished process of a command; output as octets."""
        return subprocess.run(
            [self.program, "--data", str(self.data), *arguments], input=stdin,
            capture_output=True, timeout=timeout, check=False)

    def json(self, *arguments, stdin=None, code=0, timeout=COMMAND_TIMEOUT_S):
        """What a command prints with --json; it must end with `code`."""
        done = self.run("--json", *arguments, stdin=stdin, timeout=timeout)
        assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
        out = done.stdout if code == 0 else done.stdout or done.stderr
        return json.loads(out) if out.strip() else None

    def text(self, *arguments, stdin=None, code=0):
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
        return (done.stdout + done.stderr).decode()

    def start(self, *arguments, bootstrap=None, listen="127.0.0.1:0", within=(),
              stderr=subprocess.DEVNULL, env=None):
        """Starts the daemon and waits for the line that says it is ready. `within`: words that
        stand before the command and are replaced by it, such as `ip netns exec SPACE`."""
        more = ["--bootstrap", bootstrap] if bootstrap else []
        self.daemon = subprocess.Popen(
            [*within, self.program, "--data", str(self.data), "--json", "run", "--private",
             "--listen", listen, *more, *arguments], stdout=subprocess.PIPE, stderr=stderr, env=env)
        line = self.daemon.stdout.readline()
        assert line, f"the daemon of {self.data} ended with {self.daemon.wait()}"
        self.ready = json.loads(line)
        return self.ready

    def stop(self):
        self.json("stop")
        assert self.daemon.wait(COMMAND_TIMEOUT_S) == 0
        self._forget()

    def kill(self):
        self.daemon.kill()
        self.daemon.wait()
        self._forget()

    def _forget(self):
        self.daemon.stdout.close()
        self.daemon = None

    def follow(self, *arguments):
        """A command that goes on; its standard output is a pipe of lines."""
        return subprocess.Popen(
            [self.program, "--data", str(self.data), "--json", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def folder_listing(self):
        return sorted(p.name for p in self.data.iterdir())


class Place:
    """A temporary folder with nodes in it; everything ends when it is left."""

    def __init__(self, program):
        self.program = program
        self.nodes = []

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tau-test-"))
        return self

    def node(self, name, identity=True):
        node = Node(self.program, self.folder / name)
        self.nodes.append(node)
        if identity:
            node.json("init", "--name", name[:20].capitalize())
        return node

    def __exit__(self, kind, value, trace):
        for node in self.nodes:
            if node.daemon and node.daemon.poll() is None:
                node.kill()
            log = node.data / "log" / "tau-node.log"
            if kind and log.exists():
                sys.stderr.write(f"--- {log}\n{log.read_text(errors='replace')[-4000:]}\n")
        shutil.rmtree(self.folder, ignore_errors=True)


def befriend(*nodes):
    """Each asks each to be a friend, so that all are."""
    for a in nodes:
        for b in nodes:
            if a is not b:
                a.json("friend", "add", b.json("id")["uri"])


def wait_until(node, ready, what, seconds=240):
    """Polls a command of the daemon until `ready(answer)`, and returns the answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = node.json(*what)
        if ready(answer):
            return answer
        time.sleep(0.2)  # between two polls of the daemon
    raise AssertionError((what, node.json(*what), node.json("status")))


def all_accepted(friends):
    return all(f["state"] == "accepted" for f in friends)


def program_of(argv):
    program = os.path.abspath(argv[1])
    assert os.access(program, os.X_OK), program
    return program


def run_cases(cases, place):
    """Calls each case with the place; names it, so that a failure says which."""
    for case in cases:
        print(f"{case.__name__} ...", flush=True)
        case(place)
        print("  ok", flush=True)
