#include "soak/wallet_peer.hpp"

#include "core/hex.hpp"

namespace tau::soak {
namespace {

namespace udp = wire::udp;
using namespace std::chrono_literals;
using wire::announce_event;
using wire::wallet_action;

constexpr std::uint32_t shortcut = 16;
// A wallet signs this much less often than a plain client announces.
constexpr int patience_factor = 5;
constexpr milliseconds absence = 5s;

identity::wallet_key key_of(std::uint32_t number) {
    bytes secret(32, 7);
    for (std::size_t i = 0; i < sizeof number; ++i)
        secret[i] = static_cast<std::uint8_t>(number >> (8 * i));
    return identity::wallet_key::from(secret).value();
}

} // namespace

wallet_address wallet_peer::address_of(std::uint32_t number) {
    return key_of(number).address();
}

wallet_peer::wallet_peer(world& w, ip_address const& own, std::uint32_t number)
    : udp_peer(w, own), m_key(key_of(number)), m_number(number) {}

wallet_address wallet_peer::neighbour(std::uint32_t distance) const {
    return address_of((m_number + distance) % shared().wallets);
}

wire::announce_request wallet_peer::begin(info_hash const& hash, wallet_action action) {
    using namespace std::chrono;
    auto const now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    m_time_ms = std::max<std::int64_t>(m_time_ms + 1, now);
    wire::announce_request out;
    out.hash = hash;
    out.port = 7000;
    std::copy_n(m_key.address().octets.begin(), out.id.octets.size(), out.id.octets.begin());
    auto& part = out.wallet.emplace();
    part.wallet = m_key.address();
    part.action = action;
    part.time_ms = m_time_ms;
    part.liveness = 900;
    return out;
}

void wallet_peer::sign(wire::announce_request& request) {
    auto const statement = wire::tracker_statement(request, to_string(shared().tracker));
    request.wallet->sign = m_key.personal_sign(as_bytes(statement));
}

bytes wallet_peer::announce(std::uint64_t id, std::uint32_t transaction, announce_event event) {
    auto request = begin(swarm_number(1000), wallet_action::topic);
    request.event = event;
    sign(request);
    auto const& part = *request.wallet;
    auto const query = "/announce?wallet=" + to_hex(part.wallet) + "&sign=" + to_hex(part.sign)
                       + "&time=" + std::to_string(part.time_ms) + "&action=topic&liveness=0.9";
    return udp::write_announce(id, transaction, request, query);
}

bytes wallet_peer::next_request(std::uint64_t id, std::uint32_t transaction) {
    auto const as_hash = [](wallet_address const& wallet) { return info_hash{wallet.octets}; };
    switch (m_stage) {
    case stage::announce:
        return announce(id, transaction, announce_event::started);
    case stage::leave:
        return announce(id, transaction, announce_event::stopped);
    case stage::link: {
        auto const count = shared().wallets;
        auto request = begin(as_hash(neighbour(1)), wallet_action::link);
        for (auto const distance : {count - 1, shortcut, count - shortcut})
            request.wallet->changes.push_back({neighbour(distance), true});
        sign(request);
        return udp::write_wallet_request(id, transaction, request).value();
    }
    case stage::route:
        break;
    }
    auto request = begin(as_hash(neighbour(shared().wallets / 3)), wallet_action::route);
    sign(request);
    return udp::write_wallet_request(id, transaction, request).value();
}

milliseconds wallet_peer::take(udp::reply const& answer) {
    auto& w = shared();
    auto const wait = w.about(w.interval * patience_factor);
    // What was refused is tried from the beginning, as a client would.
    if (std::holds_alternative<udp::error_reply>(answer)) {
        m_stage = stage::announce;
        return wait;
    }
    ++w.seen.signed_ones;
    if (auto const* route = std::get_if<udp::route_reply>(&answer)) {
        ++w.seen.routes;
        w.seen.found += route->route.paths.empty() ? 0 : 1;
    }
    switch (m_stage) {
    case stage::announce:
        m_stage = stage::link;
        return wait;
    case stage::link:
        m_stage = stage::route;
        return wait;
    case stage::route:
        m_stage = w.below(20) == 0 ? stage::leave : w.below(3) == 0 ? stage::link : stage::route;
        return wait;
    case stage::leave:
        break;
    }
    m_stage = stage::announce;
    return w.about(absence);
}

} // namespace tau::soak
