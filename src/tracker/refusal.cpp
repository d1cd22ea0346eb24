#include "tracker/refusal.hpp"

namespace tau::tracker {

char const* text_of(refusal why) {
    switch (why) {
    case refusal::none:
        return "";
    case refusal::malformed:
        return "malformed request";
    case refusal::banned:
        return "banned here";
    case refusal::passkey:
        return "this tracker is private and the passkey is unknown";
    case refusal::hash:
        return "this info-hash is not served here";
    case refusal::rate:
        return "too many requests from this address";
    case refusal::signature:
        return "the signature does not match the wallet";
    case refusal::key:
        return "the binding does not tie this key to the wallet";
    case refusal::clock:
        return "the signed time is too far from the server's; see time";
    case refusal::replay:
        return "the signed time does not rise; see time";
    case refusal::limit:
        return "too many links or devices of this wallet";
    case refusal::name:
        return "signed for another tracker";
    case refusal::busy:
        return "too busy to check signatures of new wallets; try again";
    case refusal::full_scrape:
        return "a scrape needs info_hash parameters here";
    }
    return "refused";
}

counter counter_of(refusal why) {
    switch (why) {
    case refusal::none:
    case refusal::malformed:
        return counter::refused_malformed;
    case refusal::banned:
        return counter::refused_banned;
    case refusal::passkey:
        return counter::refused_passkey;
    case refusal::hash:
        return counter::refused_hash;
    case refusal::rate:
        return counter::refused_rate;
    case refusal::signature:
        return counter::refused_signature;
    case refusal::key:
        return counter::refused_key;
    case refusal::clock:
        return counter::refused_clock;
    case refusal::replay:
        return counter::refused_replay;
    case refusal::limit:
        return counter::refused_limit;
    case refusal::name:
        return counter::refused_name;
    case refusal::busy:
        return counter::refused_busy;
    case refusal::full_scrape:
        return counter::refused_full_scrape;
    }
    return counter::refused_malformed;
}

refusal refusal_of(error_code ec) {
    if (!ec)
        return refusal::none;
    if (ec == errc::stale)
        return refusal::clock;
    if (ec == errc::replayed)
        return refusal::replay;
    if (ec == errc::too_large)
        return refusal::limit;
    return refusal::malformed;
}

} // namespace tau::tracker
