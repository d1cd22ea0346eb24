#include "overlay/introducer.hpp"

namespace tau::overlay {
namespace {

constexpr std::size_t limiter_keys = 1024;

bool are_both_symmetric(wire::stated_nat a, wire::stated_nat b) {
    return a == wire::stated_nat::symmetric && b == wire::stated_nat::symmetric;
}

} // namespace

introducer::introducer(introducer_port& port)
    : m_port(port), m_budget(asks_per_second, asks_burst, limiter_keys) {}

bool introducer::add(std::map<pair, time_point>& to, pair const& what, time_point now) const {
    if (to.size() >= max_open)
        std::erase_if(to, [now](auto const& one) { return one.second <= now; });
    if (to.size() >= max_open)
        return false;
    to[what] = now + patience;
    return true;
}

bool introducer::take(std::map<pair, time_point>& from, pair const& what, time_point now) {
    auto const found = from.extract(what);
    return !found.empty() && now < found.mapped();
}

void introducer::send(wallet_address const& to, wire::rendezvous_step step,
                      wallet_address const& who, wire::reach const& where) {
    m_port.send(to, wire::link_kind::rendezvous, wire::encode(wire::rendezvous{step, who, where}));
}

void introducer::ask(wallet_address const& by, wallet_address const& whom, time_point now) {
    if (m_port.is_linked(by) && add(m_asked, {by, whom}, now))
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

// Both ends pay, so that many who ask cannot send one neighbour on many ways.
void introducer::on_ask(wallet_address const& from, wire::rendezvous const& what, time_point now) {
    auto const seen = m_port.seen_at(from);
    if (!seen || !m_port.is_linked(what.who) || !m_budget.allow(from, now)
        || !m_budget.allow(what.who, now) || !add(m_called, {what.who, from}, now))
        return;
    send(what.who, wire::rendezvous_step::call, from, believed(what.where, *seen));
}

void introducer::on_call(wallet_address const& from, wire::rendezvous const& what, time_point now) {
    if (m_port.is_linked(what.who) || what.where.where.port() == 0
        || are_both_symmetric(m_own.nat, what.where.nat) || !m_budget.allow(from, now))
        return;
    send(from, wire::rendezvous_step::answer, what.who, m_own);
    m_port.meet(what.who, what.where.where);
}

void introducer::on_answer(wallet_address const& from, wire::rendezvous const& what,
                           time_point now) {
    auto const seen = m_port.seen_at(from);
    if (seen && take(m_called, {from, what.who}, now))
        send(what.who, wire::rendezvous_step::come, from, believed(what.where, *seen));
}

void introducer::on_come(wallet_address const& from, wire::rendezvous const& what, time_point now) {
    if (take(m_asked, {from, what.who}, now) && !m_port.is_linked(what.who)
        && what.where.where.port() != 0)
        m_port.meet(what.who, what.where.where);
}

} // namespace tau::overlay
