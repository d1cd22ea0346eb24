#include "wire/tracker_query.hpp"

#include "core/hex.hpp"

#include <cstdio>

namespace tau::wire {

std::string wallet_query(announce_request const& request) {
    auto const& w = *request.wallet;
    std::string out = "wallet=" + to_hex(w.wallet) + "&sign=" + to_hex(w.sign)
                      + "&time=" + std::to_string(w.time_ms);
    if (w.action != wallet_action::unspecified)
        out += std::string("&action=") + to_string(w.action);
    if (w.liveness == wallet_part::liveness_one)
        out += "&liveness=1";
    else if (w.liveness != 0) {
        std::array<char, 8> digits{};
        std::snprintf(digits.data(), digits.size(), "%03u", unsigned{w.liveness});
        out += std::string("&liveness=0.") + digits.data();
    }
    if (w.accepts)
        out += "&accepts=1";
    if (w.paths != wallet_part{}.paths)
        out += "&paths=" + std::to_string(w.paths);
    for (auto const& change : w.changes)
        out += (&change == w.changes.data() ? "&links=" : ",")
               + std::string(change.is_claim ? "" : "-") + to_hex(change.wallet);
    if (!w.tracker.empty())
        out += "&tracker=" + w.tracker;
    return out;
}

} // namespace tau::wire
