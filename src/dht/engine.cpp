#include "dht/engine.hpp"

#include "dht/exchanger.hpp"
#include "dht/get_queue.hpp"
#include "dht/put_queue.hpp"

#include "wire/bencode_node.hpp"

#include <utility>

namespace tau::dht {
namespace {

// How often the session is asked for its routing table, and how soon while it is empty.
constexpr std::chrono::seconds nodes_period{60};
constexpr std::chrono::seconds nodes_period_empty{2};

error_code check_value(byte_view value) {
    if (value.size() > wire::max_value_bytes)
        return errc::too_large;
    if (!wire::parse_bencode(value))
        return errc::invalid_encoding;
    return {};
}

served_item served_form(byte_view value) {
    return {{value.begin(), value.end()}, {}, {}, 0};
}

served_item served_form(wire::mutable_item const& item) {
    auto out = served_form(byte_view(item.value));
    out.key = as_text(item.address.key);
    out.sig = as_text(item.sig);
    out.seq = item.seq;
    return out;
}

} // namespace

struct engine::impl {
    impl(config const& settings, node_identity self, random_source& random)
        : core(settings, std::move(self), random) {}

    // Lets go what the limits allow, and tells whoever asked that it went.
    void pump(moment now) {
        auto const alive = [this](request_id id) { return core.queries.contains(id); };
        for (auto& query : core.paced.take(now.mono, alive)) {
            auto& open = core.queries.at(query.id);
            open.sent_at = now.mono;
            ++core.counts.queries_sent;
            auto const [owner, job] = std::pair(open.owner, open.job);
            auto const id = query.id;
            auto const to = query.to;
            core.actions.emplace_back(std::move(query));
            if (owner == query_owner::get)
                gets.on_sent(job, to, now);
            else if (owner == query_owner::put)
                puts.on_sent(job, to, now);
            else
                exchanges.on_sent(job, id, now);
        }
    }

    void ask_for_nodes(moment now) {
        core.actions.emplace_back(want_nodes{});
        nodes_at = now.mono + (core.nodes.empty() ? nodes_period_empty : nodes_period);
    }

    // Takes the query that a message answers; nullopt if there is none, or if it comes from
    // elsewhere. libtorrent 2.0.8 matches replies by address and transaction id alone.
    std::optional<open_query> answered(request_id id, endpoint const& from) {
        auto const found = core.queries.find(id);
        if (found == core.queries.end()) {
            ++core.counts.dropped_unasked;
            return std::nullopt;
        }
        if (found->second.to != from) {
            ++core.counts.dropped_wrong_source;
            return std::nullopt;
        }
        auto const out = found->second;
        core.queries.erase(found);
        return out;
    }

    engine_core core;
    get_queue gets{core};
    put_queue puts{core};
    exchanger exchanges{core};
    time_point nodes_at{};
};

engine::engine(config settings, node_identity self, random_source& random, moment now)
    : m_impl(std::make_unique<impl>(settings, std::move(self), random)) {
    m_impl->ask_for_nodes(now);
    m_impl->pump(now);
}

engine::~engine() = default;

std::shared_ptr<responder> engine::responder() const {
    return m_impl->core.answers;
}

std::vector<action> engine::take_actions() {
    // Here rather than at each change: a picture is hundreds of items served in a row.
    auto& core = m_impl->core;
    if (core.served.changed())
        core.answers->publish(core.served.publish());
    return std::exchange(core.actions, {});
}

bool engine::has_actions() const {
    return !m_impl->core.actions.empty() || m_impl->core.served.changed();
}

std::optional<time_point> engine::wake_at() const {
    auto const& core = m_impl->core;
    return earlier(m_impl->nodes_at, earlier(core.deadlines.next(), core.paced.wake_at()));
}

void engine::get(get_request request, get_observer observer, moment now) {
    m_impl->gets.get(std::move(request), std::move(observer), now);
    m_impl->pump(now);
}

void engine::get_immutable(target const& what, std::optional<public_key> holder,
                           get_immutable_observer observer, moment now) {
    m_impl->gets.get_immutable(what, holder, std::move(observer), now);
    m_impl->pump(now);
}

error_code engine::put(wire::salt const& salt, std::int64_t seq, bytes value, put_observer observer,
                       moment now) {
    if (auto const ec = check_value(value))
        return ec;
    auto& core = m_impl->core;
    wire::mutable_item item{{core.self.key, salt}, seq, std::move(value), {}};
    auto const what = wire::target_of(item.address);
    auto const old = core.authored.find(what);
    if (seq < 0 || (old != core.authored.end() && seq <= old->second.seq))
        return errc::stale;
    item.sig = core.self.sign(wire::signed_octets(salt, seq, item.value));
    core.served.serve(what, served_form(item));
    core.authored.insert_or_assign(what, item);
    m_impl->puts.put(what, std::move(item), std::move(observer), now);
    m_impl->pump(now);
    return {};
}

error_code engine::republish(wire::mutable_item item, put_observer observer, moment now) {
    if (item.address.key == m_impl->core.self.key)
        return errc::invalid_argument;
    if (auto const ec = wire::verify(item))
        return ec;
    auto const what = wire::target_of(item.address);
    m_impl->puts.put(what, std::move(item), std::move(observer), now);
    m_impl->pump(now);
    return {};
}

result<target> engine::put_immutable(bytes value, put_observer observer, moment now) {
    TAU_TRY(what, serve_immutable(value));
    m_impl->puts.put_immutable(what, std::move(value), std::move(observer), now);
    m_impl->pump(now);
    return what;
}

result<target> engine::serve_immutable(bytes value) {
    if (auto const ec = check_value(value))
        return ec;
    auto const what = wire::target_of_immutable(value);
    m_impl->core.served.serve(what, served_form(byte_view(value)));
    return what;
}

void engine::forget_immutable(target const& what, moment now) {
    if (m_impl->core.authored.contains(what))
        return;
    m_impl->core.served.forget(what);
    m_impl->puts.forget(what, now);
    m_impl->pump(now);
}

void engine::exchange(public_key const& to, parcel what, std::optional<endpoint> ask_at,
                      exchange_observer observer, moment now) {
    m_impl->exchanges.exchange(to, std::move(what), ask_at, std::move(observer), now);
    m_impl->pump(now);
}

void engine::offer(public_key const& to, parcel what) {
    m_impl->exchanges.offer(to, std::move(what));
}

void engine::on_parcel(std::function<void(incoming_parcel const&)> handler) {
    m_impl->exchanges.on_parcel(std::move(handler));
}

std::optional<endpoint> engine::endpoint_of(public_key const& key) const {
    return m_impl->core.book.last_proven(key);
}

void engine::hint_endpoint(public_key const& key, endpoint const& where, moment now) {
    m_impl->core.book.hint(key, where, endpoint_source::hint, now);
}

void engine::hint_endpoints(public_key const& key, wire::endpoint_value const& value, moment now) {
    auto& book = m_impl->core.book;
    for (auto const& where : value.endpoints)
        book.hint(key, where, endpoint_source::channel, now);
    book.set_nat(key, value.nat);
}

std::optional<wire::endpoint_value> engine::own_endpoints(moment now) const {
    auto const& voter = m_impl->core.voter;
    wire::endpoint_value out;
    out.time = now.wall;
    out.nat = static_cast<wire::stated_nat>(voter.nat());
    if (auto const seen = voter.external())
        out.endpoints.push_back(*seen);
    for (auto const& local : voter.local())
        if (out.endpoints.size() < wire::max_cidr_endpoints && !local.address().is_loopback()
            && !local.address().is_unspecified()
            && (out.endpoints.empty() || out.endpoints.front() != local))
            out.endpoints.push_back(local);
    if (out.endpoints.empty())
        return std::nullopt;
    return out;
}

void engine::on_response(request_id id, endpoint const& from, lt::bdecode_node const& message,
                         moment now) {
    auto& core = m_impl->core;
    auto const query = m_impl->answered(id, from);
    if (!query) {
        m_impl->gets.on_stray_reply(from, message, now);
        m_impl->pump(now);
        return;
    }
    core.learn_rtt(query->age(now.mono));
    if (auto const seen = wire::seen_endpoint(message))
        core.voter.vote(from.address(), *seen);
    if (query->owner == query_owner::get)
        m_impl->gets.on_reply(*query, message, now);
    else if (query->owner == query_owner::put)
        m_impl->puts.on_reply(*query, message, now);
    else
        m_impl->exchanges.on_reply(*query, message, now);
    m_impl->pump(now);
}

void engine::on_no_response(request_id id, moment now) {
    auto const found = m_impl->core.queries.find(id);
    if (found == m_impl->core.queries.end())
        return;
    auto const query = found->second;
    m_impl->core.queries.erase(found);
    if (query.owner == query_owner::get)
        m_impl->gets.on_no_reply(query, now);
    else if (query.owner == query_owner::put)
        m_impl->puts.on_no_reply(query, now);
    else
        m_impl->exchanges.on_no_reply(query, now);
    m_impl->pump(now);
}

void engine::on_checked(check_item const& what, bool valid, moment now) {
    m_impl->gets.on_checked(what, valid, now);
    m_impl->pump(now);
}

void engine::on_request(endpoint const& source, byte_view message, moment now) {
    m_impl->exchanges.on_request(source, message, now);
    m_impl->pump(now);
}

void engine::on_recursive_item(wire::mutable_item const& item, moment now) {
    m_impl->gets.on_recursive_item(item, now);
    m_impl->pump(now);
}

void engine::on_recursive_done(wire::item_address const& what, moment now) {
    m_impl->gets.on_recursive_done(what, now);
    m_impl->pump(now);
}

void engine::on_recursive_immutable(target const& what, byte_view value, moment now) {
    m_impl->gets.on_recursive_immutable(what, value, now);
    m_impl->pump(now);
}

void engine::on_put_done(target const& what, std::int64_t seq, int nodes, moment now) {
    m_impl->puts.on_put_done(what, seq, nodes, now);
    m_impl->pump(now);
}

void engine::on_nodes(std::vector<wire::node_info> const& nodes, moment now) {
    m_impl->core.learn_nodes(nodes);
    m_impl->nodes_at = now.mono + (nodes.empty() ? nodes_period_empty : nodes_period);
    m_impl->puts.on_nodes(now);
    m_impl->pump(now);
}

void engine::on_external_vote(ip_address const& voter, endpoint const& seen, moment) {
    m_impl->core.voter.vote(voter, seen);
}

void engine::on_local_endpoints(std::vector<endpoint> const& local) {
    m_impl->core.voter.set_local(local);
}

void engine::on_time(moment now) {
    while (auto const job = m_impl->core.deadlines.pop_due(now.mono)) {
        if (!m_impl->gets.on_time(*job, now) && !m_impl->puts.on_time(*job, now))
            (void)m_impl->exchanges.on_time(*job, now);
    }
    if (now.mono >= m_impl->nodes_at)
        m_impl->ask_for_nodes(now);
    m_impl->pump(now);
}

dht::stats engine::stats() const {
    auto const& core = m_impl->core;
    auto out = core.counts;
    out.gets_served = core.answers->gets_served();
    out.dropped_rate_limited = core.answers->rate_limited();
    out.dropped_malformed += core.answers->malformed();
    out.gets_in_flight = m_impl->gets.in_flight();
    out.gets_queued = m_impl->gets.queued();
    out.puts_in_flight = m_impl->puts.in_flight();
    out.puts_queued = m_impl->puts.queued();
    out.queries_paced = core.paced.queued();
    out.known_keys = core.book.size();
    out.served_items = core.served.size();
    return out;
}

std::optional<endpoint> engine::external_endpoint() const {
    return m_impl->core.voter.external();
}

nat_kind engine::nat() const {
    return m_impl->core.voter.nat();
}

std::vector<known_endpoint> engine::export_endpoints() const {
    return m_impl->core.book.export_all();
}

void engine::import_endpoints(std::vector<known_endpoint> const& known, moment now) {
    m_impl->core.book.import_all(known, now);
}

} // namespace tau::dht
