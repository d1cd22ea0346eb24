#pragma once

#include "identity/wallet.hpp"
#include "soak/udp_peer.hpp"

namespace tau::soak {

/// A wallet in a ring with shortcuts: announces itself, claims its links, and asks for
/// the route to somebody far away; leaves now and then for a while. All of it signed.
class wallet_peer final : public udp_peer {
public:
    wallet_peer(world& w, ip_address const& own, std::uint32_t number);

    /// The address of that wallet.
    [[nodiscard]] static wallet_address address_of(std::uint32_t number);

protected:
    bytes next_request(std::uint64_t id, std::uint32_t transaction) override;
    milliseconds take(wire::udp::reply const& answer) override;

private:
    enum class stage { announce, link, route, leave };

    [[nodiscard]] wire::announce_request begin(info_hash const& hash, wire::wallet_action action);
    void sign(wire::announce_request& request);
    [[nodiscard]] bytes announce(std::uint64_t id, std::uint32_t transaction,
                                 wire::announce_event event);
    [[nodiscard]] wallet_address neighbour(std::uint32_t distance) const;

    identity::wallet_key m_key;
    std::uint32_t m_number;
    std::int64_t m_time_ms = 0;
    stage m_stage = stage::announce;
};

} // namespace tau::soak
