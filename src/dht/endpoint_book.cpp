#include "dht/endpoint_book.hpp"

#include <algorithm>
#include <tuple>

namespace tau::dht {
namespace {

// A node that was silent this often in a row counts as dead...
constexpr int dead_after = 8;
// ...and is asked again after this long.
constexpr std::chrono::seconds dead_pause{60};

} // namespace

std::chrono::microseconds candidate::resend_after(config const& settings) const {
    if (srtt.count() == 0)
        return guess.count() == 0 ? settings.first_resend
                                  : std::max<std::chrono::microseconds>(settings.min_resend, guess);
    auto const scaled = std::chrono::microseconds(
        static_cast<std::int64_t>(static_cast<double>(srtt.count()) * settings.resend_factor));
    return std::max<std::chrono::microseconds>({settings.min_resend, scaled, srtt + 4 * rttvar});
}

endpoint_book::entry& endpoint_book::use(public_key const& key) {
    if (auto const found = m_keys.find(key); found != m_keys.end()) {
        m_order.splice(m_order.begin(), m_order, found->second);
        return m_order.front();
    }
    if (m_keys.size() >= m_settings.max_known_keys && !m_order.empty()) {
        m_keys.erase(m_order.back().key);
        m_order.pop_back();
    }
    m_order.push_front({key});
    m_keys.emplace(key, m_order.begin());
    return m_order.front();
}

endpoint_book::record& endpoint_book::place(public_key const& key, endpoint const& where,
                                            moment now) {
    auto& places = use(key).places;
    auto const found = std::find_if(places.begin(), places.end(),
                                    [&](record const& r) { return r.where == where; });
    if (found != places.end())
        return *found;
    if (places.size() >= m_settings.max_endpoints_per_key) {
        // What is proven now stays; then what answered last; then what was heard of last.
        auto const worst =
            std::min_element(places.begin(), places.end(), [&](record const& a, record const& b) {
                return std::tuple(fresh(a, now), a.last_success, a.added)
                       < std::tuple(fresh(b, now), b.last_success, b.added);
            });
        places.erase(worst);
    }
    places.push_back({where});
    places.back().added = now.mono;
    return places.back();
}

endpoint_book::entry const* endpoint_book::find(public_key const& key) const {
    auto const found = m_keys.find(key);
    return found == m_keys.end() ? nullptr : &*found->second;
}

endpoint_book::record const* endpoint_book::find(public_key const& key,
                                                 endpoint const& where) const {
    auto const* known = find(key);
    if (!known)
        return nullptr;
    auto const found = std::find_if(known->places.begin(), known->places.end(),
                                    [&](record const& r) { return r.where == where; });
    return found == known->places.end() ? nullptr : &*found;
}

bool endpoint_book::fresh(record const& r, moment now) const {
    return r.proven_at && now.mono - *r.proven_at < m_settings.proof_lifetime;
}

void endpoint_book::hint(public_key const& key, endpoint const& where, endpoint_source source,
                         moment now) {
    if (where.port() == 0 || where.address().is_unspecified() || where.address().is_multicast())
        return;
    if (auto const* known = find(key, where); known && known->source == source)
        return; // heard again: no news
    auto& r = place(key, where, now);
    r.source = source;
    r.failures = 0;
    r.added = now.mono;
}

void endpoint_book::prove(public_key const& key, endpoint const& where, moment now) {
    auto& r = place(key, where, now);
    r.source = endpoint_source::answer;
    r.proven_at = now.mono;
    r.was_proven = true;
    r.last_success = now.wall;
    r.failures = 0;
}

void endpoint_book::succeeded(public_key const& key, endpoint const& where,
                              std::chrono::microseconds rtt, moment now) {
    auto& r = place(key, where, now);
    // RFC 6298's smoothing. Each datagram has an id of its own, so no sample is ambiguous.
    if (r.srtt.count() == 0) {
        r.srtt = std::max(rtt, std::chrono::microseconds{1});
        r.rttvar = rtt / 2;
    } else {
        auto const off = r.srtt > rtt ? r.srtt - rtt : rtt - r.srtt;
        r.rttvar = (3 * r.rttvar + off) / 4;
        r.srtt = std::max((7 * r.srtt + rtt) / 8, std::chrono::microseconds{1});
    }
    r.last_success = now.wall;
    r.failures = 0;
}

void endpoint_book::failed(public_key const& key, endpoint const& where, moment now) {
    if (!find(key, where))
        return;
    auto& r = place(key, where, now);
    ++r.failures;
    r.last_try = now.mono;
}

void endpoint_book::set_nat(public_key const& key, wire::stated_nat nat) {
    use(key).nat = nat;
}

std::vector<candidate> endpoint_book::candidates(public_key const& key, std::size_t limit,
                                                 moment now) {
    std::vector<candidate> out;
    if (!find(key))
        return out;
    auto& places = use(key).places;
    std::stable_sort(places.begin(), places.end(), [&](record const& a, record const& b) {
        return std::tuple(!fresh(a, now), a.failures > 0, !a.was_proven,
                          -a.last_success.time_since_epoch(), -a.added.time_since_epoch())
               < std::tuple(!fresh(b, now), b.failures > 0, !b.was_proven,
                            -b.last_success.time_since_epoch(), -b.added.time_since_epoch());
    });
    for (auto const& r : places) {
        bool const dead = r.failures >= dead_after && now.mono - r.last_try < dead_pause;
        if (!dead && out.size() < limit)
            out.push_back({r.where, r.srtt, r.rttvar, fresh(r, now), {}});
    }
    return out;
}

candidate endpoint_book::describe(public_key const& key, endpoint const& where, moment now) const {
    auto const* r = find(key, where);
    return r ? candidate{where, r->srtt, r->rttvar, fresh(*r, now), {}} : candidate{where};
}

bool endpoint_book::is_proven(public_key const& key, endpoint const& where, moment now) const {
    auto const* r = find(key, where);
    return r && fresh(*r, now);
}

std::optional<endpoint> endpoint_book::last_proven(public_key const& key) const {
    auto const* known = find(key);
    if (!known)
        return std::nullopt;
    record const* best = nullptr;
    for (auto const& r : known->places) {
        if (r.was_proven
            && (!best
                || std::tuple(r.proven_at, r.last_success)
                       > std::tuple(best->proven_at, best->last_success)))
            best = &r;
    }
    if (!best)
        return std::nullopt;
    return best->where;
}

wire::stated_nat endpoint_book::nat_of(public_key const& key) const {
    auto const* known = find(key);
    return known ? known->nat : wire::stated_nat::unknown;
}

std::vector<known_endpoint> endpoint_book::export_all() const {
    std::vector<known_endpoint> out;
    for (auto known = m_order.rbegin(); known != m_order.rend(); ++known)
        for (auto const& r : known->places)
            out.push_back({known->key, r.where, r.source, r.was_proven, r.last_success, r.srtt});
    return out;
}

void endpoint_book::import_all(std::vector<known_endpoint> const& known, moment now) {
    for (auto const& k : known) {
        hint(k.key, k.where, k.source, now);
        auto& r = place(k.key, k.where, now);
        // An old proof orders the places to ask, but is not believed any more.
        r.was_proven = k.proven;
        r.last_success = k.last_success;
        r.srtt = k.rtt;
        r.rttvar = k.rtt / 2;
    }
}

} // namespace tau::dht
