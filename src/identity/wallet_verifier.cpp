#include "identity/wallet_verifier.hpp"

namespace tau::identity {

error_code wallet_verifier::verify(wallet_address const& wallet, byte_view message,
                                   wallet_signature const& sig) {
    auto const slot = std::hash<wallet_address>{}(wallet) % slots;
    auto& place = m_blocks[slot / slots_in_block];
    if (place) {
        auto const& known = (*place)[slot % slots_in_block];
        if (known.wallet == wallet && known.point != wallet_point{})
            return verify_point(known.point, message, sig);
    }
    auto const point = recover_point(message, sig);
    if (!point || address_of(point.value()) != wallet)
        return errc::invalid_signature;
    if (!place)
        place = std::make_unique<block>();
    (*place)[slot % slots_in_block] = {wallet, point.value()};
    return {};
}

} // namespace tau::identity
