#include "tracker/announce_service.hpp"

#include "identity/binding.hpp"

#include <algorithm>
#include <cstring>

namespace tau::tracker {
namespace {

using wire::wallet_action;

// Addresses whose wrong signatures are counted; our limit.
constexpr std::size_t max_watched_addresses = 16'384;
constexpr double burst_per_ip = 10;

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return out;
}

std::uint32_t seconds(moment now) {
    auto const since_epoch = std::chrono::floor<std::chrono::seconds>(now.mono.time_since_epoch());
    return static_cast<std::uint32_t>(since_epoch.count());
}

wallet_address as_wallet(info_hash const& hash) {
    return {hash.octets};
}

// Whether the binding record ties the key to the wallet, or parts them. One from
// the future would outlive all later ones.
bool is_bound(wire::wallet_part const& w, moment now) {
    constexpr std::chrono::hours most_ahead{2};
    auto const record = identity::decode_binding(w.binding);
    return record && record.value().key == *w.key && record.value().wallet == w.wallet
           && record.value().issued <= now.wall + most_ahead && !identity::verify(record.value());
}

} // namespace

announce_service::announce_service(store& state, std::shared_ptr<policy const> rules,
                                   counters& counted, std::uint64_t seed)
    : m_store(state), m_policy(std::move(rules)), m_counters(counted), m_random(seed),
      m_bad_signatures(m_policy->bad_signatures_per_s, m_policy->bad_signatures_per_s, 1),
      m_bad_signatures_of(m_policy->bad_signatures_per_ip_s, burst_per_ip, max_watched_addresses) {}

void announce_service::set_policy(std::shared_ptr<policy const> rules) {
    // A limit that stays the same keeps what it counted.
    if (rules->bad_signatures_per_s != m_policy->bad_signatures_per_s)
        m_bad_signatures = {rules->bad_signatures_per_s, rules->bad_signatures_per_s, 1};
    if (rules->bad_signatures_per_ip_s != m_policy->bad_signatures_per_ip_s)
        m_bad_signatures_of = {rules->bad_signatures_per_ip_s, burst_per_ip, max_watched_addresses};
    m_policy = std::move(rules);
}

refusal announce_service::check_asker(asker const& who, moment now) {
    auto const& p = *m_policy;
    if (!p.banned_addresses.empty() && p.banned_addresses.contains(address_key(who.address)))
        return refusal::banned;
    if (!m_meter.allow(p.requests_per_ip_s == 0 ? 0 : address_key(who.address), seconds(now),
                       p.requests_per_ip_s))
        return refusal::rate;
    if (!p.passkeys.empty() && !p.passkeys.contains(std::string(who.passkey)))
        return refusal::passkey;
    return refusal::none;
}

bool announce_service::is_served(info_hash const& hash) {
    auto const& p = *m_policy;
    if (!p.denied.empty() && p.denied.contains(hash))
        return false;
    return p.allowed.empty() || p.allowed.contains(hash) || m_store.is_online(as_wallet(hash));
}

refusal announce_service::announce(wire::announce_request const& request, asker const& who,
                                   moment now, wire::announce_answer& out) {
    auto why = check_asker(who, now);
    if (why == refusal::none)
        why = serve(request, who, now, out);
    if (why != refusal::none)
        m_counters.add(counter_of(why));
    return why;
}

refusal announce_service::serve(wire::announce_request const& request, asker const& who, moment now,
                                wire::announce_answer& out) {
    out.route.reset();
    out.interval_s = m_policy->interval_s - m_random.below(m_policy->jitter_s + 1);
    out.min_interval_s = m_policy->min_interval_s;
    out.external = who.address;
    if (!request.wallet) {
        if (!is_served(request.hash))
            return refusal::hash;
        answer_swarm(request, who, now, true, out);
        wallet_address const hinted{request.id.octets};
        if (m_policy->public_routes && m_store.is_online(as_wallet(request.hash))
            && m_store.is_online(hinted)) {
            answer_route(hinted, request, 2, now, out);
            out.route.reset(); // a stranger gets endpoints, nobody's wallet address
        }
        return refusal::none;
    }
    if (auto const why = verify(request, who, now); why != refusal::none)
        return why;
    auto const& w = *request.wallet;
    bool const joins = w.action == wallet_action::topic || w.action == wallet_action::unspecified;
    if (joins && !is_served(request.hash))
        return refusal::hash;
    if (auto const ec = m_store.apply(request, who.address, now))
        return refusal_of(ec);
    m_counters.add(counter::signed_accepted);
    answer_swarm(request, who, now, joins, out);
    bool const is_own = as_wallet(request.hash) == w.wallet;
    if (w.action == wallet_action::route
        || (w.action == wallet_action::unspecified && !is_own
            && m_store.is_online(as_wallet(request.hash))))
        answer_route(w.wallet, request, w.paths, now, out);
    else
        out.route = wire::route_answer{{}, 0, now.wall};
    return refusal::none;
}

void announce_service::answer_swarm(wire::announce_request const& request, asker const& who,
                                    moment now, bool joins, wire::announce_answer& out) {
    swarm_announce s;
    s.hash = request.hash;
    s.peer = peer_address::of(who.address, request.port);
    s.is_listed = joins && request.port != 0;
    s.is_seeder = request.left == 0;
    s.is_partial = request.event == wire::announce_event::paused;
    s.event = request.event;
    bool const is_change = !joins && request.wallet->action != wallet_action::route;
    s.wanted = is_change ? 0 : peers_for(request.numwant);
    s.wants_other_family = who.wants_both_families;
    // The caller's strings serve as the store's, so that neither allocates again.
    m_swarm.peers.swap(out.peers);
    m_swarm.peers6.swap(out.peers6);
    s.draw = draw_of(s.peer);
    if (m_awaited > 0)
        --m_awaited;
    if (m_awaited == 0)
        m_salt = m_random.next();
    m_store.announce(s, now, m_swarm);
    m_swarm.peers.swap(out.peers);
    m_swarm.peers6.swap(out.peers6);
    out.counts = m_swarm.counts;
}

std::uint32_t announce_service::draw_of(peer_address const& peer) const {
    std::uint64_t word = 0;
    std::memcpy(&word, peer.octets.data(), sizeof word);
    return static_cast<std::uint32_t>(((word ^ m_salt) * 0x9e3779b97f4a7c15ULL) >> 32);
}

void announce_service::answer_route(wallet_address const& from,
                                    wire::announce_request const& request, std::size_t paths,
                                    moment now, wire::announce_answer& out) {
    m_counters.add(counter::routes_asked);
    out.route = m_store.routes(from, as_wallet(request.hash), paths, now, m_search);
    if (out.route->paths.empty())
        return;
    m_counters.add(counter::routes_found);
    append_first_hops(out, m_policy->max_numwant);
}

// The swarm's own peers stand first, so that no wallet can push a torrent's peers out.
void announce_service::append_first_hops(wire::announce_answer& out, std::size_t room) const {
    for (auto const& path : out.route->paths) {
        auto const& where = path.front().where;
        if (where.port() == 0)
            continue;
        auto const compact = to_compact(where);
        auto& list = compact.size() == 6 ? out.peers : out.peers6;
        auto const text = as_text(compact);
        bool known = false;
        for (std::size_t at = 0; at < list.size(); at += text.size())
            known = known || std::string_view(list).substr(at, text.size()) == text;
        if (!known && list.size() < room * text.size())
            list += text;
    }
}

result<std::string> announce_service::tracker_name(wire::wallet_part const& wallet,
                                                   asker const& who) const {
    auto const literal = to_string(who.asked);
    std::string name = lower(!wallet.tracker.empty() ? std::string_view(wallet.tracker)
                             : !who.host.empty()     ? who.host
                                                     : std::string_view(literal));
    auto const colon = name.rfind(':');
    if (colon == std::string::npos || name.ends_with(']'))
        name += who.over == transport::tls ? ":443" : ":80";
    if (!m_policy->names.empty()) {
        auto const& names = m_policy->names;
        if (std::find(names.begin(), names.end(), name) != names.end())
            return name;
        return errc::invalid_argument;
    }
    if (name == literal || name == "localhost:" + std::to_string(who.asked.port()))
        return name;
    return errc::invalid_argument;
}

// Wrong signatures cost their sender's address; what all strangers may cost
// together does not lock out a device that is online from the same address.
refusal announce_service::may_verify(asker const& who, bool is_familiar, moment now) {
    if (m_bad_signatures_of.wait_for(address_key(who.address), now.mono) != duration::zero())
        return refusal::rate;
    if (!is_familiar && m_bad_signatures.wait_for(0, now.mono) != duration::zero())
        return refusal::busy;
    return refusal::none;
}

refusal announce_service::verify(wire::announce_request const& request, asker const& who,
                                 moment now) {
    auto const& w = *request.wallet;
    if (!m_policy->banned_wallets.empty() && m_policy->banned_wallets.contains(w.wallet))
        return refusal::banned;
    auto const look = m_store.look(request, who.address, now);
    if (look.refusal)
        return refusal_of(look.refusal);
    auto const name = tracker_name(w, who);
    if (!name)
        return refusal::name;
    if (auto const why = may_verify(who, look.is_familiar, now); why != refusal::none)
        return why;
    auto const statement = wire::tracker_statement(request, name.value());
    if (!m_verifier.verify(w.wallet, as_bytes(statement), w.sign)) {
        if (!w.key || look.knows_binding || is_bound(w, now))
            return refusal::none;
        (void)m_bad_signatures_of.allow(address_key(who.address), now.mono);
        return refusal::key;
    }
    (void)m_bad_signatures.allow(0, now.mono);
    (void)m_bad_signatures_of.allow(address_key(who.address), now.mono);
    return refusal::signature;
}

refusal announce_service::scrape(wire::scrape_request const& request, asker const& who, moment now,
                                 std::vector<wire::scrape_row>& out) {
    out.clear();
    auto why = check_asker(who, now);
    if (why == refusal::none && request.hashes.empty())
        why = m_policy->full_scrape ? refusal::none : refusal::full_scrape;
    if (why != refusal::none) {
        m_counters.add(counter_of(why));
        return why;
    }
    if (request.hashes.empty())
        out = m_store.scrape_all();
    for (auto const& hash : request.hashes)
        out.push_back({hash, is_served(hash) ? m_store.scrape(hash) : wire::swarm_counts{}});
    return refusal::none;
}

} // namespace tau::tracker
