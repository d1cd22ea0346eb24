// OpenDHT, the peer in the table: time of its gets with a round trip of 50 ms, without and
// with loss. Its nodes have an address each in 10.77.0.0/16, because it takes no loopback
// address from others; scripts/bench.sh makes a network namespace where those are local.
// usage: opendht_bench [--nodes N] [--gets N] [--lossy-gets N]
#include "arguments.hpp"
#include "samples.hpp"
#include "support/delay_path.hpp"

#include <opendht.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <random>
#include <thread>

namespace tau::bench {
namespace {

constexpr auto port = "4222";
constexpr std::size_t value_bytes = 996;
constexpr double one_way_ms = 25;
constexpr double loss_percent = 2;

std::string address_of(std::size_t node) {
    return "10.77." + std::to_string(1 + node / 200) + "." + std::to_string(10 + node % 200);
}

std::unique_ptr<dht::DhtRunner> make_node(std::size_t index) {
    dht::DhtRunner::Config config{};
    auto& limits = config.dht_config.node_config;
    limits.max_req_per_sec = -1;
    limits.max_peer_req_per_sec = -1;
    limits.max_searches = -1;
    config.threaded = true;
    config.bind4 = dht::SockAddr::resolve(address_of(index), port).front();
    auto node = std::make_unique<dht::DhtRunner>();
    node->run(config, dht::DhtRunner::Context{});
    if (index > 0)
        node->bootstrap(address_of(0), port);
    return node;
}

/// Counts what is under way and lets the caller wait, as OpenDHT answers on its threads.
class gate {
public:
    void enter(std::size_t at_most) {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [&] { return m_inside < at_most; });
        ++m_inside;
    }
    void leave() {
        std::lock_guard const lock(m_mutex);
        --m_inside;
        m_changed.notify_all();
    }
    void wait_empty() {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [&] { return m_inside == 0; });
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::size_t m_inside = 0;
};

dht::InfoHash key_of(std::size_t item) {
    return dht::InfoHash::get("item" + std::to_string(item));
}

void put_items(dht::DhtRunner& writer, std::size_t items) {
    std::mt19937 random(1);
    gate under_way;
    for (std::size_t i = 0; i < items; ++i) {
        dht::Blob blob(value_bytes);
        std::generate(blob.begin(), blob.end(),
                      [&random] { return static_cast<std::uint8_t>(random()); });
        under_way.enter(32);
        writer.put(key_of(i), std::make_shared<dht::Value>(std::move(blob)),
                   [&under_way](bool) { under_way.leave(); });
    }
    under_way.wait_empty();
}

/// Times from the question to the first value.
void get_items(dht::DhtRunner& reader, std::size_t gets, std::size_t in_flight,
               std::string const& scenario) {
    struct one_get {
        steady::time_point begun = steady::now();
        bool seen = false;
    };
    gate under_way;
    std::mutex mutex;
    samples times;
    for (std::size_t i = 0; i < gets; ++i) {
        under_way.enter(in_flight);
        auto const get = std::make_shared<one_get>();
        reader.get(
            key_of(i),
            [&, get](std::vector<std::shared_ptr<dht::Value>> const& values) {
                std::lock_guard const lock(mutex);
                if (!values.empty() && !std::exchange(get->seen, true))
                    times.add(ms_since(get->begun));
                return false;
            },
            [&, get](bool) {
                {
                    std::lock_guard const lock(mutex);
                    if (!get->seen)
                        times.fail();
                }
                under_way.leave();
            });
    }
    under_way.wait_empty();
    times.report_as(scenario, "opendht");
}

int run(arguments const& given) {
    auto const nodes = given.number("--nodes", 64);
    auto const gets = given.number("--gets", 100);
    auto const lossy = given.number("--lossy-gets", 2000);
    std::vector<std::unique_ptr<dht::DhtRunner>> all;
    for (std::size_t i = 0; i < nodes; ++i)
        all.push_back(make_node(i));
    auto& writer = *all[nodes - 2];
    auto& reader = *all[nodes - 1];
    while (writer.getNodesStats(AF_INET).good_nodes < 8
           || reader.getNodesStats(AF_INET).good_nodes < 8)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    put_items(writer, std::max(gets, lossy));

    test::set_path({one_way_ms, 0});
    get_items(reader, gets, 1, "direct_get");
    test::set_path({one_way_ms, loss_percent});
    get_items(reader, lossy, 8, "lossy_get");
    std::cout.flush();
    std::_Exit(0); // its threads take long to end, and nothing is lost
}

} // namespace
} // namespace tau::bench

int main(int count, char** words) {
    return tau::bench::run({count, words});
}
