#!/usr/bin/env python3
"""Reads "result <scenario> <who> <metric> <value>" lines from stdin and prints the table:
what Tau reached, what its peers reached in the same run, the ratio, and the aim."""
import sys

RTT_MS = 50.0


def read(lines):
    found = {}
    for line in lines:
        words = line.split()
        if len(words) == 5 and words[0] == "result":
            found[tuple(words[1:4])] = float(words[4])
    return found


class Row:
    """One line of the table: a Tau value, peers to compare with, and an aim."""

    def __init__(self, name, ours, peers, aim, met, unit="ms"):
        self.name, self.ours, self.peers = name, ours, peers
        self.aim, self.met, self.unit = aim, met, unit

    def print(self, results):
        value = results.get(self.ours)
        if value is None:
            return
        shown = []
        for label, key in self.peers:
            peer = results.get(key)
            if peer is not None:
                ratio = f"{value / peer:.3g}x" if peer else "-"
                shown.append(f"{label} {peer:.5g} ({ratio})")
        met = self.met(value, results) if self.met else None
        verdict = "-" if met is None else "OK" if met else "NO"
        print(f"{self.name:<44} {value:>10.5g} {self.unit:<4} {verdict:<4} {self.aim:<26} "
              + "; ".join(shown))


def at_most(limit):
    return lambda value, _: value <= limit


def at_least(limit):
    return lambda value, _: value >= limit


def at_most_times(factor, key, plus=0.0):
    return lambda value, results: key in results and value <= factor * results[key] + plus


def at_least_times(factor, key):
    return lambda value, results: key in results and value >= factor * results[key]


def peers_of(scenario, metric):
    return [(label, (scenario, who, metric)) for label, who in (
        ("libtorrent", "libtorrent"), ("its first value", "libtorrent_first"),
        ("OpenDHT", "opendht"))]


def idle_peer(metric):
    return [("libtorrent without Tau", ("idle", "libtorrent", metric))]


def trackers(scenario, metric):
    names = {"opentracker": "opentracker", "its UDP worker": "opentracker_worker",
             "nothing but answers": "null_udp", "nothing but HTTP": "null_http"}
    return [(label, (scenario, who, metric)) for label, who in names.items()]


def within(*conditions):
    """Met if all of them are; None of one that cannot tell is ignored."""
    return lambda value, results: all(met(value, results) is not False for met in conditions)


def if_there(key, met):
    """Says nothing where the peer did not run."""
    return lambda value, results: met(value, results) if key in results else None


def at_least_the_peer(scenario, metric, who, factor):
    key = (scenario, who, metric)
    return if_there(key, at_least_times(factor, key))


def no_more_than_opentracker(value, results):
    peers = [results[key] for _, key in trackers("udp_steady", "p99_us")
             if key[1].startswith("opentracker") and key in results]
    return value <= min(peers) if peers else None


def after_settling(limit):
    """Met only where the daemon had its five minutes; a quick run shows the value alone."""
    def met(value, results):
        if results.get(("idle", "settle", "seconds"), 0) < 300:
            return None
        return value <= limit
    return met


def topic_rows(over):
    name, post = f"topic_{over}", f"topic_{over}_post"
    words = f"topic over {'TCP' if over == 'tcp' else 'uTP'}"
    return [
        Row(f"{words}: all join, a first post reaches all", (name, "tau", "all_join_ms"), [],
            "<= 5 s", at_most(5000)),
        Row(f"{words}: a newcomer's post reaches all", (name, "tau", "newcomer_heard_ms"), [],
            "<= 5 s", at_most(5000)),
        Row(f"{words}: a newcomer hears a post", (name, "tau", "newcomer_hears_ms"), [],
            "<= 5 s", at_most(5000)),
        Row(f"{words}: a post reaches all, median", (post, "tau", "p50_ms"), [],
            "<= 10 x RTT", at_most(10 * RTT_MS)),
        Row(f"{words}: a post reaches all, latest", (post, "tau", "max_ms"), [],
            "<= 10 x RTT", at_most(10 * RTT_MS)),
        Row(f"{words}: copies of a post, most", (name, "tau", "most_copies"), [], "<= 3",
            at_most(3), ""),
        Row(f"{words}: copies of a post, mean", (name, "tau", "mean_copies"), [], "", None, ""),
        Row(f"{words}: links of a member, most", (name, "tau", "most_links"), [], "<= 8",
            at_most(8), ""),
        Row(f"{words}: islands", (name, "tau", "islands"), [], "0", at_most(0), ""),
        Row(f"{words}: all speak at once, all hear all", (name, "tau", "chorus_ms"), [], "", None),
    ]


def forward_rows(hops):
    scenario, plain = f"forward_{hops}_hops", "forward_0_hops"
    return [
        Row(f"message over {hops} hops, loopback: median", (f"{scenario}_arrived", "tau", "p50_ms"),
            [("over none", (f"{plain}_arrived", "tau", "p50_ms"))],
            f"<= none + {0.5 * hops} ms" if hops else "",
            at_most_times(1, (f"{plain}_arrived", "tau", "p50_ms"), 0.5 * hops) if hops else None),
        Row(f"messages of 1 KiB over {hops} hops", (f"{scenario}_rate", "tau", "per_s"), [],
            ">= 20000" if hops == 2 else "", at_least(20_000) if hops == 2 else None, "/s"),
        Row(f"processor of a node and message, {hops} hops",
            (f"{scenario}_rate", "tau", "cpu_us_per_node"), [], "<= 10 us" if hops == 2 else "",
            at_most(10) if hops == 2 else None, "us"),
    ]


def path_rows():
    plain = ("forward_1_hops_rate", "tau", "per_s")
    return [
        Row("the same over 1 hop, no tracker", ("forward_no_tracker_rate", "tau", "per_s"),
            [("told by one", plain)], "arrive", lambda value, _: value > 0, "/s"),
        Row("sealed in layers over 1 hop", ("forward_layered_rate", "tau", "per_s"),
            [("openly", plain)], "", None, "/s"),
        Row("sealed in layers over 1 hop: processor",
            ("forward_layered_rate", "tau", "cpu_us_per_node"),
            [("openly", ("forward_1_hops_rate", "tau", "cpu_us_per_node"))], "", None, "us"),
        Row("layers for 1 hop and the target: sealing", ("layers_1_hops", "tau", "seal_us"), [],
            "", None, "us"),
        Row("layers for 3 hops and the target: sealing", ("layers_3_hops", "tau", "seal_us"), [],
            "", None, "us"),
        Row("a hop opens its layer", ("layers_3_hops", "tau", "open_us"), [], "", None, "us"),
        Row("2 hops, with sealing and disk at both ends", ("forward_sealed_2_hops", "tau", "per_s"),
            [], ">= 2000", at_least(2000), "/s"),
        Row("2 hops, two whole messengers", ("messenger_2_hops", "tau", "per_s"), [], "", None,
            "/s"),
        Row("a hop dies, 1,000 under way: median", ("forward_hop_dies", "tau", "p50_ms"), [],
            "<= 1.5 s", at_most(1500)),
        Row("a hop dies: latest", ("forward_hop_dies", "tau", "max_ms"), [], "", None),
        Row("a hop dies: arrived twice", ("forward_hop_dies", "tau", "twice"), [], "0", at_most(0),
            ""),
        Row("a hop falls silent: median", ("forward_hop_falls_silent", "tau", "p50_ms"), [],
            "<= 1.5 s", at_most(1500)),
        Row("a hop falls silent: latest", ("forward_hop_falls_silent", "tau", "max_ms"), [], "",
            None),
        Row("a hop falls silent: arrived twice", ("forward_hop_falls_silent", "tau", "twice"), [],
            "0", at_most(0), ""),
        Row("beside a neighbour that floods: kept", ("forward_flood", "tau", "kept_percent"), [],
            ">= 90 %", at_least(90), "%"),
        Row("beside a flood: messages a second", ("forward_flood", "tau", "beside_per_s"),
            [("alone", ("forward_flood", "tau", "alone_per_s"))], "", None, "/s"),
        Row("beside a flood: acknowledged, median", ("forward_flood_beside", "tau", "p50_ms"),
            [("alone", ("forward_flood_alone", "tau", "p50_ms"))], "", None),
        Row("a flood: growth of the hop", ("forward_flood", "tau", "hop_growth_mib"), [],
            "<= 16 MiB", at_most(16), "MiB"),
    ]


ROWS = [
    Row("direct get, RTT 50 ms, median", ("direct_get", "tau", "p50_ms"),
        peers_of("direct_get", "p50_ms"), "<= 1.1 x RTT", at_most(1.1 * RTT_MS)),
    Row("dead endpoint: recursion starts, median",
        ("dead_endpoint", "tau_recursion_starts", "p50_ms"), [], "1000 to 1020 ms",
        lambda value, _: 999.5 <= value <= 1020),
    Row("dead endpoint: recursion starts, latest",
        ("dead_endpoint", "tau_recursion_starts", "max_ms"), [], "<= 1020 ms", at_most(1020)),
    Row("dead endpoint: value, median", ("dead_endpoint", "tau", "p50_ms"),
        [("libtorrent's first value", ("dead_endpoint", "libtorrent_first", "p50_ms"))],
        "<= 1.02 s + stock's first",
        at_most_times(1, ("dead_endpoint", "libtorrent_first", "p50_ms"), 1020)),
    Row("RTT 50 ms, 2 % loss: p95", ("lossy_get", "tau", "p95_ms"),
        peers_of("lossy_get", "p95_ms"), "<= 1.5 x RTT", at_most(1.5 * RTT_MS)),
    Row("RTT 50 ms, 2 % loss: p99", ("lossy_get", "tau", "p99_ms"),
        peers_of("lossy_get", "p99_ms"), "<= 1.2 s", at_most(1200)),
    Row("RTT 50 ms, 2 % loss: latest", ("lossy_get", "tau", "max_ms"),
        peers_of("lossy_get", "max_ms"), "<= 2.5 s", at_most(2500)),
    Row("RTT 50 ms, 2 % loss: gets without value", ("lossy_get", "tau", "failed"),
        peers_of("lossy_get", "failed"), "0", at_most(0), ""),
    Row("put, clean: a third party reads, median", ("put_clean", "tau", "p50_ms"),
        peers_of("put_clean", "p50_ms"), "", None),
    Row("put, 2 % loss: third party, median", ("put_lossy", "tau", "p50_ms"),
        peers_of("put_lossy", "p50_ms"), "<= 3 x clean",
        at_most_times(3, ("put_clean", "tau", "p50_ms"))),
    Row("put, 2 % loss: third party, p95", ("put_lossy", "tau", "p95_ms"),
        peers_of("put_lossy", "p95_ms"), "<= 3 x clean",
        at_most_times(3, ("put_clean", "tau", "p50_ms"))),
    Row("put, 6 of 32 dead: third party, median", ("put_dead", "tau", "p50_ms"),
        peers_of("put_dead", "p50_ms"), "<= 3 x clean",
        at_most_times(3, ("put_clean", "tau", "p50_ms"))),
    Row("put, 6 of 32 dead: third party, p95", ("put_dead", "tau", "p95_ms"),
        peers_of("put_dead", "p95_ms"), "<= 3 x clean",
        at_most_times(3, ("put_clean", "tau", "p50_ms"))),
    Row("put: the caller waits, latest", ("put_lossy", "tau_caller", "max_ms"), [], "< 1 ms",
        at_most(1)),
    Row("direct gets answered a second", ("answers", "tau", "per_second"),
        [("libtorrent", ("answers", "libtorrent", "per_second"))], ">= 60000",
        at_least(60_000), "/s"),
    Row("direct gets answered a second of CPU", ("answers", "tau", "per_cpu_second"),
        [("libtorrent", ("answers", "libtorrent", "per_cpu_second"))], ">= 60000",
        at_least(60_000), "/s"),
    Row("verified direct gets, 64 in flight", ("verified_gets", "tau", "per_second"),
        [("libtorrent, recursive", ("verified_gets", "libtorrent", "per_second"))],
        ">= 4 x recursive",
        at_least_times(4, ("verified_gets", "libtorrent", "per_second")), "/s"),
    Row("put, 6 dead: the caller waits, latest", ("put_dead", "tau_caller", "max_ms"), [],
        "< 1 ms", at_most(1)),
    Row("put, 6 dead: its processor time, latest", ("put_dead", "tau_caller_cpu", "max_ms"), [],
        "< 1 ms", at_most(1)),
    Row("message, composed to shown, median", ("message_shown", "tau", "p50_ms"),
        [("two plain syncs of the disk", ("message_shown", "disk", "p50_ms"))], "<= 10 ms",
        at_most(10)),
    Row("message, composed to shown, p95", ("message_shown", "tau", "p95_ms"),
        [("two plain syncs of the disk", ("message_shown", "disk", "p95_ms"))], "", None),
    Row("message, RTT 50 ms: composed to shown, median", ("far_message_shown", "tau", "p50_ms"), [],
        "<= 40 ms", at_most(40)),
    Row("message, RTT 50 ms: composed to shown, p95", ("far_message_shown", "tau", "p95_ms"), [],
        "", None),
    Row("256 KiB, RTT 50 ms, raised limits: median", ("attachment_raised", "tau", "p50_ms"),
        [], "<= 8 x RTT",
        at_most(8 * RTT_MS)),
    Row("256 KiB, RTT 50 ms, raised limits: latest", ("attachment_raised", "tau", "max_ms"), [],
        "", None),
    Row("256 KiB, stock limits: all of it", ("attachment_stock", "tau", "p50_ms"), [], "arrives",
        lambda value, _: value > 0),
    Row("256 KiB, stock limits: longest standstill", ("attachment_stock_pause", "tau", "p50_ms"),
        [], "", None),
    Row("256 KiB, stock limits: friends who block", ("attachment_stock", "tau", "friends_blocked"),
        [], "0", at_most(0), ""),
    Row("256 KiB, stock limits: DHT nodes that do", ("attachment_stock", "tau", "nodes_blocked"),
        [], "0", at_most(0), ""),
    Row("256 MiB as a sealed torrent, loopback", ("large_file", "tau", "mb_s"),
        [("the same two sessions, plain", ("large_file", "libtorrent", "mb_s"))],
        ">= 0.8 x plain", at_least_times(0.8, ("large_file", "libtorrent", "mb_s")), "MB/s"),
    Row("256 MiB, sealed while it is handed over", ("large_file", "tau", "sealed_mb_s"), [], "-",
        None, "MB/s"),
    Row("idle, 100 friends offline: memory", ("idle", "tau", "rss_mib"), idle_peer("rss_mib"),
        "<= 40 MiB", after_settling(40), "MiB"),
    Row("idle, 100 friends offline: processor", ("idle", "tau", "cpu_percent"),
        idle_peer("cpu_percent"), "<= 1 % of a core", after_settling(1), "%"),
    Row("idle, 100 friends offline: traffic", ("idle", "tau", "bytes_per_second"),
        idle_peer("bytes_per_second"), "<= 1 kB/s", after_settling(1000), "B/s"),
    Row("UDP announces a second of CPU", ("udp_announce", "tau", "per_cpu_second"),
        trackers("udp_announce", "per_cpu_second"), ">= 1.15 x opentracker, 0.8 x null",
        within(at_least_the_peer("udp_announce", "per_cpu_second", "opentracker", 1.15),
               at_least_the_peer("udp_announce", "per_cpu_second", "opentracker_worker", 1.15),
               at_least_the_peer("udp_announce", "per_cpu_second", "null_udp", 0.8)), "/s"),
    Row("UDP announces a second", ("udp_announce", "tau", "per_second"),
        trackers("udp_announce", "per_second"), "", None, "/s"),
    Row("UDP, 50,000 announces a second: p99", ("udp_steady", "tau", "p99_us"),
        trackers("udp_steady", "p99_us"), "<= opentracker's", no_more_than_opentracker, "us"),
    Row("UDP beside 20,000 wrong signatures: of alone", ("udp_flood", "tau", "share"),
        [("nothing but answers", ("udp_flood", "null_udp", "share"))],
        ">= 0.8", at_least(0.8), ""),
    Row("HTTP keep-alive, requests a second of CPU", ("http_keepalive", "tau", "per_cpu_second"),
        trackers("http_keepalive", "per_cpu_second"), ">= 0.8 x null",
        at_least_the_peer("http_keepalive", "per_cpu_second", "null_http", 0.8), "/s"),
    Row("HTTP, one request a connection: a second", ("http_close", "tau", "per_second"),
        trackers("http_close", "per_second"), ">= opentracker's",
        at_least_the_peer("http_close", "per_second", "opentracker", 1), "/s"),
    Row("HTTP, one request a connection: a second of CPU", ("http_close", "tau", "per_cpu_second"),
        trackers("http_close", "per_cpu_second"), ">= opentracker's",
        at_least_the_peer("http_close", "per_cpu_second", "opentracker", 1), "/s"),
    Row("HTTP, one request a connection: processor", ("http_close", "tau", "cpu_us"),
        trackers("http_close", "cpu_us"), "<= 27 us", at_most(27), "us"),
    Row("1 M IPv4 peers: growth", ("tracker_memory", "tau", "grew_mb"),
        trackers("tracker_memory", "grew_mb"), "<= 24 MB", at_most(24), "MB"),
    Row("1 M wallets, 5 M links: growth", ("graph_memory", "tau", "grew_mb"), [], "<= 400 MB",
        at_most(400), "MB"),
    Row("signed announces a second of CPU", ("signed_announce", "tau", "per_cpu_second"),
        [("of new wallets", ("signed_announce", "new", "per_cpu_second"))], ">= 15000",
        at_least(15_000), "/s"),
    Row("route query, median", ("route_search", "tau", "p50_us"),
        [("Boost.Graph, one path", ("route_search", "boost_graph", "p50_us"))], "<= 50 us",
        at_most(50), "us"),
    Row("route query, p99", ("route_search", "tau", "p99_us"),
        [("Boost.Graph, one path", ("route_search", "boost_graph", "p99_us"))], "<= 500 us",
        at_most(500), "us"),
    Row("four link changes and a route, p99", ("route_churn", "tau", "p99_us"), [], "<= 2 ms",
        at_most(2000), "us"),
    Row("20,000 changes/s beside: route p99", ("route_beside_churn", "tau", "p99_us"), [],
        "<= 2 ms", at_most(2000), "us"),
    Row("requests while a snapshot is written, p99", ("requests_while_writing", "tau", "p99_us"),
        [("at rest", ("requests_at_rest", "tau", "p99_us"))], "<= 5 ms", at_most(5000), "us"),
    Row("snapshot of 1 M peers, 5 M links: restore", ("snapshot", "tau", "restore_s"), [],
        "<= 5 s", at_most(5), "s"),
    *(row for hops in (0, 1, 2) for row in forward_rows(hops)),
    *path_rows(),
    *(row for over in ("tcp", "utp") for row in topic_rows(over)),
]


def main():
    results = read(sys.stdin)
    print(f"{'scenario':<44} {'Tau':>10}      met  {'aim':<26} peers in the same run (Tau / peer)")
    for row in ROWS:
        row.print(results)


if __name__ == "__main__":
    main()
