#include "overlay_nodes.hpp"

#include "core/hex.hpp"
#include "identity/keccak.hpp"
#include "support/test_keys.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>

#include <libtorrent/settings_pack.hpp>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

namespace tau::bench {
namespace {

constexpr auto patience = std::chrono::seconds(30);

plugin_set_options options_of(overlay_options overlay) {
    plugin_set_options out;
    out.overlay = std::move(overlay);
    out.overlay.dial = dial_rule::never;
    out.worker_threads = 1;
    return out;
}

overlay_options greedy_options() {
    overlay_options out;
    auto& forward = out.forward;
    forward.window_frames = 1'000'000;
    forward.window_bytes = 1'000'000'000;
    forward.own_messages = 1'000'000;
    forward.own_bytes = 1'000'000'000;
    return out;
}

/// The life of the other process.
class process_side {
public:
    process_side(std::uint64_t seed, bool greedy, int in, int out)
        : m_out(out), m_loop(0),
          m_node(m_loop, seed, greedy ? greedy_options() : overlay_options{}),
          m_in(m_loop.context(), in) {}

    void run() {
        write_line(m_out, to_hex(m_node.wallet()) + " " + to_string(m_node.where()));
        read_command();
        for (;;) {
            m_loop.run_for(std::chrono::milliseconds(1));
            if (m_target)
                send_some();
        }
    }

private:
    void read_command() {
        boost::asio::async_read_until(m_in, m_buffer, '\n', [this](error_code failed, auto) {
            std::istream stream(&m_buffer);
            std::string word;
            if (failed || !(stream >> word))
                std::_Exit(0);
            std::string wallet, place;
            if (word != "count")
                stream >> wallet >> place;
            stream.ignore();
            obey(word, wallet, place);
            read_command();
        });
    }

    void obey(std::string const& word, std::string const& wallet, std::string const& place) {
        if (word == "dial") {
            m_node.overlay().dial(fixed_from_hex<wallet_address>(wallet).value(),
                                  parse_endpoint(place).value());
            return write_line(m_out, "ok");
        }
        if (word == "flood") {
            m_target = fixed_from_hex<wallet_address>(wallet).value();
            m_hop = fixed_from_hex<wallet_address>(place).value();
            return write_line(m_out, "ok");
        }
        auto const counts = m_node.overlay().forwarding().counts();
        write_line(m_out, std::to_string(counts.crowded) + " " + std::to_string(counts.held) + " "
                              + std::to_string(counts.passed_on) + " "
                              + std::to_string(counts.sent));
    }

    // Always more than the link takes; the receiver's key is not ours, so nothing that it
    // acknowledges ends one.
    void send_some() {
        auto& overlay = m_node.overlay();
        constexpr std::size_t ahead = 20'000;
        overlay.forwarding().on_route(*m_target, {{m_hop, *m_target}}, overlay.now());
        if (overlay.forwarding().counts().waiting > ahead)
            return;
        for (auto& one : make_payloads(1000, ++m_batch))
            (void)overlay.send({one.id, *m_target, m_node.keys->key(), std::move(one.payload),
                                std::chrono::milliseconds(1500)});
    }

    int m_out;
    test::private_dht m_loop;
    overlay_node m_node;
    boost::asio::posix::stream_descriptor m_in;
    boost::asio::streambuf m_buffer;
    std::optional<wallet_address> m_target;
    wallet_address m_hop;
    std::uint64_t m_batch = 1'000'000;
};

} // namespace

std::vector<sealed_payload> make_payloads(std::size_t count, std::uint64_t seed,
                                          std::size_t octets) {
    std::vector<sealed_payload> out;
    seeded_random random{seed};
    for (std::size_t i = 0; i < count; ++i) {
        bytes payload(octets);
        random.fill(payload);
        auto const id = identity::keccak256(payload);
        out.push_back({std::move(payload), id});
    }
    return out;
}

overlay_node::overlay_node(test::private_dht& loop, std::uint64_t seed, overlay_options options)
    : keys(test::keys_of(seed)), session(loop.add_session([](lt::settings_pack& settings) {
          settings.set_bool(lt::settings_pack::enable_outgoing_utp, false);
      })),
      tau(session, keys, options_of(std::move(options))) {
    overlay_observer told;
    told.on_arrival = [this](forward::arrival const& what) {
        ++arrived;
        if (on_arrival)
            return on_arrival(what);
        overlay().accept(what.id);
    };
    told.on_acknowledged = [this](forward::acknowledged const& what) {
        acknowledged += what.ids.size();
        if (on_acknowledged)
            on_acknowledged(what);
    };
    overlay().observe(std::move(told));
    overlay().start(where().port());
}

std::string overlay_node::state() {
    auto const counts = overlay().forwarding().counts();
    auto const links = overlay().links().counts();
    std::ostringstream out;
    out << "\nlinks " << links.links << ", refused " << links.refused_records << ", waiting "
        << counts.waiting << ", held " << counts.held << ", resent " << counts.resent
        << ", delivered " << counts.delivered << ", repeated " << counts.repeated << ", no route "
        << counts.no_route << ", crowded " << counts.crowded << ", looped " << counts.looped
        << ", refused acks " << counts.refused_acks;
    return out.str();
}

void link(test::private_dht& loop, overlay_node& a, wallet_address const& other,
          endpoint const& where) {
    a.overlay().dial(other, where);
    if (!loop.run_until([&] { return a.is_linked(other); }, patience))
        throw std::runtime_error("two nodes were not linked");
}

void link(test::private_dht& loop, overlay_node& a, overlay_node& b) {
    link(loop, a, b.wallet(), b.where());
    if (!loop.run_until([&] { return b.is_linked(a.wallet()); }, patience))
        throw std::runtime_error("two nodes were not linked");
}

overlay_process::overlay_process(std::uint64_t seed, bool greedy)
    : m_child([seed, greedy](int in, int out) { process_side(seed, greedy, in, out).run(); }) {
    std::istringstream line(m_child.read_line());
    std::string wallet, place;
    line >> wallet >> place;
    m_wallet = fixed_from_hex<wallet_address>(wallet).value();
    m_where = parse_endpoint(place).value();
}

void overlay_process::freeze() {
    ::kill(m_child.id(), SIGSTOP);
}

void overlay_process::dial(wallet_address const& who, endpoint const& where) {
    (void)m_child.ask("dial " + to_hex(who) + " " + to_string(where));
}

void overlay_process::flood(wallet_address const& whom, wallet_address const& hop) {
    (void)m_child.ask("flood " + to_hex(whom) + " " + to_hex(hop));
}

overlay_process::counters overlay_process::count() {
    counters out;
    std::istringstream line(m_child.ask("count"));
    line >> out.crowded >> out.held >> out.passed_on >> out.sent;
    return out;
}

double overlay_process::resident_mib() const {
    std::ifstream file("/proc/" + std::to_string(m_child.id()) + "/statm");
    double all = 0, resident = 0;
    file >> all >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1024 * 1024);
}

} // namespace tau::bench
