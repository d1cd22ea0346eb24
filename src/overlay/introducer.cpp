#include "overlay/introducer.hpp"

#include "core/address.hpp"

namespace tau::overlay {
namespace {

constexpr std::size_t limiter_keys = 1024;

bool are_both_symmetric(wire::stated_nat a, wire::stated_nat b) {
    return a == wire::stated_nat::symmetric && b == wire::stated_nat::symmetric;
}

// The port that one network sees says nothing of another.
bool are_of_one_network(ip_address const& a, ip_address const& b) {
    return a.is_v4() == b.is_v4() && is_private(a) == is_private(b);
}

template <class Deadlines, class Pair>
bool add(Deadlines& to, Pair const& what, time_point now) {
    if (to.size() >= introducer::max_open)
        std::erase_if(to, [now](auto const& one) { return one.second <= now; });
    if (to.size() >= introducer::max_open)
        return false;
    to[what] = now + introducer::patience;
    return true;
}

template <class Deadlines, class Pair>
bool take(Deadlines& from, Pair const& what, time_point now) {
    auto const found = from.extract(what);
    return !found.empty() && now < found.mapped();
}

} // namespace

introducer::introducer(introducer_port& port)
    : m_port(port), m_askers(per_second, burst, limiter_keys),
      m_wanted(per_second, burst, limiter_keys), m_callers(per_second, burst, limiter_keys) {}

void introducer::send(wallet_address const& to, wire::rendezvous_step step,
                      wallet_address const& who, wire::reach const& where) {
    m_port.send(to, wire::link_kind::rendezvous, wire::encode(wire::rendezvous{step, who, where}));
}

std::optional<wire::reach> introducer::place_of(wallet_address const& who,
                                                wire::reach const& told) const {
    auto const seen = m_port.seen_at(who);
    auto const& stated = told.where.address();
    if (!seen || (!stated.is_unspecified() && !are_of_one_network(stated, seen->address())))
        return std::nullopt;
    return believed(told, *seen);
}

bool introducer::is_fit(endpoint const& where, wallet_address const& by) const {
    auto const seen = m_port.seen_at(by);
    auto const& address = where.address();
    return seen && where.port() != 0 && !address.is_unspecified() && !address.is_multicast()
           && (!address.is_loopback() || seen->address().is_loopback())
           && (!is_private(address) || is_private(seen->address()));
}

void introducer::ask(wallet_address const& by, wallet_address const& whom, time_point now) {
    if (m_port.is_linked(by) && add(m_asked, pair(by, whom), now))
        send(by, wire::rendezvous_step::ask, whom, m_own);
}

void introducer::on_message(wallet_address const& from, byte_view body, time_point now) {
    auto const what = wire::decode_rendezvous(body);
    if (!what || what.value().who == from)
        return;
    switch (what.value().step) {
    case wire::rendezvous_step::ask:
        return on_ask(from, what.value(), now);
    case wire::rendezvous_step::call:
        return on_call(from, what.value(), now);
    case wire::rendezvous_step::answer:
        return on_answer(from, what.value(), now);
    case wire::rendezvous_step::come:
        return on_come(from, what.value(), now);
    }
}

// Who is asked for pays, too, so that many who ask cannot send one neighbour on many ways.
void introducer::on_ask(wallet_address const& from, wire::rendezvous const& what, time_point now) {
    if (!m_serves || !m_askers.allow(from, now) || !m_port.is_linked(what.who))
        return;
    auto const where = place_of(from, what.where);
    if (where && m_wanted.allow(what.who, now) && add(m_called, pair(what.who, from), now))
        send(what.who, wire::rendezvous_step::call, from, *where);
}

void introducer::on_call(wallet_address const& from, wire::rendezvous const& what, time_point now) {
    if (!m_callers.allow(from, now) || m_port.is_linked(what.who) || !is_fit(what.where.where, from)
        || are_both_symmetric(m_own.nat, what.where.nat))
        return;
    if (m_port.meet(what.who, what.where.where, meeting::called))
        send(from, wire::rendezvous_step::answer, what.who, m_own);
}

void introducer::on_answer(wallet_address const& from, wire::rendezvous const& what,
                           time_point now) {
    auto const where = place_of(from, what.where);
    if (take(m_called, pair(from, what.who), now) && where)
        send(what.who, wire::rendezvous_step::come, from, *where);
}

void introducer::on_come(wallet_address const& from, wire::rendezvous const& what, time_point now) {
    if (take(m_asked, pair(from, what.who), now) && !m_port.is_linked(what.who)
        && is_fit(what.where.where, from))
        (void)m_port.meet(what.who, what.where.where, meeting::asked);
}

} // namespace tau::overlay
