#!/usr/bin/env python3
"""The tracker over TLS: Python's and curl's clients, stock libtorrent, a renewed
certificate, and who speaks something else.

usage: https.py TAU_TRACKER
"""
import http.client
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import urllib.parse

from front_ends import Tracker, until

PROGRAM = sys.argv[1]
HASH = "77" * 20


def run(*command, **how) -> subprocess.CompletedProcess:
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, **how)


class Authority:
    """A certificate authority of the test, and certificates for 127.0.0.1 by it."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.file = folder / "ca.pem"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", folder / "ca.key", "-out", self.file, "-days", "2", "-subj",
            "/CN=test authority", "-addext", "basicConstraints=critical,CA:TRUE")

    def issue(self, serial: int, certificate: pathlib.Path, key: pathlib.Path) -> None:
        request, names = self.folder / "request", self.folder / "names"
        names.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        fresh = self.folder / "fresh.key"
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", fresh, "-out", request, "-subj", "/CN=127.0.0.1")
        run("openssl", "x509", "-req", "-in", request, "-CA", self.file, "-CAkey",
            self.folder / "ca.key", "-set_serial", serial, "-days", "1", "-extfile", names,
            "-out", certificate)
        key.write_bytes(fresh.read_bytes())
        key.chmod(0o600)


def target(port: int) -> str:
    return "/announce?" + urllib.parse.urlencode(
        {"info_hash": HASH, "peer_id": "ab" * 20, "port": port, "left": 1, "numwant": 200})


def check_clients(tracker: Tracker, authority: Authority) -> None:
    trusting = ssl.create_default_context(cafile=authority.file)
    connection = http.client.HTTPSConnection(tracker.at["https"], context=trusting, timeout=20)
    for port in range(1, 101):  # one connection, many requests
        connection.request("GET", target(port))
        body = connection.getresponse().read()
        assert b"5:peers" in body, body
    for version in ("--tlsv1.2 --tls-max 1.2", "--tlsv1.3"):
        body = run("curl", "-sS", "--cacert", authority.file, *version.split(),
                   f"https://{tracker.at['https']}{target(200)}").stdout
        assert body.count(b"\x7f\x00\x00\x01") >= 100, body
    # Many requests in one write, answers larger than a socket's buffer takes at once.
    raw = trusting.wrap_socket(socket.create_connection(tracker.at["https"].rsplit(":", 1)),
                               server_hostname="127.0.0.1")
    request = f"GET {target(300)} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    raw.sendall(request * 99 + request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    body = b""
    while part := raw.recv(65536):
        body += part
    assert body.count(b"HTTP/1.1 200") == 100, body.count(b"HTTP/1.1 200")
    assert body.count(b"5:peers") == 100


def check_refusals(tracker: Tracker) -> None:
    """Who does not trust us, who speaks plain HTTP, who says nothing sensible."""
    address = tracker.at["https"].rsplit(":", 1)
    try:
        connection = http.client.HTTPSConnection(tracker.at["https"], timeout=20)
        connection.request("GET", target(1))
        raise AssertionError("an unknown authority was trusted")
    except ssl.SSLCertVerificationError:
        pass
    for junk in (b"GET / HTTP/1.1\r\n\r\n", os.urandom(1000), b"\x16\x03\x01\xff\xff" + b"x" * 100):
        with socket.create_connection(address, timeout=20) as s:
            try:  # the tracker may have ended it before we are done
                s.sendall(junk)
                s.shutdown(socket.SHUT_WR)
                while part := s.recv(4096):
                    assert not part.startswith(b"HTTP"), part
            except OSError:
                pass
    assert not re.search(r'reason="tls_handshake"} 0$', tracker.admin("/metrics"), re.M)


def serial_of(tracker: Tracker, authority: Authority) -> int:
    trusting = ssl.create_default_context(cafile=authority.file)
    with trusting.wrap_socket(socket.create_connection(tracker.at["https"].rsplit(":", 1)),
                              server_hostname="127.0.0.1") as s:
        return int(s.getpeercert()["serialNumber"], 16)


def check_renewal(tracker: Tracker, authority: Authority, certificate, key) -> None:
    trusting = ssl.create_default_context(cafile=authority.file)
    old = http.client.HTTPSConnection(tracker.at["https"], context=trusting, timeout=20)
    old.request("GET", target(1))
    old.getresponse().read()
    assert serial_of(tracker, authority) == 1
    authority.issue(2, certificate, key)
    tracker.process.send_signal(signal.SIGHUP)
    tracker.wait_for_log("settings of announces reloaded")
    until(lambda: serial_of(tracker, authority) == 2, "the new certificate is shown")
    old.request("GET", target(1))
    assert b"5:peers" in old.getresponse().read(), "open connections go on"
    key.write_text("no key")
    tracker.process.send_signal(signal.SIGHUP)
    tracker.wait_for_log("not reloaded")
    assert serial_of(tracker, authority) == 2, "the old certificate stays"


def check_libtorrent(tracker: Tracker, authority: Authority) -> None:
    """Stock libtorrent, told of the authority by OpenSSL's variable, in its own process."""
    script = f"""
import libtorrent as lt, time
s = lt.session({{'listen_interfaces': '127.0.0.1:0', 'enable_dht': False, 'enable_lsd': False,
                'enable_upnp': False, 'enable_natpmp': False, 'alert_mask': 0x10 | 0x1}})
p = lt.add_torrent_params()
p.info_hashes = lt.info_hash_t(lt.sha1_hash(bytes.fromhex('88' * 20)))
p.save_path = '/nonexistent'
p.flags = 0
p.trackers = ['https://{tracker.at["https"]}/announce']
t = s.add_torrent(p)
end = time.monotonic() + 30
while time.monotonic() < end:
    s.wait_for_alert(500)
    for a in s.pop_alerts():
        if isinstance(a, lt.tracker_reply_alert):
            print('replied'); raise SystemExit
        if isinstance(a, lt.tracker_error_alert):
            print(a.message()); raise SystemExit
"""
    out = subprocess.run(["/usr/bin/python3", "-c", script], capture_output=True, text=True,
                         env={**os.environ, "SSL_CERT_FILE": str(authority.file)}, timeout=60)
    assert out.stdout == "replied\n", out.stdout + out.stderr


def check_configuration(folder: pathlib.Path, certificate, key) -> None:
    file = folder / "wrong.toml"
    key.chmod(0o644)
    for text, complaint in [('https = ["127.0.0.1:0"]', "needs tls.certificate"),
                            (f'https = ["127.0.0.1:0"]\n[tls]\ncertificate = "{certificate}"\n'
                             f'key = "{key}"', "others may read it")]:
        file.write_text(text)
        outcome = subprocess.run([PROGRAM, "--config", file], capture_output=True, text=True,
                                 timeout=20)
        assert outcome.returncode == 1 and complaint in outcome.stderr, outcome.stderr
    key.chmod(0o600)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        authority = Authority(folder)
        certificate, key = folder / "cert.pem", folder / "key.pem"
        authority.issue(1, certificate, key)
        check_configuration(folder, certificate, key)
        tracker = Tracker(PROGRAM, folder, "--https", "127.0.0.1:0", settings=f"""
[tls]
certificate = "{certificate}"
key = "{key}"
""")
        try:
            check_clients(tracker, authority)
            check_refusals(tracker)
            check_libtorrent(tracker, authority)
            check_renewal(tracker, authority, certificate, key)
            tracker.stop()
        finally:
            tracker.kill()
    print("curl, Python and stock libtorrent announced over TLS; the certificate was renewed")


if __name__ == "__main__":
    main()
