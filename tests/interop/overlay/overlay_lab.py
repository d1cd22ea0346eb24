"""What the tests of links and paths share: processes in network namespaces, and patience."""
import json
import subprocess
import time

LIMIT_S = 40


def sh(*words, **options):
    """The output of a command that must succeed."""
    return subprocess.run(words, check=True, capture_output=True, text=True, **options).stdout


def within(space):
    """The beginning of a command that runs in a namespace; the command replaces it."""
    return ["ip", "netns", "exec", space]


def on(space, *words, **options):
    return sh(*within(space), *words, **options)


def delete(spaces):
    for space in spaces:
        subprocess.run(["ip", "netns", "delete", space], check=False)


def wait_for(what, true_at, limit=LIMIT_S):
    """Looks again and again; each look is a command that takes its time."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if true_at():
            return
    raise AssertionError(f"never happened: {what}")


class Process:
    """A tracker in a namespace; ready when it has said so."""

    def __init__(self, space, *command):
        self.process = subprocess.Popen([*within(space), *command], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        text=True)
        for line in self.process.stdout:
            if line == "ready\n":
                return
        raise AssertionError(f"{command[0]} did not start")

    def ask(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.kill()
        self.process.stdin.close()
        self.process.stdout.close()


def our_tracker(space, program, where):
    """tau-tracker over UDP and HTTP at `where`."""
    return Process(space, program, "--udp", where, "--http", where, "--admin", "127.0.0.1:0")
