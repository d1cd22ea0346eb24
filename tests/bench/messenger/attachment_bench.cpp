// A file of 256 KiB as immutable items, at a round trip of 50 ms, from composing it until
// the receiver has all of it, verified: between two nodes with raised limits, and between
// two whose libtorrent has stock limits.
// usage: attachment_bench [--nodes N] [--files N] [--stock-files N] [--bytes N]
//                         [--stock-bytes N]
#include "arguments.hpp"
#include "reader.hpp"
#include "talkers.hpp"

#include <libtorrent/alert_types.hpp>

#include <algorithm>
#include <stdexcept>

namespace tau::bench {
namespace {

constexpr double one_way_ms = 25;
constexpr auto patience = std::chrono::minutes(10);
constexpr int stock_upload_rate = 8'000; // libtorrent's default, octets a second
constexpr int stock_block_rate = 5;      // libtorrent's default, datagrams a second
constexpr std::uint32_t raised_rate = 10'000;

bytes content_of(std::size_t seed, std::size_t size) {
    seeded_random random(seed);
    bytes out(size);
    random.fill(out);
    return out;
}

/// How one file came along.
struct transfer {
    samples stored, told; ///< on the sender's disk; the receiver knows of it
    samples begun, whole; ///< first octets; all octets
    samples pause;        ///< the longest between two steps
    std::size_t steps = 0;
};

/// Sends files from one to the other, one after another.
class file_line {
public:
    file_line(test::private_dht& loop, talker& from, talker& to)
        : m_loop(loop), m_from(from), m_to(to),
          m_told(to.messenger().subscribe([this](auto const& event) { on_event(event); })) {}
    ~file_line() { m_to.messenger().unsubscribe(m_told); }
    file_line(file_line const&) = delete;
    file_line& operator=(file_line const&) = delete;

    void send(bytes content, transfer& into) {
        m_arrived.reset();
        m_told_at.reset();
        m_steps.clear();
        m_whole = false;
        auto const begun = steady::now();
        m_from.messenger().send_file(m_to.key(), {"picture.bin", content},
                                     [&into, begun](result<messenger::message_id> const& stored) {
                                         if (stored)
                                             into.stored.add(ms_since(begun));
                                     });
        if (!m_loop.run_until([this] { return m_whole; }, patience)) {
            into.whole.fail();
            return;
        }
        into.whole.add(ms_since(begun));
        into.told.add(ms_between(begun, *m_told_at));
        into.begun.add(ms_between(begun, m_steps.front()));
        double longest = 0;
        for (std::size_t i = 1; i < m_steps.size(); ++i)
            longest = std::max(longest, ms_between(m_steps[i - 1], m_steps[i]));
        into.pause.add(longest);
        into.steps += m_steps.size();
        expect_same(content);
    }

private:
    static double ms_between(steady::time_point from, steady::time_point to) {
        return std::chrono::duration<double, std::milli>(to - from).count();
    }

    void on_event(messenger::event const& event) {
        if (auto const* const came = std::get_if<messenger::message_arrived>(&event))
            tell(came->message.id);
        if (auto const* const step = std::get_if<messenger::attachment_progress>(&event)) {
            tell(step->id);
            m_steps.push_back(steady::now());
            m_whole = step->fetched_bytes == step->size_bytes;
        }
    }

    void tell(messenger::message_id const& id) {
        m_arrived = id;
        if (!m_told_at)
            m_told_at = steady::now();
    }

    void expect_same(bytes const& content) {
        std::optional<bool> same;
        m_to.messenger().attachment(
            *m_arrived, [&](result<bytes> const& got) { same = got && got.value() == content; });
        if (!m_loop.run_until([&] { return same.has_value(); }, patience) || !*same)
            throw std::runtime_error("the file is not the one that was sent");
    }

    test::private_dht& m_loop;
    talker& m_from;
    talker& m_to;
    messenger::engine::subscription m_told;
    std::optional<messenger::message_id> m_arrived;
    std::optional<steady::time_point> m_told_at;
    std::vector<steady::time_point> m_steps;
    bool m_whole = false;
};

void report_transfer(std::string const& scenario, transfer const& seen) {
    seen.stored.report_as(scenario + "_stored", "tau");
    seen.told.report_as(scenario + "_told", "tau");
    seen.begun.report_as(scenario + "_begins", "tau");
    seen.whole.report_as(scenario, "tau");
    seen.pause.report_as(scenario + "_pause", "tau");
    report(scenario, "tau", "steps",
           static_cast<double>(seen.steps) / static_cast<double>(seen.whole.count()));
}

/// Raises what a node accepts and tells others, as an operator does in tau-node.toml.
dht::config raised() {
    dht::config out;
    out.accepted_queries_per_second = raised_rate;
    return out;
}

void raise(lt::settings_pack& settings) {
    settings.set_int(lt::settings_pack::dht_block_ratelimit, static_cast<int>(raised_rate));
}

void measure_raised(network_process const& network, test::private_dht& loop,
                    std::filesystem::path const& folder, std::size_t files, std::size_t size) {
    talker alice(loop, network, folder, {"alice", 31, raised(), raise});
    talker bob(loop, network, folder, {"bob", 32, raised(), raise});
    introduce(loop, alice, bob);
    file_line line(loop, alice, bob);
    transfer seen;
    for (std::size_t i = 0; i < files; ++i)
        line.send(content_of(i, size), seen);
    report_transfer("attachment_raised", seen);
}

/// How many times a session blocked an address for flooding, by its own log.
struct blocks {
    std::size_t friends = 0; ///< the other talker
    std::size_t nodes = 0;   ///< nodes of the DHT, which answered too much at a time
};

void count_blocks(talker& who, talker& other, blocks& into) {
    auto const address = other.session().listen_endpoint()->address().to_string();
    who.session().alerts().route<lt::dht_log_alert>(
        [](lt::dht_log_alert const& alert) {
            std::string text = alert.log_message();
            bool const is_block = text.find("BANNING PEER") != std::string::npos;
            return is_block ? std::optional(std::move(text)) : std::nullopt;
        },
        [address, &into](std::string const& text) {
            ++(text.find(address) != std::string::npos ? into.friends : into.nodes);
        });
}

void make_stock(lt::settings_pack& settings) {
    settings.set_int(lt::settings_pack::dht_upload_rate_limit, stock_upload_rate);
    settings.set_int(lt::settings_pack::dht_block_ratelimit, stock_block_rate);
    auto const mask = static_cast<std::uint32_t>(settings.get_int(lt::settings_pack::alert_mask))
                      | static_cast<std::uint32_t>(lt::alert_category::dht_log);
    settings.set_int(lt::settings_pack::alert_mask, static_cast<int>(mask));
}

void measure_stock(network_process const& network, test::private_dht& loop,
                   std::filesystem::path const& folder, std::size_t files, std::size_t size) {
    dht::config unstated;
    unstated.accepted_queries_per_second = 0;
    unstated.upload_bytes_per_second = stock_upload_rate;
    talker carol(loop, network, folder, {"carol", 33, unstated, make_stock});
    talker dave(loop, network, folder, {"dave", 34, unstated, make_stock});
    blocks seen_blocks;
    count_blocks(carol, dave, seen_blocks);
    count_blocks(dave, carol, seen_blocks);
    introduce(loop, carol, dave);
    file_line line(loop, carol, dave);
    transfer seen;
    for (std::size_t i = 0; i < files; ++i)
        line.send(content_of(100 + i, size), seen);
    report_transfer("attachment_stock", seen);
    report("attachment_stock", "tau", "friends_blocked", static_cast<double>(seen_blocks.friends));
    report("attachment_stock", "tau", "nodes_blocked", static_cast<double>(seen_blocks.nodes));
}

int run(arguments const& given) {
    auto const size = given.number("--bytes", 256 * 1024);
    network_process network({given.number("--nodes", 150), 0});
    test::temp_folder const folder;
    test::private_dht loop(0);
    network.set_path({one_way_ms, 0});
    if (auto const files = given.number("--files", 20))
        measure_raised(network, loop, folder.path(), files, size);
    if (auto const files = given.number("--stock-files", 1))
        measure_stock(network, loop, folder.path(), files, given.number("--stock-bytes", size));
    return 0;
}

} // namespace
} // namespace tau::bench

int main(int count, char** words) {
    return tau::bench::run({count, words});
}
