#include "overlay/reach_book.hpp"

namespace tau::overlay {

wire::reach believed(wire::reach told, endpoint const& seen) {
    auto const stated = told.where.address();
    if (stated != seen.address() && !(stated.is_loopback() && seen.address().is_loopback()))
        told.where.address(seen.address());
    return told;
}

void reach_book::tell(wallet_address const& who) {
    if (m_own)
        (void)m_links.send(who, wire::link_kind::reach, wire::encode(*m_own));
}

void reach_book::set_own(wire::reach const& own) {
    if (m_own == own)
        return;
    m_own = own;
    for (auto const& [who, n] : m_neighbours)
        tell(who);
}

void reach_book::on_link(wallet_address const& who, bool is_up) {
    auto const seen = is_up ? m_links.seen_at(who) : std::nullopt;
    if (!seen) {
        m_neighbours.erase(who);
        return;
    }
    m_neighbours[who] = {*seen};
    tell(who);
}

void reach_book::on_message(wallet_address const& who, byte_view body) {
    auto const found = m_neighbours.find(who);
    auto const told = wire::decode_reach(body);
    if (found == m_neighbours.end() || !told)
        return;
    found->second.told = believed(told.value(), found->second.seen);
}

std::optional<wire::reach> reach_book::of(wallet_address const& who) const {
    auto const found = m_neighbours.find(who);
    return found == m_neighbours.end() ? std::nullopt : found->second.told;
}

} // namespace tau::overlay
