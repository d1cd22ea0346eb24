// What becomes of messages of 1 KiB when something goes wrong: A reaches Z over B or C, each
// a process of its own, and the one in use dies (its connections are reset) or falls silent
// with 1,000 messages under way; and a neighbour of the only hop floods it as fast as it can
// while another sends 2,000 messages a second.
// usage: failover_bench [--rounds N] [--messages N] [--seconds N]
#include "arguments.hpp"
#include "overlay_nodes.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

namespace tau::bench {
namespace {

using std::chrono::milliseconds;

/// A, two hops and Z: the shape in which one hop may fail.
class diamond {
public:
    diamond() : m_b(201), m_c(202), m_loop(0), m_a(m_loop, 203), m_z(m_loop, 204) {
        for (auto* hop : {&m_b, &m_c}) {
            link(m_loop, m_a, hop->wallet(), hop->where());
            link(m_loop, m_z, hop->wallet(), hop->where());
        }
        m_z.on_arrival = [this](forward::arrival const& what) {
            ++m_times[what.id];
            m_arrived[what.id] = steady::now();
            m_last_hop = what.visited.back();
            m_z.overlay().accept(what.id);
        };
    }

    void send(std::vector<sealed_payload> messages) {
        for (auto& one : messages)
            if (m_a.overlay().send({one.id, m_z.wallet(), m_z.keys->key(), std::move(one.payload)}))
                throw std::runtime_error("a message was not taken");
    }
    void wait_for(std::size_t acknowledged) {
        if (!m_loop.run_until([&] { return m_a.acknowledged >= acknowledged; },
                              std::chrono::seconds(60)))
            throw std::runtime_error("messages were lost:" + m_a.state() + m_z.state());
    }

    /// Times from the failure to the arrival of each of `count` messages that were under way.
    void measure(bool is_death, std::size_t count, std::uint64_t seed, samples& late,
                 std::size_t& twice) {
        send(make_payloads(100, seed)); // the way is known, the connections are warm
        wait_for(100);
        auto& used = m_last_hop == m_b.wallet() ? m_b : m_c;
        auto messages = make_payloads(count, seed + 1);
        std::vector<hash256> ids;
        for (auto const& one : messages)
            ids.push_back(one.id);
        send(std::move(messages));
        is_death ? used.kill() : used.freeze();
        auto const failed = steady::now();
        wait_for(100 + count);
        for (auto const& id : ids) {
            auto const took = std::chrono::duration<double, std::milli>(m_arrived.at(id) - failed);
            late.add(std::max(0.0, took.count()));
            twice += m_times.at(id) > 1 ? 1 : 0;
        }
    }

private:
    overlay_process m_b;
    overlay_process m_c;
    test::private_dht m_loop;
    overlay_node m_a;
    overlay_node m_z;
    std::unordered_map<hash256, steady::time_point> m_arrived;
    std::unordered_map<hash256, int> m_times;
    wallet_address m_last_hop;
};

void measure_failure(bool is_death, std::size_t rounds, std::size_t count) {
    std::string const scenario = is_death ? "forward_hop_dies" : "forward_hop_falls_silent";
    samples late;
    std::size_t twice = 0;
    for (std::size_t i = 0; i < rounds; ++i) {
        diamond shape;
        shape.measure(is_death, count, 10 + 2 * i, late, twice);
    }
    late.report_as(scenario, "tau");
    report(scenario, "tau", "twice", static_cast<double>(twice));
}

/// G sends to T over H at its pace.
class paced_sender {
public:
    static constexpr std::size_t per_second = 2000;

    paced_sender(test::private_dht& loop, overlay_node& from, overlay_node& to,
                 wallet_address const& hop)
        : m_loop(loop), m_from(from), m_to(to), m_hop(hop) {}

    /// Messages acknowledged in a second, and how long each took.
    double run(std::chrono::seconds time, std::uint64_t seed, samples& took) {
        auto messages = make_payloads(per_second * static_cast<std::size_t>(time.count()), seed);
        std::unordered_map<hash256, steady::time_point> sent;
        std::size_t acknowledged = 0;
        m_from.on_acknowledged = [&](forward::acknowledged const& what) {
            for (auto const& id : what.ids)
                if (auto const known = sent.find(id); known != sent.end()) { // of this run
                    ++acknowledged;
                    took.add(ms_since(known->second));
                }
        };
        auto const begun = steady::now();
        std::size_t next = 0;
        while (ms_since(begun) < 1000.0 * static_cast<double>(time.count())) {
            auto const due = static_cast<std::size_t>(ms_since(begun) / 1000 * per_second);
            auto& overlay = m_from.overlay();
            overlay.forwarding().on_route(m_to.wallet(), {{m_hop, m_to.wallet()}}, overlay.now());
            for (; next < std::min(due, messages.size()); ++next) {
                auto& one = messages[next];
                sent[one.id] = steady::now();
                (void)overlay.send(
                    {one.id, m_to.wallet(), m_to.keys->key(), std::move(one.payload)});
            }
            m_loop.run_for(milliseconds(1));
        }
        m_from.on_acknowledged = {};
        return static_cast<double>(acknowledged) / static_cast<double>(time.count());
    }

private:
    test::private_dht& m_loop;
    overlay_node& m_from;
    overlay_node& m_to;
    wallet_address m_hop;
};

void measure_flood(std::chrono::seconds time) {
    overlay_process hop(301);
    overlay_process flooder(302, true);
    test::private_dht loop(0);
    overlay_node good(loop, 303);
    overlay_node target(loop, 304);
    link(loop, good, hop.wallet(), hop.where());
    link(loop, target, hop.wallet(), hop.where());
    flooder.dial(hop.wallet(), hop.where());
    loop.run_for(milliseconds(500));
    paced_sender sender(loop, good, target, hop.wallet());
    samples alone;
    samples beside;
    auto const before = sender.run(time, 20, alone);
    auto const memory = hop.resident_mib();
    flooder.flood(target.wallet(), hop.wallet());
    loop.run_for(milliseconds(500));
    auto const others = target.arrived;
    auto const during = sender.run(time, 21, beside);
    auto const flooded =
        static_cast<double>(target.arrived - others) / static_cast<double>(time.count()) - during;
    auto const counts = hop.count();
    report("forward_flood", "tau", "alone_per_s", before);
    report("forward_flood", "tau", "beside_per_s", during);
    report("forward_flood", "tau", "kept_percent", 100 * during / before);
    report("forward_flood", "tau", "flood_delivered_per_s", flooded);
    report("forward_flood", "tau", "hop_growth_mib", hop.resident_mib() - memory);
    report("forward_flood", "tau", "hop_held_frames", static_cast<double>(counts.held));
    report("forward_flood", "tau", "hop_crowded_frames", static_cast<double>(counts.crowded));
    alone.report_as("forward_flood_alone", "tau");
    beside.report_as("forward_flood_beside", "tau");
}

int run(arguments const& given) {
    auto const rounds = given.number("--rounds", 5);
    auto const messages = given.number("--messages", 1000);
    measure_failure(true, rounds, messages);
    measure_failure(false, rounds, messages);
    measure_flood(std::chrono::seconds(given.number("--seconds", 10)));
    return 0;
}

} // namespace
} // namespace tau::bench

int main(int count, char** words) {
    return tau::bench::run({count, words});
}
