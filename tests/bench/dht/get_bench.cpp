// Latency of gets: direct, from a dead endpoint, and under loss, beside stock libtorrent's
// recursive get in the same network.
// usage: get_bench [--nodes N] [--gets N] [--lossy-gets N] [--dead-gets N]
#include "arguments.hpp"
#include "reader.hpp"

#include <libtorrent/settings_pack.hpp>

#include <map>

namespace tau::bench {
namespace {

constexpr double one_way_ms = 25;
constexpr double loss_percent = 2;

/// Sees every datagram of a session leave: when was the first to the dead endpoint sent,
/// and when the next `get` to anybody else?
class departure_log {
public:
    explicit departure_log(endpoint dead) : m_dead(std::move(dead)) {}

    void watch(plugins::owned_session& session) {
        auto const capture = [this](lt::dht_pkt_alert const& alert) -> std::optional<departure> {
            auto const packet = alert.pkt_buf();
            std::string_view const text(packet.data(), static_cast<std::size_t>(packet.size()));
            if (alert.direction != lt::dht_pkt_alert::outgoing
                || text.find("1:q3:get") == std::string_view::npos
                || text.find(as_text(m_target.view())) == std::string_view::npos)
                return std::nullopt;
            return departure{alert.timestamp(), alert.node};
        };
        session.alerts().route<lt::dht_pkt_alert>(capture, [this](departure const& d) { on(d); });
    }

    /// Only queries for this item count: the traversal before may still be ending.
    void begin(target const& what) {
        m_target = what;
        m_direct.reset();
        m_recursive.reset();
    }
    [[nodiscard]] std::optional<double> recursion_after_ms() const {
        if (!m_direct || !m_recursive)
            return std::nullopt;
        return std::chrono::duration<double, std::milli>(*m_recursive - *m_direct).count();
    }

private:
    struct departure {
        lt::time_point when;
        endpoint to;
    };

    void on(departure const& d) {
        auto& first = d.to == m_dead ? m_direct : m_recursive;
        if (!first && (d.to == m_dead || m_direct))
            first = d.when;
    }

    endpoint m_dead;
    target m_target;
    std::optional<lt::time_point> m_direct;
    std::optional<lt::time_point> m_recursive;
};

void direct_gets(network_process& network, reader& measured, std::size_t gets) {
    samples tau, stock_first, stock_last;
    network.set_path({one_way_ms, 0});
    measured.run_gets(gets, 1, measured.tau_get(network.author(), dht::get_mode::automatic, tau));
    measured.run_gets(gets, 1, measured.stock_get(stock_first, stock_last));
    tau.report_as("direct_get", "tau");
    stock_first.report_as("direct_get", "libtorrent_first");
    stock_last.report_as("direct_get", "libtorrent");
}

void dead_endpoint_gets(network_process& network, reader& measured, departure_log& log,
                        endpoint const& dead, std::size_t gets) {
    samples tau, recursion, stock_first, stock_last;
    network.set_path({one_way_ms, 0});
    auto const get = measured.tau_get(dead, dht::get_mode::automatic, tau);
    for (std::size_t i = 0; i < gets; ++i) {
        log.begin(wire::target_of({author_key(), wire::salt::from(item_salt(i)).value()}));
        measured.run_gets(1, 1, [&](std::size_t, std::function<void()> done) { get(i, done); });
        if (auto const after = log.recursion_after_ms())
            recursion.add(*after);
        else
            recursion.fail();
    }
    measured.run_gets(gets, 1, measured.stock_get(stock_first, stock_last));
    tau.report_as("dead_endpoint", "tau");
    recursion.report_as("dead_endpoint", "tau_recursion_starts");
    stock_first.report_as("dead_endpoint", "libtorrent_first");
}

void lossy_gets(network_process& network, reader& measured, std::size_t gets,
                std::size_t stock_gets) {
    constexpr std::size_t in_flight = 8;
    constexpr std::size_t stock_in_flight = 64; // most of them wait 15 s for one lost packet
    samples tau, stock_first, stock_last;
    network.set_path({one_way_ms, loss_percent});
    measured.run_gets(gets, in_flight,
                      measured.tau_get(network.author(), dht::get_mode::automatic, tau));
    measured.run_gets(stock_gets, stock_in_flight, measured.stock_get(stock_first, stock_last));
    tau.report_as("lossy_get", "tau");
    stock_first.report_as("lossy_get", "libtorrent_first");
    stock_last.report_as("lossy_get", "libtorrent");
}

int run(arguments const& given) {
    auto const nodes = given.number("--nodes", 62);
    auto const lossy = given.number("--lossy-gets", 2000);
    auto const gets = given.number("--gets", 100);
    auto const dead_gets = given.number("--dead-gets", 20);
    network_process network({nodes, std::max({lossy, gets, dead_gets})});

    reader measured(network);
    direct_gets(network, measured, gets);
    lossy_gets(network, measured, lossy, std::min<std::size_t>(lossy, 300));

    // The departures are told by alerts that cost time, so this reader is another.
    reader watched(network, [](lt::settings_pack& settings) {
        settings.set_int(lt::settings_pack::alert_mask,
                         static_cast<int>(static_cast<std::uint32_t>(lt::alert_category::dht_log
                                                                     | lt::alert_category::dht)));
    });
    auto const dead = watched.loop().dead_endpoint();
    departure_log log(dead);
    log.watch(watched.tau_session());
    dead_endpoint_gets(network, watched, log, dead, dead_gets);
    return 0;
}

} // namespace
} // namespace tau::bench

int main(int count, char** words) {
    return tau::bench::run({count, words});
}
