"""Nodes in network namespaces of their own behind one router, which lets through what goes to
and comes from the router itself, and between two nodes only if they are connected."""
import os

from overlay_lab import delete, on, sh, within


class FencedNetwork:
    """`names` are the nodes'. As root; needs ip, nft. The router is a namespace as well."""

    ROUTER_ADDRESS = "10.98.0.1"

    def __init__(self, names):
        self.names = list(names)
        self.prefix = f"tauf{os.getpid()}"
        self.hub = self.prefix + "hub"
        self.spaces = []

    def __enter__(self):
        try:
            self._make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _make(self):
        self._space(self.hub)
        on(self.hub, "ip", "address", "add", self.ROUTER_ADDRESS + "/32", "dev", "lo")
        on(self.hub, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        on(self.hub, "ip", "route", "add", "default", "dev", "lo")
        self._nft("add table inet f",
                  "add set inet f links { type ipv4_addr . ipv4_addr ; }",
                  "add chain inet f forward { type filter hook forward priority 0 ; policy drop ; }",
                  "add rule inet f forward ip saddr . ip daddr @links accept")
        for number, name in enumerate(self.names):
            self._attach(number, name)

    def _space(self, space):
        sh("ip", "netns", "add", space)
        self.spaces.append(space)
        on(space, "ip", "link", "set", "lo", "up")

    def _attach(self, number, name):
        space, device, near = self.space(name), f"n{number}", self._subnet(number) + ".1"
        self._space(space)
        sh("ip", "link", "add", "eth0", "netns", space, "type", "veth", "peer", "name", device,
           "netns", self.hub)
        on(self.hub, "ip", "address", "add", near + "/24", "dev", device)
        on(self.hub, "ip", "link", "set", device, "up")
        on(space, "ip", "address", "add", self.address(name) + "/24", "dev", "eth0")
        on(space, "ip", "link", "set", "eth0", "up")
        on(space, "ip", "route", "add", "default", "via", near)

    @staticmethod
    def _subnet(number):
        return f"10.98.{number + 1}"

    def space(self, name):
        return f"{self.prefix}{name}"

    def address(self, name):
        return self._subnet(self.names.index(name)) + ".2"

    def _nft(self, *commands):
        on(self.hub, "nft", "-f", "-", input="\n".join(commands) + "\n")

    def connect(self, *pairs):
        self._change("add", pairs)

    def part(self, *pairs):
        """What is under way between the two is dropped, connections fall silent."""
        self._change("delete", pairs)

    def _change(self, word, pairs):
        rows = []
        for one, other in pairs:
            here, there = self.address(one), self.address(other)
            rows += [f"{here} . {there}", f"{there} . {here}"]
        if rows:
            self._nft(f"{word} element inet f links {{ {', '.join(rows)} }}")

    def narrow(self, name, rate):
        """What it sends takes its time; None: no longer."""
        queue = ("tc", "qdisc", "replace" if rate else "delete", "dev", "eth0", "root")
        on(self.space(name), *queue,
           *(("tbf", "rate", rate, "burst", "64kb", "latency", "400ms") if rate else ()))

    def within(self, name):
        """The beginning of a command that runs in the namespace of a node."""
        return within(self.space(name))

    def __exit__(self, *unused):
        delete(self.spaces)
