// Messages of 1 KiB, sealed before, from A to Z over no hop, one and two: real sessions of
// one process on loopback, over TCP. The time of single messages until Z has them and until
// A has Z's signature; then how many a second when 2,000 may be under way, and what that
// costs in processor time for each node and message (four nodes share one thread).
// usage: forward_bench [--singles N] [--messages N]
#include "arguments.hpp"
#include "identity/keccak.hpp"
#include "plugins/session/settings.hpp"
#include "plugins/tau/plugin_set.hpp"
#include "samples.hpp"
#include "support/private_dht.hpp"
#include "support/test_keys.hpp"

#include <libtorrent/settings_pack.hpp>

#include <ctime>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace tau::bench {
namespace {

constexpr std::size_t payload_bytes = 1024;
constexpr std::size_t under_way = 2000;

struct node {
    node(test::private_dht& loop, std::uint64_t seed)
        : keys(test::keys_of(seed)), session(loop.add_session([](lt::settings_pack& settings) {
              settings.set_bool(lt::settings_pack::enable_outgoing_utp, false);
          })),
          tau(session, keys, options()) {
        overlay_observer told;
        told.on_arrival = [this](forward::arrival const& what) {
            ++arrived;
            tau.overlay().accept(what.id);
        };
        told.on_acknowledged = [this](forward::acknowledged const& what) {
            acknowledged += what.ids.size();
        };
        tau.overlay().observe(std::move(told));
        tau.overlay().start(where().port());
    }
    static plugin_set_options options() {
        plugin_set_options out;
        out.overlay.dial = dial_rule::never;
        return out;
    }
    [[nodiscard]] endpoint where() const { return test::private_dht::endpoint_of(session); }

    std::shared_ptr<identity::keyring const> keys;
    plugins::owned_session& session;
    plugin_set tau;
    std::size_t arrived = 0;
    std::size_t acknowledged = 0;
};

/// A chain of nodes, each linked with the next.
class chain {
public:
    explicit chain(std::size_t hops) : m_loop(0) {
        for (std::size_t i = 0; i < hops + 2; ++i)
            m_nodes.push_back(std::make_unique<node>(m_loop, 100 + i));
        for (std::size_t i = 0; i + 1 < m_nodes.size(); ++i)
            link(*m_nodes[i], *m_nodes[i + 1]);
        forward::wallet_path way;
        for (std::size_t i = 1; i < m_nodes.size(); ++i)
            way.push_back(m_nodes[i]->keys->wallet());
        m_way = way;
    }

    [[nodiscard]] test::private_dht& loop() { return m_loop; }
    [[nodiscard]] node& first() { return *m_nodes.front(); }
    [[nodiscard]] node& last() { return *m_nodes.back(); }
    [[nodiscard]] std::size_t size() const { return m_nodes.size(); }

    void send(bytes payload, hash256 const& id) {
        auto& overlay = first().tau.overlay();
        // What a tracker would say; it is good for some seconds.
        overlay.forwarding().on_route(m_way.back(), {m_way}, overlay.now());
        if (overlay.send({id, m_way.back(), last().keys->key(), std::move(payload)}))
            throw std::runtime_error("a message was not taken");
    }

    /// What each node holds and counted, for when messages stay away.
    [[nodiscard]] std::string state() const {
        std::string out;
        for (auto const& one : m_nodes) {
            auto& overlay = one->tau.overlay();
            auto const counts = overlay.forwarding().counts();
            out += "\nlinks " + std::to_string(overlay.links().counts().links) + ", refused "
                   + std::to_string(overlay.links().counts().refused_records) + ", waiting "
                   + std::to_string(counts.waiting) + ", held " + std::to_string(counts.held)
                   + ", resent " + std::to_string(counts.resent) + ", delivered "
                   + std::to_string(counts.delivered) + ", repeated "
                   + std::to_string(counts.repeated) + ", no route "
                   + std::to_string(counts.no_route) + ", crowded " + std::to_string(counts.crowded)
                   + ", looped " + std::to_string(counts.looped) + ", refused acks "
                   + std::to_string(counts.refused_acks);
        }
        return out;
    }

private:
    void link(node& a, node& b) {
        a.tau.overlay().dial(b.keys->wallet(), b.where());
        if (!m_loop.run_until([&] { return b.tau.overlay().links().is_linked(a.keys->wallet()); }))
            throw std::runtime_error("two nodes were not linked");
    }

    test::private_dht m_loop;
    std::vector<std::unique_ptr<node>> m_nodes;
    forward::wallet_path m_way;
};

struct sealed {
    bytes payload;
    hash256 id;
};

std::vector<sealed> make_messages(std::size_t count, std::uint64_t seed) {
    std::vector<sealed> out;
    seeded_random random{seed}; // other messages for each measurement: copies are dropped
    for (std::size_t i = 0; i < count; ++i) {
        bytes payload(payload_bytes);
        random.fill(payload);
        auto const id = identity::keccak256(payload);
        out.push_back({std::move(payload), id});
    }
    return out;
}

double processor_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

void measure_singles(chain& over, std::string const& scenario, std::size_t count) {
    samples arrived;
    samples acknowledged;
    for (auto& message : make_messages(count, 1)) {
        auto const begun = steady::now();
        auto const before = over.last().arrived;
        auto const acks = over.first().acknowledged;
        over.send(std::move(message.payload), message.id);
        if (!over.loop().run_until([&] { return over.last().arrived > before; })) {
            arrived.fail();
            continue;
        }
        arrived.add(ms_since(begun));
        if (over.loop().run_until([&] { return over.first().acknowledged > acks; }))
            acknowledged.add(ms_since(begun));
        else
            acknowledged.fail();
    }
    arrived.report_as("forward_" + scenario + "_arrived", "tau");
    acknowledged.report_as("forward_" + scenario + "_acknowledged", "tau");
}

void measure_rate(chain& over, std::string const& scenario, std::size_t count) {
    auto messages = make_messages(count, 2);
    auto const before = over.first().acknowledged;
    auto const begun = steady::now();
    auto const processor = processor_seconds();
    std::size_t sent = 0;
    while (over.first().acknowledged - before < count) {
        auto const done = over.first().acknowledged - before;
        while (sent < count && sent - done < under_way) {
            over.send(std::move(messages[sent].payload), messages[sent].id);
            ++sent;
        }
        if (!over.loop().run_until([&] { return over.first().acknowledged - before > done; }))
            throw std::runtime_error("messages were lost: " + over.state());
    }
    auto const seconds = ms_since(begun) / 1000;
    auto const each = (processor_seconds() - processor) / static_cast<double>(count);
    report("forward_" + scenario + "_rate", "tau", "per_s", static_cast<double>(count) / seconds);
    report("forward_" + scenario + "_rate", "tau", "cpu_us_per_node",
           1e6 * each / static_cast<double>(over.size()));
}

int run(arguments const& given) {
    auto const singles = given.number("--singles", 1000);
    auto const messages = given.number("--messages", 100'000);
    for (std::size_t hops = 0; hops <= 2; ++hops) {
        chain over(hops);
        auto const scenario = std::to_string(hops) + "_hops";
        measure_singles(over, scenario, singles);
        measure_rate(over, scenario, messages);
    }
    return 0;
}

} // namespace
} // namespace tau::bench

int main(int count, char** words) {
    return tau::bench::run({count, words});
}
