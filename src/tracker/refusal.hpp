#pragma once

#include "core/error.hpp"
#include "tracker/counters.hpp"

namespace tau::tracker {

/// Why a request was not served.
enum class refusal {
    none,
    malformed,
    banned,    ///< the address or the wallet
    passkey,   ///< private tracker, and the path has no known passkey
    hash,      ///< denied, or not on the list of allowed ones
    rate,      ///< too many requests, or too many wrong signatures, of this address
    signature, ///< does not match the wallet
    key,       ///< the binding record does not tie the key to the wallet
    clock,     ///< the signed time is too far from ours
    replay,    ///< the signed time is not above the last one
    limit,     ///< links, devices or wallets beyond a limit
    name,      ///< signed for another tracker
    busy,      ///< too many wrong signatures of strangers; try again
    full_scrape,
};

/// One sentence for the client's user.
[[nodiscard]] char const* text_of(refusal why);
[[nodiscard]] counter counter_of(refusal why);
/// For what a store returns.
[[nodiscard]] refusal refusal_of(error_code ec);

} // namespace tau::tracker
