#!/usr/bin/python3
"""A stock libtorrent session (python3-libtorrent) reads what Tau published, and Tau
reads what it put.  usage: stock_libtorrent.py DRIVER"""
import json
import subprocess
import sys
import time

import libtorrent

TIMEOUT_S = 30
# The key pair of BEP 44's test vectors, as libtorrent wants it (64 octets, expanded).
PRIVATE_KEY = bytes.fromhex(
    "e06d3183d14159228433ed599221b80bd0a5ce8352e4bdf0262f76786ef1c74d"
    "b7e7a9fea2c0eb269d61e3b38e450a22e754941ac78479d6c54e1faf6037881d")
PUBLIC_KEY = bytes.fromhex("77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548")
SETTINGS = {
    "listen_interfaces": "127.0.0.1:0",
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "dht_bootstrap_nodes": "",
    "dht_restrict_routing_ips": False,
    "dht_restrict_search_ips": False,
    "alert_mask": libtorrent.alert.category_t.dht_notification
    | libtorrent.alert.category_t.status_notification,
}


class Driver:
    def __init__(self, path):
        self.process = subprocess.Popen(
            [path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.about = json.loads(self.process.stdout.readline())

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        return self.process.stdout.readline().split()

    def stop(self):
        self.process.stdin.close()
        assert self.process.wait(TIMEOUT_S) == 0


def alerts(session):
    """Alerts as they come, until the time is up."""
    until = time.monotonic() + TIMEOUT_S
    while time.monotonic() < until:
        session.wait_for_alert(200)
        yield from session.pop_alerts()
    raise AssertionError("no answer from the DHT")


def table_size(session):
    session.post_dht_stats()
    for alert in alerts(session):
        if isinstance(alert, libtorrent.dht_stats_alert):
            return sum(bucket["num_nodes"] for bucket in alert.routing_table)


def salt_of(alert):
    """Bytes, whichever of the two the binding gives."""
    return alert.salt if isinstance(alert.salt, bytes) else alert.salt.encode()


def main():
    driver = Driver(sys.argv[1])
    session = libtorrent.session(SETTINGS)
    for node in driver.about["nodes"]:
        host, port = node.rsplit(":", 1)
        session.add_dht_node((host, int(port)))
    while table_size(session) < len(driver.about["nodes"]) - 1:
        pass

    key = bytes.fromhex(driver.about["key"])
    written = driver.ask("put gossip 9 " + b"12:from Tau 123".hex())
    assert written[0] == "put" and int(written[1]) > 0, written
    session.dht_get_mutable_item(key, b"gossip")
    for alert in alerts(session):
        if isinstance(alert, libtorrent.dht_mutable_item_alert) and salt_of(alert) == b"gossip":
            assert alert.seq == 9, alert.seq
            assert alert.item["value"] == b"from Tau 123", alert.item
            break

    session.dht_put_mutable_item(PRIVATE_KEY, PUBLIC_KEY, b"from libtorrent", b"chan")
    for alert in alerts(session):
        if isinstance(alert, libtorrent.dht_put_alert) and salt_of(alert) == b"chan":
            assert alert.num_success > 0
            break
    read = driver.ask(f"get {PUBLIC_KEY.hex()} chan")
    assert read[:3] == ["got", "1", b"15:from libtorrent".hex()], read
    driver.stop()


if __name__ == "__main__":
    main()
