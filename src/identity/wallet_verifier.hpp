#pragma once

#include "identity/wallet.hpp"

#include <array>
#include <memory>
#include <vector>

namespace tau::identity {

/// Verifies what wallets signed, and remembers the keys of those that signed: whoever comes
/// again costs a verification instead of a recovery.
///
/// Threading: one thread. Bounded: one key in each of `slots` places, 84 octets each; two
/// wallets that share a place cost each other a recovery. Memory grows with what is in use.
class wallet_verifier {
public:
    static constexpr std::size_t slots = 1 << 17;

    /// success, or errc::invalid_signature if `wallet` did not sign `message`.
    [[nodiscard]] error_code verify(wallet_address const& wallet, byte_view message,
                                    wallet_signature const& sig);

private:
    struct known_key {
        wallet_address wallet{};
        wallet_point point{};
    };
    static constexpr std::size_t slots_in_block = 256;
    using block = std::array<known_key, slots_in_block>;

    std::vector<std::unique_ptr<block>> m_blocks{slots / slots_in_block};
};

} // namespace tau::identity
