#include "plugins/dht/dht_plugin.hpp"

#include "plugins/session/interfaces.hpp"
#include "wire/exchange.hpp"

#include <libtorrent/alert_types.hpp>
#include <libtorrent/session_handle.hpp>

#include <algorithm>
#include <atomic>
#include <utility>
#include <variant>

namespace tau::plugins {
namespace {

// Exchanges whose items wait to be verified. More are not answered, so they come again.
constexpr int max_reports_waiting = 1024;
// Signatures that a worker checks before it reports: few, so that the next queries leave soon.
constexpr std::size_t checks_at_once = 4;
constexpr std::chrono::seconds ipv6_patience{1};
constexpr std::size_t max_tables = 64; // listen sockets a session may have; ours to choose

std::array<char, 32> key_chars(public_key const& key) {
    std::array<char, 32> out;
    std::copy(key.begin(), key.end(), out.begin());
    return out;
}

dht::config checked_by_action(dht::config settings) {
    settings.check_by_action = true;
    return settings;
}

/// Answers on libtorrent's thread. Holds the snapshot holder, not the engine, and
/// reaches the engine only through the tau thread, where `on_report` checks that it lives.
class engine_responder final : public query_responder {
public:
    using report_handler = std::function<void(endpoint const&, bytes)>;

    engine_responder(std::shared_ptr<dht::responder> answers,
                     std::shared_ptr<clock_source const> clock,
                     std::shared_ptr<std::atomic<int>> waiting, report_handler on_report)
        : m_answers(std::move(answers)), m_clock(std::move(clock)), m_waiting(std::move(waiting)),
          m_report(std::move(on_report)) {}

    bool answer(std::string_view query, endpoint const& source, lt::bdecode_node const& message,
                lt::entry& response) noexcept override {
        if (m_waiting->load() >= max_reports_waiting && query == wire::exchange_method)
            return false;
        auto const outcome = m_answers->on_query(query, source, message, response, m_clock->now());
        if (outcome == dht::reply::answered_and_report
            && m_waiting->load() >= max_reports_waiting) {
            response["r"].dict().erase("tg"); // a get's, that is answered without its rider
        } else if (outcome == dht::reply::answered_and_report) {
            auto const raw = message.data_section();
            m_waiting->fetch_add(1);
            m_report(source, bytes(raw.begin(), raw.end()));
        }
        return outcome == dht::reply::answered || outcome == dht::reply::answered_and_report;
    }

private:
    std::shared_ptr<dht::responder> m_answers;
    std::shared_ptr<clock_source const> m_clock;
    std::shared_ptr<std::atomic<int>> m_waiting; // reports on their way to the tau thread
    report_handler m_report;
};

} // namespace

dht_plugin::dht_plugin(host& home, worker_pool& workers, std::shared_ptr<clock_source const> clock,
                       random_source& random, dht::config settings, dht::node_identity identity)
    : m_host(home), m_workers(workers), m_clock(std::move(clock)),
      m_engine(checked_by_action(std::move(settings)), std::move(identity), random, m_clock->now()),
      m_access(m_engine, *m_clock, [this] { schedule(); }),
      m_timer(
          home.context(), *m_clock, [this] { return m_engine.wake_at(); },
          [this](moment now) {
              m_engine.on_time(now);
              perform_all();
          }),
      m_ipv6_wait(home.context()), m_alive(std::make_shared<dht_plugin*>(this)) {
    add_routes();
    home.add_responder(m_local_ipv6);
    auto& context = home.context();
    auto waiting = std::make_shared<std::atomic<int>>(0);
    home.add_responder(std::make_shared<engine_responder>(
        m_engine.responder(), m_clock, waiting,
        [&context, alive = m_alive, waiting](endpoint const& from, bytes raw) {
            boost::asio::post(context, [alive, waiting, from, raw = std::move(raw)] {
                waiting->fetch_sub(1);
                if (auto* const self = *alive) {
                    self->m_engine.on_request(from, raw, self->m_clock->now());
                    self->perform_all();
                }
            });
        }));
}

dht_plugin::~dht_plugin() {
    stop();
}

template <class Alert, class Value>
void dht_plugin::route(void (dht_plugin::*handler)(Value)) {
    m_host.alerts().route<Alert>([](Alert const& alert) { return capture(alert); },
                                 [alive = m_alive, handler](Value value) {
                                     if (auto* const self = *alive)
                                         (self->*handler)(std::move(value));
                                 });
}

void dht_plugin::add_routes() {
    route<lt::dht_direct_response_alert>(&dht_plugin::on_direct_response);
    route<lt::dht_mutable_item_alert>(&dht_plugin::on_traversal_item);
    route<lt::dht_immutable_item_alert>(&dht_plugin::on_traversal_value);
    route<lt::dht_put_alert>(&dht_plugin::on_put_outcome);
    route<lt::dht_stats_alert>(&dht_plugin::on_table_owner);
    route<lt::dht_live_nodes_alert>(&dht_plugin::on_live_nodes);
    route<lt::external_ip_alert>(&dht_plugin::on_external_address);
}

void dht_plugin::start() {
    (void)m_host.call([](lt::session_handle& session) { session.post_dht_stats(); });
    perform_all();
}

void dht_plugin::stop() {
    *m_alive = nullptr;
    m_timer.stop();
    m_ipv6_wait.cancel();
}

void dht_plugin::schedule() {
    if (m_scheduled)
        return;
    m_scheduled = true;
    boost::asio::post(m_host.context(), [alive = m_alive] {
        if (auto* const self = *alive) {
            self->m_scheduled = false;
            self->perform_all();
        }
    });
}

void dht_plugin::perform_all() {
    auto const alive = m_alive; // an observer may destroy us
    while (*alive && m_engine.has_actions())
        for (auto const& next : m_engine.take_actions()) {
            std::visit([this](auto const& action) { perform(action); }, next);
            if (!*alive)
                return;
        }
    if (*alive)
        m_timer.update();
}

void dht_plugin::perform(dht::send_query const& action) {
    (void)m_host.call([&](lt::session_handle& session) {
        session.dht_direct_request(action.to, action.query, to_user_data(action.id));
    });
}

void dht_plugin::perform(dht::start_get const& action) {
    (void)m_host.call([&](lt::session_handle& session) {
        session.dht_get_item(key_chars(action.what.key), action.what.salt.octets());
    });
}

void dht_plugin::perform(dht::start_get_immutable const& action) {
    (void)m_host.call([&](lt::session_handle& session) {
        session.dht_get_item(lt::sha1_hash(as_text(action.what.view()).data()));
    });
}

void dht_plugin::perform(dht::start_put const& action) {
    // The callback runs on libtorrent's thread once it knows where to store; it holds
    // everything that it needs.
    auto const& address = action.item.address;
    auto fill = [item = action.item](lt::entry& value, std::array<char, 64>& sig, std::int64_t& seq,
                                     std::string const&) {
        value = verbatim(item.value);
        std::copy(item.sig.begin(), item.sig.end(), sig.begin());
        seq = item.seq;
    };
    (void)m_host.call([&](lt::session_handle& session) {
        session.dht_put_item(key_chars(address.key), std::move(fill), address.salt.octets());
    });
}

void dht_plugin::perform(dht::start_put_immutable const& action) {
    (void)m_host.call(
        [&](lt::session_handle& session) { session.dht_put_item(verbatim(action.value)); });
}

void dht_plugin::perform(dht::want_nodes const&) {
    // The table is asked for by node id, which changes with our external address.
    m_wants_nodes = true;
    (void)m_host.call([](lt::session_handle& session) { session.post_dht_stats(); });
}

void dht_plugin::perform(dht::deliver const& action) {
    action.call();
}

void dht_plugin::perform(dht::check_item const& action) {
    m_to_check.push_back(action);
    if (std::exchange(m_check_scheduled, true))
        return;
    // Later in this turn, when the other answers that came with this one have been read.
    boost::asio::post(m_host.context(), [alive = m_alive] {
        if (auto* const self = *alive)
            self->check_all();
    });
}

void dht_plugin::check_all() {
    m_check_scheduled = false;
    auto const waiting = std::exchange(m_to_check, {});
    if (waiting.size() == 1 && m_under_check == 0) { // not worth waking a thread for
        on_checked(check(waiting));
        return;
    }
    for (std::size_t begin = 0; begin < waiting.size(); begin += checks_at_once) {
        auto const end = std::min(waiting.size(), begin + checks_at_once);
        std::vector<dht::check_item> some(waiting.begin() + static_cast<std::ptrdiff_t>(begin),
                                          waiting.begin() + static_cast<std::ptrdiff_t>(end));
        m_under_check += some.size();
        m_workers.run([some = std::move(some)] { return check(some); },
                      [alive = m_alive](std::vector<checked_item> const& outcomes) {
                          if (auto* const self = *alive) {
                              self->m_under_check -= outcomes.size();
                              self->on_checked(outcomes);
                          }
                      });
    }
}

std::vector<dht_plugin::checked_item> dht_plugin::check(std::vector<dht::check_item> const& items) {
    std::vector<checked_item> out;
    for (auto const& item : items)
        out.push_back({item, !wire::verify(*item.item)});
    return out;
}

void dht_plugin::on_checked(std::vector<checked_item> const& outcomes) {
    auto const now = m_clock->now();
    for (auto const& outcome : outcomes)
        m_engine.on_checked(outcome.what, outcome.valid, now);
    perform_all();
}

void dht_plugin::on_direct_response(direct_response value) {
    lt::error_code failed;
    lt::bdecode_node const message =
        value.message.empty() ? lt::bdecode_node() : lt::bdecode(value.message, failed);
    if (message.type() == lt::bdecode_node::dict_t)
        m_engine.on_response(value.id, value.from, message, m_clock->now());
    else
        m_engine.on_no_response(value.id, m_clock->now());
    perform_all();
}

void dht_plugin::on_traversal_item(traversal_item value) {
    auto const now = m_clock->now();
    if (value.item)
        m_engine.on_recursive_item(*value.item, now);
    if (value.is_last)
        m_engine.on_recursive_done(value.what, now);
    perform_all();
}

void dht_plugin::on_traversal_value(traversal_value value) {
    m_engine.on_recursive_immutable(value.what, value.value, m_clock->now());
    perform_all();
}

void dht_plugin::on_put_outcome(put_outcome value) {
    m_engine.on_put_done(value.what, value.seq, value.nodes, m_clock->now());
    perform_all();
}

void dht_plugin::on_table_owner(table_owner value) {
    if (m_tables.size() < max_tables
        && m_tables.insert_or_assign(value.node_id, value.local).second)
        m_engine.on_local_endpoints(local_endpoints());
    if (value.local.address().is_v6())
        open_ipv6();
    if (m_wants_nodes)
        (void)m_host.call(
            [&](lt::session_handle& session) { session.dht_live_nodes(value.node_id); });
    perform_all();
}

void dht_plugin::open_ipv6() {
    if (std::exchange(m_ipv6_waits, true))
        return;
    // A global address may be configured a moment after a local one, and would do better.
    m_ipv6_wait.expires_after(ipv6_patience);
    m_ipv6_wait.async_wait([alive = m_alive](error_code const& failed) {
        auto* const self = *alive;
        if (failed || !self)
            return;
        self->m_ipv6_waits = false;
        for (auto const& socket : self->m_local_ipv6->sockets_to_ask(self->local_endpoints()))
            (void)self->m_host.call([&](lt::session_handle& session) {
                session.add_dht_node({socket.address().to_string(), socket.port()});
            });
    });
}

std::vector<endpoint> dht_plugin::local_endpoints() const {
    std::vector<endpoint> listening;
    for (auto const& [id, where] : m_tables)
        listening.push_back(where);
    return reachable_as(listening);
}

void dht_plugin::on_live_nodes(std::vector<wire::node_info> value) {
    m_wants_nodes = false;
    m_engine.on_nodes(value, m_clock->now());
    perform_all();
}

void dht_plugin::on_external_address(ip_address value) {
    if (value == local_ipv6::stand_in())
        return;
    // The session knows the address alone: port 0 says so.
    m_engine.on_external_vote({}, endpoint(value, 0), m_clock->now());
    perform_all();
}

} // namespace tau::plugins
