// Messages of 1 KiB, sealed before, from A to Z over no hop, one and two: real sessions of
// one process on loopback, over TCP. The time of single messages until Z has them and until
// A has Z's signature; then how many a second when 2,000 may be under way, and what that
// costs in processor time for each node and message (four nodes share one thread).
// Then the same over one hop without a tracker, and with the path sealed in layers, and what
// sealing and opening them costs by itself.
// usage: forward_bench [--singles N] [--messages N]
#include "arguments.hpp"
#include "forward/layers.hpp"
#include "overlay_nodes.hpp"
#include "support/test_keys.hpp"

#include <ctime>
#include <stdexcept>

namespace tau::bench {
namespace {

constexpr std::size_t under_way = 2000;

/// How the first node knows the way: as if a tracker told, or because its neighbour tells
/// of its links.
enum class ways { told, by_neighbours };

/// A chain of nodes, each linked with the next.
class chain {
public:
    explicit chain(std::size_t hops, ways known = ways::told, overlay_options options = {})
        : m_loop(0), m_known(known) {
        for (std::size_t i = 0; i < hops + 2; ++i)
            m_nodes.push_back(std::make_unique<overlay_node>(m_loop, 100 + i, options));
        for (std::size_t i = 0; i + 1 < m_nodes.size(); ++i)
            link(m_loop, *m_nodes[i], *m_nodes[i + 1]);
        for (std::size_t i = 1; i < m_nodes.size(); ++i)
            m_way.push_back(m_nodes[i]->wallet());
    }

    [[nodiscard]] test::private_dht& loop() { return m_loop; }
    [[nodiscard]] overlay_node& first() { return *m_nodes.front(); }
    [[nodiscard]] overlay_node& last() { return *m_nodes.back(); }
    [[nodiscard]] std::size_t size() const { return m_nodes.size(); }

    void send(sealed_payload message) {
        auto& overlay = first().overlay();
        // What a tracker would say; it is good for some seconds.
        if (m_known == ways::told)
            overlay.forwarding().on_route(m_way.back(), {m_way}, overlay.now());
        if (overlay.send(
                {message.id, m_way.back(), last().keys->key(), std::move(message.payload)}))
            throw std::runtime_error("a message was not taken");
    }
    [[nodiscard]] std::string state() {
        std::string out;
        for (auto const& one : m_nodes)
            out += one->state();
        return out;
    }

private:
    test::private_dht m_loop;
    ways m_known;
    std::vector<std::unique_ptr<overlay_node>> m_nodes;
    forward::wallet_path m_way;
};

double processor_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

void measure_singles(chain& over, std::string const& scenario, std::size_t count) {
    samples arrived;
    samples acknowledged;
    for (auto& message : make_payloads(count, 1)) {
        auto const begun = steady::now();
        auto const before = over.last().arrived;
        auto const acks = over.first().acknowledged;
        over.send(std::move(message));
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
    auto messages = make_payloads(count, 2);
    auto const before = over.first().acknowledged;
    auto const begun = steady::now();
    auto const processor = processor_seconds();
    std::size_t sent = 0;
    while (over.first().acknowledged - before < count) {
        auto const done = over.first().acknowledged - before;
        while (sent < count && sent - done < under_way)
            over.send(std::move(messages[sent++]));
        if (!over.loop().run_until([&] { return over.first().acknowledged - before > done; }))
            throw std::runtime_error("messages were lost: " + over.state());
    }
    auto const seconds = ms_since(begun) / 1000;
    auto const each = (processor_seconds() - processor) / static_cast<double>(count);
    report("forward_" + scenario + "_rate", "tau", "per_s", static_cast<double>(count) / seconds);
    report("forward_" + scenario + "_rate", "tau", "cpu_us_per_node",
           1e6 * each / static_cast<double>(over.size()));
}

/// The octets of layers alone, in this thread.
void measure_sealing(std::size_t hops, std::size_t count) {
    seeded_random random{9};
    std::vector<std::shared_ptr<identity::keyring const>> keys;
    std::vector<forward::layer_hop> way;
    for (std::size_t i = 0; i <= hops; ++i) {
        keys.push_back(test::keys_of(600 + i));
        way.push_back({keys.back()->wallet(), keys.back()->sealing_public()});
    }
    auto const answers = random.make<wire::answer_key>();
    auto const payloads = make_payloads(count, 3);
    std::vector<bytes> sealed;
    auto const begun = processor_seconds();
    for (auto const& one : payloads)
        sealed.push_back(
            forward::seal_layers(way, keys.front()->wallet(), answers, one.payload, random)
                .value()
                .payload);
    auto const between = processor_seconds();
    for (auto const& one : sealed)
        if (!forward::open_layer(*keys.front(), one))
            throw std::runtime_error("a layer did not open");
    auto const each = 1e6 / static_cast<double>(count);
    auto const scenario = "layers_" + std::to_string(hops) + "_hops";
    report(scenario, "tau", "seal_us", (between - begun) * each);
    report(scenario, "tau", "open_us", (processor_seconds() - between) * each);
}

/// A path of one hop that is sealed in layers: both ends and the hop do more.
void measure_layered(std::size_t singles, std::size_t messages) {
    overlay_options options;
    options.forward.layers = forward::layering::required;
    chain over(1, ways::by_neighbours, options);
    measure_singles(over, "layered", singles);
    measure_rate(over, "layered", messages);
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
    {
        chain over(1, ways::by_neighbours);
        measure_rate(over, "no_tracker", messages);
    }
    measure_layered(singles, messages / 5);
    for (std::size_t const hops : {1U, 3U})
        measure_sealing(hops, messages / 20);
    return 0;
}

} // namespace
} // namespace tau::bench

int main(int count, char** words) {
    return tau::bench::run({count, words});
}
