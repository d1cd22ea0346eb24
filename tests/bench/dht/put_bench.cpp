// Time from a put until a third party reads the item, without loss, under loss, and with
// dead nodes, by Tau and by stock libtorrent; and how long put() keeps its caller.
// usage: put_bench [--nodes N] [--dead N] [--puts N] [--stock-puts N]
#include "arguments.hpp"
#include "reader.hpp"

#include <libtorrent/bencode.hpp>
#include <libtorrent/kademlia/ed25519.hpp>

#include <ctime>

namespace tau::bench {
namespace {

constexpr double one_way_ms = 25;
constexpr double loss_percent = 2;

/// A stock session that asks for an item every few milliseconds, each time anew, until
/// one of the traversals finds it: the earliest that a third party can read it.
class impatient_reader {
public:
    impatient_reader(test::private_dht& loop, plugins::owned_session& session)
        : m_session(session), m_timer(loop.context()) {
        auto const capture = [](lt::dht_mutable_item_alert const& alert) {
            using found = std::pair<std::array<char, 32>, std::string>;
            return alert.item.type() == lt::entry::string_t
                       ? std::optional(found(alert.key, alert.salt))
                       : std::nullopt;
        };
        session.alerts().route<lt::dht_mutable_item_alert>(
            capture, [this](auto const& item) { m_found |= item == std::pair(m_key, m_salt); });
    }

    void look_for(public_key const& key, std::string salt) {
        std::copy(key.begin(), key.end(), m_key.begin());
        m_salt = std::move(salt);
        m_found = false;
        ask();
    }
    [[nodiscard]] bool has_found() const { return m_found; }

private:
    void ask() {
        m_session.session().dht_get_item(m_key, m_salt);
        m_timer.expires_after(std::chrono::milliseconds(25));
        m_timer.async_wait([this](error_code const& failed) {
            if (!failed && !m_found)
                ask();
        });
    }

    plugins::owned_session& m_session;
    boost::asio::steady_timer m_timer;
    std::array<char, 32> m_key{};
    std::string m_salt;
    bool m_found = true;
};

/// Puts through a stock session, with a key pair of libtorrent's own.
class stock_writer {
public:
    explicit stock_writer(plugins::owned_session& session) : m_session(session) {
        std::tie(m_public, m_secret) =
            lt::dht::ed25519_create_keypair(lt::dht::ed25519_create_seed());
    }
    [[nodiscard]] public_key key() const {
        return public_key::from(as_bytes({m_public.bytes.data(), m_public.bytes.size()})).value();
    }
    void put(std::string const& salt, bytes const& value) {
        auto fill = [secret = m_secret, key = m_public,
                     value](lt::entry& v, std::array<char, 64>& sig, std::int64_t& seq,
                            std::string const& of) {
            seq = 1;
            v = lt::entry(lt::entry::preformatted_type(value.begin(), value.end()));
            auto const octets = wire::signed_octets(wire::salt::from(of).value(), seq, value);
            auto const text = as_text(octets);
            sig = lt::dht::ed25519_sign({text.data(), static_cast<std::ptrdiff_t>(text.size())},
                                        key, secret)
                      .bytes;
        };
        m_session.session().dht_put_item(m_public.bytes, std::move(fill), salt);
    }

private:
    plugins::owned_session& m_session;
    lt::dht::public_key m_public;
    lt::dht::secret_key m_secret;
};

/// Processor time of this thread: unlike the wall clock it does not count the times at
/// which the machine runs something else.
double thread_cpu_ms() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

struct scene {
    reader& measured;
    impatient_reader& third_party;
    stock_writer& stock;
    std::size_t puts;
    std::size_t stock_puts;
};

void measure(scene const& at, std::string const& scenario) {
    samples tau, caller, caller_cpu, stock;
    for (std::size_t i = 0; i < at.puts; ++i) {
        auto const salt = scenario + std::to_string(i);
        auto const read = [&](public_key const& key, samples& into, auto const& put) {
            auto const begun = steady::now();
            put();
            at.third_party.look_for(key, salt);
            if (at.measured.loop().run_until([&] { return at.third_party.has_found(); },
                                             std::chrono::seconds(60)))
                into.add(ms_since(begun));
            else
                into.fail();
        };
        read(at.measured.tau_key(), tau, [&] {
            auto const value = item_value(i);
            auto const cpu = thread_cpu_ms();
            auto const begun = steady::now();
            (void)at.measured.tau().put(wire::salt::from(salt).value(), 1, value, {});
            caller.add(ms_since(begun));
            caller_cpu.add(thread_cpu_ms() - cpu);
        });
        if (i < at.stock_puts)
            read(at.stock.key(), stock, [&] { at.stock.put(salt, item_value(i)); });
    }
    tau.report_as(scenario, "tau");
    caller.report_as(scenario, "tau_caller");
    caller_cpu.report_as(scenario, "tau_caller_cpu");
    if (stock.count() > 0)
        stock.report_as(scenario, "libtorrent");
}

int run(arguments const& given) {
    auto const puts = given.number("--puts", 40);
    network_process network({given.number("--nodes", 32), 1});
    reader measured(network);
    auto& writes = measured.add_session();
    impatient_reader third_party(measured.loop(), measured.stock_session());
    stock_writer stock(writes);
    scene const at{measured, third_party, stock, puts, given.number("--stock-puts", puts)};

    network.set_path({one_way_ms, 0});
    measure(at, "put_clean");
    network.set_path({one_way_ms, loss_percent});
    measure(at, "put_lossy");
    network.set_path({one_way_ms, 0});
    network.kill(given.number("--dead", 6));
    measure(at, "put_dead");
    return 0;
}

} // namespace
} // namespace tau::bench

int main(int count, char** words) {
    return tau::bench::run({count, words});
}
