#include "wire/tracker_query.hpp"

#include "core/hex.hpp"

#include <cstdio>

namespace tau::wire {
namespace {

// Every octet escaped: all trackers read that, whatever they think of hexadecimal.
std::string escaped(byte_view octets) {
    std::string out;
    auto const digits = to_hex(octets);
    for (std::size_t at = 0; at < digits.size(); at += 2)
        out += "%" + digits.substr(at, 2);
    return out;
}

} // namespace

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
    if (w.key)
        out += "&key=" + to_hex(*w.key) + "&binding=" + to_hex(w.binding);
    return out;
}

std::string announce_query(announce_request const& request) {
    auto out = "info_hash=" + escaped(request.hash) + "&peer_id=" + escaped(request.id) + "&port="
               + std::to_string(request.port) + "&uploaded=" + std::to_string(request.uploaded)
               + "&downloaded=" + std::to_string(request.downloaded)
               + "&left=" + std::to_string(request.left) + "&compact=1";
    if (request.event != announce_event::none)
        out += std::string("&event=") + to_string(request.event);
    if (request.numwant)
        out += "&numwant=" + std::to_string(*request.numwant);
    if (request.wallet)
        out += "&" + wallet_query(request);
    return out;
}

} // namespace tau::wire
