// Route search on a large heavy-tailed network, beside Boost.Graph's breadth-first
// search on the same links, and route latency while links churn. Times are the
// thread's processor time, which other work on the machine disturbs less.
// usage: graph_bench [wallets=1000000] [links=5000000] [queries=20000]
#include "graph/path_search.hpp"
#include "made_network.hpp"

#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/compressed_sparse_row_graph.hpp>

#include <algorithm>
#include <cstdio>
#include <random>
#include <string>

namespace {

using namespace tau;
using namespace tau::graph;
using namespace tau::bench;

constexpr seconds32 now{1000};

void run_boost(std::vector<made_link> links, std::uint32_t wallets, std::mt19937_64& random) {
    using csr = boost::compressed_sparse_row_graph<boost::directedS>;
    std::size_t const count = links.size();
    for (std::size_t i = 0; i < count; ++i)
        links.emplace_back(links[i].second, links[i].first);
    csr const g(boost::edges_are_unsorted_multi_pass, links.begin(), links.end(), wallets);
    struct found {};
    struct visitor : boost::default_bfs_visitor {
        std::uint32_t to = 0;
        void discover_vertex(std::size_t v, csr const&) const {
            if (v == to)
                throw found{};
        }
    };
    std::vector<double> us;
    for (int i = 0; i < 10; ++i) {
        visitor v;
        v.to = static_cast<std::uint32_t>(random() % wallets);
        auto const start = processor_us();
        try {
            boost::breadth_first_search(g, random() % wallets, boost::visitor(v));
        } catch (found const&) {
        }
        us.push_back(since_us(start));
    }
    report_quantiles("route_search", "boost_graph", us);
}

} // namespace

int main(int argc, char** argv) {
    auto const wallets = static_cast<std::uint32_t>(argc > 1 ? std::stoul(argv[1]) : 1'000'000);
    auto const wanted = argc > 2 ? std::stoul(argv[2]) : 5'000'000;
    auto const queries = argc > 3 ? std::stoul(argv[3]) : 20'000;
    std::mt19937_64 random(1);
    auto const links = heavy_tailed_links(wallets, wanted, random);
    auto const before = resident_kib();
    edge_store store({}, 42);
    std::vector<wallet_address> names;
    for (std::uint32_t i = 0; i < wallets; ++i) {
        names.push_back(wallet_number(i));
        (void)store.set_online(names.back(),
                               {endpoint{}, static_cast<std::uint16_t>(random()), false,
                                seconds32{static_cast<std::uint32_t>(random() % 600)}});
    }
    auto start = processor_us();
    for (auto const& [a, b] : links) {
        (void)store.add_claim(names[a], names[b], now);
        (void)store.add_claim(names[b], names[a], now);
    }
    auto const took_us = since_us(start);
    std::printf("%zu wallets, %zu links, %.0f claims/s\n", store.online_count(),
                store.mutual_count(), static_cast<double>(store.claim_count()) * 1e6 / took_us);
    report("graph_memory", "tau", "grew_mb", static_cast<double>(resident_kib() - before) / 1024);

    path_search search;
    std::vector<double> us;
    std::size_t paths = 0;
    std::vector<std::size_t> scanned;
    for (std::size_t i = 0; i < queries; ++i) {
        auto const from = store.find(names[random() % wallets]);
        auto const to = store.find(names[random() % wallets]);
        start = processor_us();
        paths += search.find(store, from, to, now).size();
        us.push_back(since_us(start));
        scanned.push_back(search.scanned());
    }
    report_quantiles("route_search", "tau", us);
    std::sort(scanned.begin(), scanned.end());
    std::printf("%.2f paths a query; links looked at: p50 %zu, p99 %zu, max %zu\n",
                static_cast<double>(paths) / static_cast<double>(queries),
                scanned[scanned.size() / 2], scanned[scanned.size() * 99 / 100], scanned.back());

    // 20,000 link changes a second beside 5,000 routes a second: four to one.
    us.clear();
    for (std::size_t i = 0; i < queries; ++i) {
        auto const from = store.find(names[random() % wallets]);
        auto const to = store.find(names[random() % wallets]);
        start = processor_us();
        for (int change = 0; change < 4; ++change) {
            auto const& [a, b] = links[random() % links.size()];
            if (store.withdraw_claim(names[a], names[b]))
                (void)store.add_claim(names[a], names[b], now);
        }
        (void)search.find(store, from, to, now);
        us.push_back(since_us(start));
    }
    report_quantiles("route_churn", "tau", us);
    run_boost(links, wallets, random);
}
