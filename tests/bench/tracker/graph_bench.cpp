// Route search on a large heavy-tailed network, beside Boost.Graph's breadth-first
// search on the same links, and route latency while links churn. Times are the
// thread's processor time, which other work on the machine disturbs less.
// usage: graph_bench [wallets=1000000] [links=5000000] [queries=20000]
#include "graph/path_search.hpp"

#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/compressed_sparse_row_graph.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <random>
#include <string>

namespace {

using namespace tau;
using namespace tau::graph;

constexpr seconds32 now{1000};

wallet_address wallet_number(std::uint32_t n) {
    std::mt19937_64 mix(n);
    wallet_address out;
    for (auto& octet : out.octets)
        octet = static_cast<std::uint8_t>(mix());
    return out;
}

std::size_t resident_kib() {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("VmRSS:"))
            return std::stoul(line.substr(6));
    return 0;
}

double processor_us() {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) / 1e3;
}

double since_us(double start) {
    return processor_us() - start;
}

void print_quantiles(char const* what, std::vector<double>& us) {
    std::sort(us.begin(), us.end());
    auto const at = [&](double q) {
        return us[static_cast<std::size_t>(q * static_cast<double>(us.size() - 1))];
    };
    std::printf("%-34s p50 %8.1f us  p99 %8.1f us  max %8.1f us  (%zu)\n", what, at(0.5), at(0.99),
                us.back(), us.size());
}

using link = std::pair<std::uint32_t, std::uint32_t>;

// Degrees follow a power law (exponent 2.2) cut at 1,024; ends are joined at random.
std::vector<link> heavy_tailed_links(std::uint32_t wallets, std::size_t links,
                                     std::mt19937_64& random) {
    std::vector<double> weight(wallets);
    double total = 0;
    for (std::uint32_t i = 0; i < wallets; ++i)
        total += weight[i] = std::pow(static_cast<double>(i + 1), -1.0 / 1.2);
    double const scale = 2.0 * static_cast<double>(links) / total;
    std::vector<std::uint32_t> ends;
    std::uniform_real_distribution<double> unit(0, 1);
    for (std::uint32_t i = 0; i < wallets; ++i) {
        auto const wanted = std::min(weight[i] * scale, 1000.0);
        auto count = static_cast<std::size_t>(wanted + unit(random));
        ends.insert(ends.end(), std::max<std::size_t>(count, 1), i);
    }
    // What the cut took away goes to everybody alike.
    while (ends.size() < links * 2)
        ends.push_back(static_cast<std::uint32_t>(random() % wallets));
    std::shuffle(ends.begin(), ends.end(), random);
    std::vector<link> out;
    for (std::size_t i = 0; i + 1 < ends.size() && out.size() < links; i += 2)
        if (ends[i] != ends[i + 1])
            out.emplace_back(ends[i], ends[i + 1]);
    return out;
}

void run_boost(std::vector<link> links, std::uint32_t wallets, std::mt19937_64& random) {
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
    print_quantiles("Boost.Graph search, one path", us);
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
    std::printf("%zu wallets, %zu links, %.0f claims/s, grew %.0f MB with a copy of all names\n",
                store.online_count(), store.mutual_count(),
                static_cast<double>(store.claim_count()) * 1e6 / since_us(start),
                static_cast<double>(resident_kib() - before) / 1024);

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
    print_quantiles("tau route search, two paths", us);
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
    print_quantiles("four changes and a route", us);
    run_boost(links, wallets, random);
}
