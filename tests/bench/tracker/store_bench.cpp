// A tracker's state in process, a million peers in ten thousand swarms and a million wallets
// with five million links: how one thread's requests at a steady rate fare while another
// thread changes links or writes a snapshot, and how long a restart takes.
// usage: store_bench FOLDER [wallets=1000000] [links=5000000] [peers=1000000]
#include "made_network.hpp"
#include "snapshot.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>

namespace {

using namespace tau;
using namespace tau::bench;
using steady = std::chrono::steady_clock;

constexpr std::uint32_t swarms = 10'000;
constexpr std::uint64_t hash_key = 7;
constexpr std::chrono::seconds measured{4};

/// Requests that come evenly, one in `a_route` of them for a route.
struct rhythm {
    std::chrono::microseconds between;
    std::uint32_t a_route;
};
constexpr rhythm mixed_requests{std::chrono::microseconds{50}, 5};  // 20,000 a second
constexpr rhythm route_requests{std::chrono::microseconds{200}, 1}; // 5,000 a second
constexpr std::chrono::microseconds between_changes{50};            // 20,000 a second

double ms_since(steady::time_point begin) {
    return std::chrono::duration<double, std::milli>(steady::now() - begin).count();
}

tracker::swarm_announce announce_number(std::uint32_t n, std::uint32_t draw = 0) {
    tracker::swarm_announce out;
    std::uint32_t const swarm = n * 2'654'435'761U % swarms;
    std::memcpy(out.hash.data(), &swarm, sizeof swarm);
    std::memcpy(out.peer.octets.data(), &n, sizeof n);
    out.wanted = 30;
    out.draw = draw;
    return out;
}

void fill(net::tracker_shared_store& store, std::vector<made_link> const& links,
          std::uint32_t wallets, std::uint32_t peers, moment now) {
    tracker::swarm_answer ignored;
    for (std::uint32_t i = 0; i < peers; ++i)
        store.announce(announce_number(i), now, ignored);
    std::vector<std::vector<wallet_address>> claims(wallets);
    for (auto const& [a, b] : links) {
        claims[a].push_back(wallet_number(b));
        claims[b].push_back(wallet_number(a));
    }
    store.change_wallets([&](tracker::wallet_registry& registry) {
        for (std::uint32_t i = 0; i < wallets; ++i) {
            tracker::wallet_registry::device_state d;
            d.wallet = wallet_number(i);
            d.is_online = true;
            d.where = parse_endpoint("10.0.0.1:1000").value();
            (void)registry.restore_device(d, now);
            (void)registry.restore_claims(d.wallet, claims[i], now);
        }
        return 0;
    });
}

/// Requests at a steady rate, each timed from when it was due, until `stop`.
class request_stream {
public:
    request_stream(net::tracker_shared_store& store, rhythm when, std::uint32_t wallets,
                   std::uint32_t peers)
        : m_store(store), m_when(when), m_wallets(wallets), m_peers(peers) {}

    void run_until(std::atomic<bool> const& stop, moment now) {
        auto due = steady::now();
        for (std::uint32_t i = 0; !stop; ++i, due += m_when.between) {
            while (steady::now() < due && !stop)
                std::this_thread::yield();
            auto const n = static_cast<std::uint32_t>(m_random());
            if (i % m_when.a_route == 0)
                (void)m_store.routes(wallet_number(n % m_wallets), wallet_number(n / 7 % m_wallets),
                                     2, now, m_search);
            else
                m_store.announce(announce_number(n % m_peers, n), now, m_answer);
            m_us.push_back(ms_since(due) * 1000);
        }
    }
    [[nodiscard]] std::vector<double>& us() { return m_us; }

private:
    net::tracker_shared_store& m_store;
    rhythm m_when;
    std::uint32_t m_wallets;
    std::uint32_t m_peers;
    std::mt19937_64 m_random{5};
    tracker::swarm_answer m_answer;
    graph::path_search m_search;
    std::vector<double> m_us;
};

// Takes a link back and claims it again, over and over, as verified requests would.
void change_links(net::tracker_shared_store& store, std::vector<made_link> const& links,
                  moment now) {
    std::mt19937_64 random(9);
    wire::announce_request request;
    auto& w = request.wallet.emplace();
    // A millisecond a change, within what a clock may be off.
    w.time_ms = now.wall.time_since_epoch().count() - 40'000;
    request.port = 1000;
    auto const here = boost::asio::ip::make_address("10.0.0.1");
    auto const begun = steady::now();
    std::size_t refused = 0;
    std::uint32_t changes = 0;
    for (auto due = begun; steady::now() < begun + measured; due += between_changes, ++changes) {
        while (steady::now() < due)
            std::this_thread::yield();
        if (changes % 2 == 0) {
            auto const& [a, b] = links[random() % links.size()];
            w.wallet = wallet_number(a);
            request.hash.octets = wallet_number(b).octets;
        }
        w.action = changes % 2 == 0 ? wire::wallet_action::unlink : wire::wallet_action::link;
        ++w.time_ms;
        refused += store.apply(request, here, now) ? 1 : 0;
    }
    auto const took = ms_since(begun) / 1000;
    report("route_beside_churn", "tau", "changes_per_second", changes / took);
    report("route_beside_churn", "tau", "changes_refused", static_cast<double>(refused));
}

template <class Work>
void beside_requests(net::tracker_shared_store& store, rhythm when, std::uint32_t wallets,
                     std::uint32_t peers, moment now, std::string const& scenario, Work work) {
    std::atomic<bool> stop{false};
    request_stream stream(store, when, wallets, peers);
    std::thread asking([&] { stream.run_until(stop, now); });
    work();
    stop = true;
    asking.join();
    report_quantiles(scenario, "tau", stream.us());
}

std::uint32_t number(int argc, char** argv, int at, std::uint32_t otherwise) {
    return argc > at ? static_cast<std::uint32_t>(std::stoul(argv[at])) : otherwise;
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fputs("store_bench: name a folder for the file\n", stderr);
        return 2;
    }
    std::filesystem::path const file = std::filesystem::path(argv[1]) / "bench.snapshot";
    auto const wallets = number(argc, argv, 2, 1'000'000);
    auto const link_count = number(argc, argv, 3, 5'000'000);
    auto const peers = number(argc, argv, 4, 1'000'000);
    system_clock_source clock;
    auto const now = clock.now();
    std::mt19937_64 random(1);
    {
        net::tracker_shared_store store({}, {}, hash_key, clock);
        auto const links = heavy_tailed_links(wallets, link_count, random);
        fill(store, links, wallets, peers, now);
        beside_requests(store, mixed_requests, wallets, peers, now, "requests_at_rest",
                        [] { std::this_thread::sleep_for(measured); });
        beside_requests(store, route_requests, wallets, peers, now, "route_beside_churn",
                        [&] { change_links(store, links, now); });
        auto const begun = steady::now();
        beside_requests(store, mixed_requests, wallets, peers, now, "requests_while_writing", [&] {
            if (auto const done = tracker_tool::write_snapshot(file, store, now); !done)
                std::fprintf(stderr, "store_bench: %s\n", done.error().message().c_str());
        });
        report("snapshot", "tau", "write_s", ms_since(begun) / 1000);
    }
    report("snapshot", "tau", "mib",
           static_cast<double>(std::filesystem::file_size(file)) / (1 << 20));
    net::tracker_shared_store again({}, {}, hash_key, clock);
    auto const begun = steady::now();
    auto const cpu = processor_us();
    auto const counts = tracker_tool::read_snapshot(file, again, now);
    report("snapshot", "tau", "restore_s", ms_since(begun) / 1000);
    report("snapshot", "tau", "restore_cpu_s", since_us(cpu) / 1e6);
    if (counts)
        report("snapshot", "tau", "claims", static_cast<double>(counts.value().claims));
    std::filesystem::remove(file);
    return counts ? 0 : 1;
}
