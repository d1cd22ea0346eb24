#include "tracker/wallet_registry.hpp"

#include "identity/binding.hpp"

#include <algorithm>

namespace tau::tracker {
namespace {

constexpr std::uint32_t full_liveness = 65'535;

std::uint16_t to_graph(std::uint16_t thousandths) {
    return static_cast<std::uint16_t>(thousandths * full_liveness
                                      / wire::wallet_part::liveness_one);
}

std::uint16_t to_thousandths(std::uint16_t liveness) {
    std::uint32_t const rounded =
        liveness * std::uint32_t{wire::wallet_part::liveness_one} + full_liveness / 2;
    return static_cast<std::uint16_t>(rounded / full_liveness);
}

wallet_address as_wallet(info_hash const& hash) {
    return {hash.octets};
}

// Never 0, which is no topic. Only requests of the device itself are compared with
// it, so that nobody gains by a topic that begins like another.
std::uint64_t home_of(info_hash const& topic) {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < sizeof out; ++i)
        out = out << 8 | topic.octets[i];
    return std::max<std::uint64_t>(out, 1);
}

// All changes of links that a request asks for, the one of its action first.
std::vector<wire::link_change> changes_of(wire::announce_request const& request) {
    using wire::wallet_action;
    auto const& w = *request.wallet;
    std::vector<wire::link_change> out;
    if (w.action == wallet_action::link || w.action == wallet_action::unlink)
        out.push_back({as_wallet(request.hash), w.action == wallet_action::link});
    out.insert(out.end(), w.changes.begin(), w.changes.end());
    return out;
}

// The binding was verified, or is about to be.
std::optional<wire::replica::bound_key> bound_key_of(wire::wallet_part const& w) {
    if (!w.key)
        return std::nullopt;
    auto const record = identity::decode_binding(w.binding);
    if (!record)
        return std::nullopt;
    return wire::replica::bound_key{record.value().key,
                                    record.value().issued.time_since_epoch().count(),
                                    record.value().kind == identity::binding_kind::revoked};
}

} // namespace

wallet_registry::wallet_registry(wallet_limits limits, std::uint64_t hash_key)
    : m_limits(limits), m_hash_key(hash_key), m_edges(limits.edges, hash_key) {}

graph::seconds32 wallet_registry::seconds(moment now) const {
    auto const since_epoch = std::chrono::floor<std::chrono::seconds>(now.mono.time_since_epoch());
    return graph::seconds32{static_cast<std::uint32_t>(since_epoch.count())};
}

std::uint32_t wallet_registry::first_of(wallet_address const& wallet) const {
    return m_table.find(hash_of(wallet),
                        [&](std::uint32_t at) { return m_devices[at].wallet == wallet; });
}

std::uint32_t wallet_registry::find(wallet_address const& wallet, wire::peer_id const& id) const {
    auto at = first_of(wallet);
    while (at != none && m_devices[at].id != id)
        at = m_devices[at].next;
    return at;
}

result<std::uint32_t> wallet_registry::find_or_add(wallet_address const& wallet,
                                                   wire::peer_id const& id) {
    auto const first = first_of(wallet);
    std::size_t count = 0;
    std::uint32_t last = none;
    for (auto at = first; at != none; at = m_devices[at].next, ++count) {
        last = at;
        if (m_devices[at].id == id)
            return at;
    }
    if (count >= m_limits.max_devices)
        return errc::too_large;
    std::uint32_t at = 0;
    if (m_free.empty()) {
        at = static_cast<std::uint32_t>(m_devices.size());
        m_devices.emplace_back();
    } else {
        at = m_free.back();
        m_free.pop_back();
    }
    auto& d = m_devices[at];
    d.wallet = wallet;
    d.id = id;
    d.is_used = true;
    if (last == none)
        m_table.insert(hash_of(wallet), at,
                       [this](std::uint32_t other) { return hash_of(m_devices[other].wallet); });
    else
        m_devices[last].next = at;
    return at;
}

void wallet_registry::forget(std::uint32_t at) {
    auto const wallet = m_devices[at].wallet;
    auto const hash_at = [this](std::uint32_t other) { return hash_of(m_devices[other].wallet); };
    if (auto const first = first_of(wallet); first == at) {
        m_table.erase(hash_of(wallet), at, hash_at);
        if (auto const next = m_devices[at].next; next != none)
            m_table.insert(hash_of(wallet), next, hash_at);
    } else {
        auto before = first;
        while (m_devices[before].next != at)
            before = m_devices[before].next;
        m_devices[before].next = m_devices[at].next;
    }
    m_devices[at] = {};
    m_free.push_back(at);
    if (first_of(wallet) == none)
        m_keys.erase(wallet);
}

// An older record changes nothing, nor does the revocation of another key.
void wallet_registry::set_key(wallet_address const& wallet, wire::replica::bound_key const& key) {
    auto const [at, is_new] = m_keys.try_emplace(wallet, key);
    auto& known = at->second;
    if (key.is_revoked && known.key != key.key)
        return;
    if (key.issued_ms > known.issued_ms || (key.issued_ms == known.issued_ms && key.is_revoked))
        known = key;
}

bool wallet_registry::knows_binding(wire::announce_request const& request) const {
    auto const known = m_keys.find(request.wallet->wallet);
    return known != m_keys.end() && known->second == bound_key_of(*request.wallet);
}

error_code wallet_registry::check(wire::announce_request const& request, moment now) const {
    auto const& w = *request.wallet;
    auto const here = now.wall.time_since_epoch().count();
    auto const tolerance = m_limits.clock_tolerance.count();
    if (w.time_ms < here - tolerance || w.time_ms > here + tolerance)
        return errc::stale;
    auto const at = find(w.wallet, request.id);
    if (at != none && w.time_ms <= m_devices[at].time_ms)
        return errc::replayed;
    return {};
}

bool wallet_registry::is_familiar(wire::announce_request const& request,
                                  ip_address const& from) const {
    auto const at = find(request.wallet->wallet, request.id);
    return at != none && m_devices[at].is_online && m_devices[at].where.address() == from;
}

// Tells the graph of the wallet's newest online device, or that there is none.
error_code wallet_registry::show(wallet_address const& wallet) {
    device const* newest = nullptr;
    for (auto at = first_of(wallet); at != none; at = m_devices[at].next)
        if (m_devices[at].is_online && (newest == nullptr || m_devices[at].seen >= newest->seen))
            newest = &m_devices[at];
    if (newest == nullptr) {
        m_edges.set_offline(wallet);
        return {};
    }
    auto const shown = m_edges.set_online(
        wallet, {newest->where, to_graph(newest->liveness), newest->accepts, newest->seen});
    return shown ? error_code{} : shown.error();
}

void wallet_registry::go_offline(device& d) {
    d.is_online = false;
    d.home = 0;
    // Going offline cannot exceed a limit.
    (void)show(d.wallet);
}

error_code wallet_registry::change_links(wallet_address const& from,
                                         std::span<wire::link_change const> changes,
                                         graph::seconds32 now) {
    for (auto const& c : changes) {
        if (!c.is_claim) {
            // To take back what is gone already is what the client wanted.
            m_edges.withdraw_claim(from, c.wallet);
            continue;
        }
        if (auto const ec = m_edges.add_claim(from, c.wallet, now))
            return ec;
    }
    return {};
}

error_code wallet_registry::apply(wire::announce_request const& request, ip_address const& from,
                                  moment now) {
    if (auto const ec = check(request, now))
        return ec;
    auto const& w = *request.wallet;
    auto const found = find_or_add(w.wallet, request.id);
    if (!found)
        return found.error();
    auto& d = m_devices[found.value()];
    d.time_ms = w.time_ms;
    d.is_settled = false;
    if (auto const key = bound_key_of(w))
        set_key(w.wallet, *key);
    d.seen = seconds(now);
    auto const topic = home_of(request.hash);
    bool const is_own = as_wallet(request.hash) == w.wallet;
    if (request.event == wire::announce_event::stopped) {
        if (is_own || d.home == 0 || d.home == topic)
            go_offline(d);
        return {};
    }
    // Presence belongs to the topic that was announced first.
    bool const is_topic =
        w.action == wire::wallet_action::topic || w.action == wire::wallet_action::unspecified;
    if (is_topic && d.home == 0)
        d.home = topic;
    d.where = {from, request.port};
    d.liveness = w.liveness;
    d.accepts = w.accepts;
    d.is_online = true;
    if (auto const ec = show(w.wallet)) {
        d.is_online = false;
        return ec;
    }
    return change_links(w.wallet, changes_of(request), d.seen);
}

std::optional<wire::replica::device_change>
wallet_registry::replica_of(wire::announce_request const& request) const {
    auto const& w = *request.wallet;
    auto const at = find(w.wallet, request.id);
    if (at == none || m_devices[at].time_ms != w.time_ms)
        return std::nullopt;
    auto const& d = m_devices[at];
    wire::replica::device_change out;
    out.wallet = d.wallet;
    out.id = d.id;
    out.time_ms = d.time_ms;
    out.home = d.home;
    out.where = d.where;
    out.liveness = d.liveness;
    out.accepts = d.accepts;
    out.is_online = d.is_online;
    out.ends_wallet = !is_online(d.wallet);
    if (auto const known = m_keys.find(d.wallet); known != m_keys.end())
        out.key = known->second;
    if (!d.is_online)
        return out;
    // Claims beyond a limit were refused, and must not pile up elsewhere either.
    for (auto const& c : changes_of(request))
        if (!c.is_claim || m_edges.has_claim(d.wallet, c.wallet))
            out.changes.push_back(c);
    return out;
}

error_code wallet_registry::take(device& d, wire::replica::device_change const& change,
                                 graph::seconds32 seen) {
    d.time_ms = change.time_ms;
    d.is_settled = true;
    d.home = change.home;
    d.where = change.where;
    d.liveness = change.liveness;
    d.accepts = change.accepts;
    d.seen = std::max(d.seen, seen);
    if (!change.is_online) {
        go_offline(d);
        return {};
    }
    d.is_online = true;
    auto const ec = show(d.wallet);
    d.is_online = !ec;
    return ec;
}

error_code wallet_registry::merge(wire::replica::device_change const& change, std::uint32_t age_s,
                                  moment now) {
    auto const found = find_or_add(change.wallet, change.id);
    if (!found)
        return found.error();
    auto& d = m_devices[found.value()];
    if (change.key)
        set_key(change.wallet, *change.key);
    if (change.time_ms == d.time_ms && d.is_settled)
        return {};
    auto const here = seconds(now);
    auto const seen = here - std::min(graph::seconds32{age_s}, here);
    if (change.time_ms >= d.time_ms)
        if (auto const ec = take(d, change, seen))
            return ec;
    return is_online(change.wallet) ? change_links(change.wallet, change.changes, here)
                                    : error_code{};
}

void wallet_registry::replace_claims(wallet_address const& from, std::span<wallet_address const> to,
                                     moment now) {
    auto const node = m_edges.find(from);
    if (node == graph::no_node || !m_edges.is_online(node))
        return;
    std::vector<wallet_address> gone;
    for (auto const& claim : m_edges.claims_of(node))
        if (claim.has(graph::claim::mine))
            gone.push_back(m_edges.wallet_of(claim.node()));
    std::vector<wallet_address> kept(to.begin(), to.end());
    std::sort(kept.begin(), kept.end());
    for (auto const& wallet : gone)
        if (!std::binary_search(kept.begin(), kept.end(), wallet))
            m_edges.withdraw_claim(from, wallet);
    (void)restore_claims(from, to, now);
}

std::optional<public_key> wallet_registry::key_of(wallet_address const& wallet) const {
    auto const known = m_keys.find(wallet);
    if (known == m_keys.end() || known->second.is_revoked)
        return std::nullopt;
    return known->second.key;
}

wire::route_answer wallet_registry::routes(wallet_address const& from, wallet_address const& to,
                                           std::size_t paths, moment now,
                                           graph::path_search& search) const {
    wire::route_answer out;
    out.time = now.wall;
    auto const source = m_edges.find(from);
    auto const target = m_edges.find(to);
    if (target == graph::no_node || !m_edges.is_online(target))
        return out;
    out.liveness = to_thousandths(m_edges.rank_of(target).liveness);
    if (source == graph::no_node)
        return out;
    for (auto const& p : search.find(m_edges, source, target, seconds(now), {.paths = paths})) {
        auto& hops = out.paths.emplace_back();
        for (auto const node : p.hops) {
            auto const state = m_edges.state_of(node);
            hops.push_back({m_edges.wallet_of(node), state.where, to_thousandths(state.liveness),
                            state.dialable, key_of(m_edges.wallet_of(node))});
        }
    }
    return out;
}

bool wallet_registry::is_online(wallet_address const& wallet) const {
    auto const node = m_edges.find(wallet);
    return node != graph::no_node && m_edges.is_online(node);
}

void wallet_registry::take_offline(wallet_address const& wallet) {
    for (auto at = first_of(wallet); at != none; at = m_devices[at].next)
        if (m_devices[at].is_online)
            go_offline(m_devices[at]);
}

bool wallet_registry::expire_some(moment now, std::size_t devices) {
    auto const here = seconds(now).count();
    auto const tolerance =
        std::chrono::ceil<std::chrono::seconds>(2 * m_limits.clock_tolerance).count();
    for (std::size_t i = 0; i < devices; ++i, ++m_cursor) {
        if (m_cursor >= m_devices.size()) {
            m_cursor = 0;
            return true;
        }
        auto& d = m_devices[m_cursor];
        if (!d.is_used)
            continue;
        auto const age = here - d.seen.count();
        if (d.is_online && age > m_limits.presence_lifetime_s)
            go_offline(d);
        // A signed time ahead of our clock by the tolerance stays replayable for
        // twice the tolerance; the device is remembered that long.
        if (!d.is_online && age > tolerance)
            forget(static_cast<std::uint32_t>(m_cursor));
    }
    return false;
}

wallet_registry::device_state wallet_registry::state_of(device const& d, moment now) const {
    auto const known = m_keys.find(d.wallet);
    return {d.wallet,    d.id,
            d.time_ms,   d.home,
            d.where,     (seconds(now) - d.seen).count(),
            d.liveness,  d.accepts,
            d.is_online, known == m_keys.end() ? std::nullopt : std::optional(known->second)};
}

std::vector<wallet_registry::device_state> wallet_registry::devices_of(wallet_address const& wallet,
                                                                       moment now) const {
    std::vector<device_state> out;
    for (auto at = first_of(wallet); at != none; at = m_devices[at].next)
        out.push_back(state_of(m_devices[at], now));
    return out;
}

error_code wallet_registry::restore_device(device_state const& state, moment now) {
    auto const found = find_or_add(state.wallet, state.id);
    if (!found)
        return found.error();
    auto& d = m_devices[found.value()];
    d.time_ms = state.time_ms;
    d.home = state.home;
    d.where = state.where;
    d.seen = seconds(now) - std::min(graph::seconds32{state.age_s}, seconds(now));
    d.liveness = state.liveness;
    d.accepts = state.accepts;
    d.is_online = state.is_online;
    if (state.key)
        set_key(state.wallet, *state.key);
    return d.is_online ? show(d.wallet) : error_code{};
}

std::size_t wallet_registry::restore_claims(wallet_address const& from,
                                            std::span<wallet_address const> to, moment now) {
    return m_edges.add_claims(from, to, seconds(now));
}

} // namespace tau::tracker
