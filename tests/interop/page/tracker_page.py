#!/usr/bin/env python3
"""The admin page of the real tracker in headless Chromium.

usage: tracker_page.py TAU_TRACKER SIGNER NETWORK_MAKER
"""
import atexit
import http.client
import json
import pathlib
import subprocess
import sys
import tempfile
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tracker"))
from browser import DESKTOP, MEASURE_FRAMES, PHONE, Browser  # noqa: E402
from random_networks import Node, Signer  # noqa: E402

PROGRAM, SIGNER, NETWORK_MAKER = sys.argv[1:4]
TOPIC = "77" * 20
LEAST_FRAMES = 20


class Tracker:
    """The tracker with an admin token; `at` gives it the ports of an earlier one."""

    def __init__(self, folder: pathlib.Path, at: dict[str, str] | None = None) -> None:
        file = folder / "tracker.toml"
        self.token_file = folder / "token"
        file.write_text(f'[admin]\ntoken_file = "{self.token_file}"\n')
        free = "127.0.0.1:0"
        at = at or {"http": free, "udp": free, "admin": free}
        self.process = subprocess.Popen(
            [PROGRAM, "--config", str(file), "--udp", at["udp"], "--http", at["http"],
             "--admin", at["admin"]], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        atexit.register(self.process.kill)  # when a check fails before stop()
        self.at = {}
        for line in self.process.stdout:
            if line == "ready\n":
                break
            kind, where = line.split()
            self.at[kind] = where
        self.name = self.at["http"]
        self.token = self.token_file.read_text().strip()
        self.connection = http.client.HTTPConnection(self.name, timeout=20)

    def get(self, query: dict) -> dict:
        """An announce, as random_networks' nodes make it."""
        self.connection.request("GET", "/announce?" + urllib.parse.urlencode(query),
                                headers={"Accept": "application/json"})
        answer = json.loads(self.connection.getresponse().read())
        assert "error" not in answer, answer
        return answer

    def admin(self, path: str, **fields: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self.at["admin"], timeout=20)
        connection.request("GET", path, headers=fields)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()

    def stop(self) -> None:
        self.connection.close()
        self.process.terminate()
        assert self.process.wait(20) == 0
        self.process.stdout.close()


def check_who_is_served(tracker: Tracker) -> None:
    bearer = {"Authorization": f"Bearer {tracker.token}"}
    status, fields, body = tracker.admin("/")
    assert status == 200 and b"<title>Tau tracker</title>" in body
    assert fields["Content-Type"] == "text/html; charset=utf-8"
    policy = fields["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy, policy
    assert tracker.token.encode() not in body
    for path in ("/", "/main.js", "/api/history"):
        assert tracker.admin(path, Host="tracker.example:80", **bearer)[0] == 421, path
        assert tracker.admin(path, Origin="http://evil.example", **bearer)[0] == 403, path
    for path in ("/api/history", "/api/topology", "/api/topology/1/0", "/api/wallets?prefix=0",
                 "/api/route?from=0x" + "1" * 40 + "&to=0x" + "2" * 40):
        assert tracker.admin(path)[0] == 401, path
        assert tracker.admin(path, **bearer)[0] in (200, 404), path
    for path in ("/api/history?range=year", "/api/history?after=x", "/api/topology?limit=0",
                 "/api/topology?limit=-1", "/api/topology?around=0x12", "/api/wallets?prefix=0xzz",
                 "/api/wallets", "/api/route?from=0x12&to=0x34", "/api/topology?around="
                 + ",".join(["0x" + "1" * 40] * 17)):
        assert tracker.admin(path, **bearer)[0] == 400, path


def sign_in(page: Browser, token: str) -> None:
    page.type("#token", token)
    page.click("#sign-in-form button")


def check_sign_in(page: Browser, tracker: Tracker) -> None:
    page.open("/")
    page.wait("the question for the token", lambda: page.one("#sign-in").is_displayed())
    page.screenshot("tracker-sign-in")
    sign_in(page, "00" * 32)
    page.wait_text("#sign-in-problem", "not the token")
    assert not page.one("#app").is_displayed()
    page.screenshot("tracker-wrong-token")
    sign_in(page, tracker.token)
    page.wait("the overview", lambda: page.one("#overview").is_displayed())
    page.wait_text("#tile-peers", "0")


def check_live_numbers(page: Browser, tracker: Tracker) -> None:
    for port in range(1, 8):
        tracker.get({"info_hash": TOPIC, "peer_id": "ab" * 20, "port": port, "left": port % 2})
    page.wait_text("#tile-peers", "7")
    page.wait_text("#health", "Running for")
    # The tracker keeps the history: it is there again after a reload, as is the token.
    page.wait("samples of before", lambda: int(page.run(
        "return performance.getEntriesByType('resource').filter(e => e.name.includes('/api/history')).length")) > 2)
    page.driver.refresh()
    page.wait_text("#tile-peers", "7")
    page.wait_text("#since", "was started at")
    rows = json.loads(tracker.admin("/api/history?range=minutes",
                                    Authorization=f"Bearer {tracker.token}")[2])["rows"]
    assert len(rows) > 2 and rows[0][1] == 0 and rows[-1][1] == 7, rows
    page.click('[data-range="hour"]')
    page.wait("the hour", lambda: page.one('[data-range="hour"]').get_attribute("aria-pressed") == "true")
    page.wait_text("#tile-peers", "7")
    page.click('[data-range="minutes"]')


def colour_pixels(page: Browser, variable: str) -> int:
    """How many pixels of the graph have just the colour of a CSS variable."""
    return page.run("""
        const canvas = document.querySelector('#graph')
        const hex = getComputedStyle(canvas).getPropertyValue(arguments[0]).trim()
        const wanted = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16))
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
        let count = 0
        for (let i = 0; i < data.length; i += 4)
          if (data[i] === wanted[0] && data[i + 1] === wanted[1] && data[i + 2] === wanted[2]) count++
        return count""", variable)


def ask_route(page: Browser, source: str, target: str) -> None:
    page.type("#route-from", source)
    page.type("#route-to", target)
    page.click("#route-form button[type=submit]")


def check_five_nodes(page: Browser, tracker: Tracker, signer: Signer) -> None:
    page.open("/#/network")
    page.wait_text("#graph-empty", "No wallet is online")
    page.screenshot("tracker-network-empty")
    nodes = dict(zip("ABCDE", (Node(signer, i + 1) for i in range(5))))
    for one, others in {"A": "BC", "B": "AD", "C": "AD", "D": "BCE", "E": "D"}.items():
        targets = [nodes[o].wallet for o in others]
        nodes[one].say(tracker, "link", targets[0], links=targets[1:])
    page.wait_text("#graph-note", "5 wallets, 5 links")
    address = {letter: "0x" + node.wallet for letter, node in nodes.items()}
    ask_route(page, address["A"], address["E"])
    page.wait("two paths", lambda: len(page.all(".path")) == 2)
    told = []
    for path in page.all(".path"):
        starts = [b.text.split("\u2026")[0].lower() for b in path.find_elements("css selector", "button")]
        told.append("".join(next(l for l, a in address.items() if a.startswith(s)) for s in starts))
    assert sorted(told) == ["BDE", "CDE"], told
    page.wait("the route in the graph", lambda: colour_pixels(page, "--series-2") > 300
              and colour_pixels(page, "--series-4") > 300)
    page.wait("the wallets at rest", lambda: page.run("""
        const canvas = document.querySelector('#graph')
        const before = window.lastPicture
        window.lastPicture = canvas.toDataURL()
        return before === window.lastPicture"""))
    page.screenshot("tracker-five-nodes-route")
    check_search(page, address)
    ask_route(page, address["A"], "0x" + "9" * 40)
    page.wait_text("#route-result", "The second wallet is not online")
    ask_route(page, address["A"], "nobody")
    page.wait_text("#route-result", "whole wallet addresses")


def check_search(page: Browser, address: dict[str, str]) -> None:
    page.type("#search", address["D"][:8].upper().replace("0X", "0x"))
    page.wait("the wallet found", lambda: len(page.all("#found button")) == 1)
    page.click("#found button")
    page.wait("its details", lambda: address["D"] in page.text("#details-body").lower())
    page.wait_text("#details-body", "online")
    assert len(page.all(".linked button")) == 3
    page.type("#search", "no address")
    page.wait_text("#found-note", "up to 40 digits")
    page.type("#search", "")
    graph = page.one("#graph")
    before = page.run("return document.querySelector('#graph').toDataURL()")
    graph.send_keys("++")
    page.wait("the keyboard to zoom", lambda: page.run("return document.querySelector('#graph').toDataURL()") != before)
    graph.send_keys("0")


def check_looks(page: Browser) -> None:
    for scheme in ("dark", "light"):
        page.scheme(scheme)
        for (width, height), name in ((PHONE, "phone"), (DESKTOP, "desktop")):
            page.size(width, height)
            for view in ("overview", "network"):
                page.open(f"/#/{view}")
                page.wait(view, lambda: page.one(f"#{view}").is_displayed())
                page.wait("news", lambda: "Running" in page.one("#health").get_attribute("textContent"))
                assert page.overflow() <= 0, f"{view} is too wide for {name}"
                page.screenshot(f"tracker-{view}-{name}-{scheme}")


def check_gone(page: Browser, tracker: Tracker, folder: pathlib.Path) -> Tracker:
    tracker.stop()
    page.wait_text("#gone", "does not answer")
    page.screenshot("tracker-gone")
    again = Tracker(folder, tracker.at)
    page.wait("the tracker is back", lambda: not page.one("#gone").is_displayed(), 30)
    return again


def check_large(page: Browser, tracker: Tracker) -> None:
    def make(count: int, seed: int) -> list[str]:
        made = subprocess.run([NETWORK_MAKER, tracker.name, str(count), str(seed)], check=True,
                              stdout=subprocess.PIPE, text=True)
        return made.stdout.split()

    wallets = make(10_000, 1)
    page.open("/#/network")
    page.wait_text("#graph-note", "10,000 wallets", 40)
    page.wait("something drawn", lambda: colour_pixels(page, "--series-1") > 300)
    laying = page.driver.execute_async_script(MEASURE_FRAMES, "#graph", 1500)
    page.wait("all in their places", lambda: "placing" not in page.text("#graph-note"), 60)
    page.click("#zoom-fit")
    rest = page.driver.execute_async_script(MEASURE_FRAMES, "#graph", 1500)
    print(f"10,000 wallets: {laying['fps']:.0f} frames a second while they are being placed "
          f"(19 of 20 within {laying['p95']:.0f} ms), {rest['fps']:.0f} after ({rest['p95']:.0f} ms)")
    assert min(laying["fps"], rest["fps"]) >= LEAST_FRAMES
    page.click("#zoom-fit")
    page.screenshot("tracker-10000")
    page.type("#search", wallets[17][:9])
    page.wait("a wallet of many", lambda: len(page.all("#found button")) == 1)
    ask_route(page, wallets[3], wallets[5011])
    page.wait("two paths", lambda: len(page.all(".path")) == 2)
    page.wait("the route in the graph", lambda: colour_pixels(page, "--series-2") > 300)
    page.screenshot("tracker-10000-route")
    page.click("#route-clear")
    make(2_000, 2)
    page.wait_text("#graph-note", "A part of the network: 10,000 of 12,000", 40)
    page.screenshot("tracker-part")


def main() -> None:
    signer = Signer(SIGNER)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        tracker = Tracker(folder)
        check_who_is_served(tracker)
        with Browser(f"http://{tracker.at['admin']}") as page:
            check_sign_in(page, tracker)
            check_live_numbers(page, tracker)
            check_five_nodes(page, tracker, signer)
            check_looks(page)
            tracker = check_gone(page, tracker, folder)
            check_large(page, tracker)
            page.check_clean(tracker.token, ("401 (Unauthorized)", "400 (Bad Request)",
                                             "net::ERR_CONNECTION_REFUSED", "net::ERR_EMPTY_RESPONSE",
                                             "net::ERR_CONNECTION_RESET", "404 (Not Found)",
                                             "willReadFrequently"))
        tracker.stop()
    signer.process.stdin.close()
    print("the tracker's page: sign-in, live numbers, routes, search, looks, absence and size passed")


if __name__ == "__main__":
    main()
