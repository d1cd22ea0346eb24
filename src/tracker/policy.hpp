#pragma once

#include "core/bytes.hpp"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace tau::tracker {

/// What the operator decides; replaced as a whole when the configuration is read again.
struct policy {
    std::uint32_t interval_s = 240;
    /// Each answer's interval is shorter by up to this, so that clients spread out.
    std::uint32_t jitter_s = 20;
    std::uint32_t min_interval_s = 60;
    std::uint32_t default_numwant = 50;
    std::uint32_t max_numwant = 200;

    /// host:port by which clients know this tracker; signatures must name one. Empty:
    /// the address and port they asked, or localhost and that port.
    std::vector<std::string> names;
    /// Whether an unsigned announce whose peer id is an online wallet's address is
    /// told first hops. Off: nobody's neighbours are told to strangers.
    bool public_routes = false;
    bool full_scrape = false;

    /// Not empty: announces need one of these in the path (private tracker).
    std::unordered_set<std::string> passkeys;
    /// Not empty: only these info-hashes are served. Wallet addresses need no entry.
    std::unordered_set<info_hash> allowed;
    std::unordered_set<info_hash> denied;
    /// Whose requests are refused: address_key() of addresses with the text that named
    /// them, and wallets.
    std::unordered_map<std::uint64_t, std::string> banned_addresses;
    std::unordered_set<wallet_address> banned_wallets;

    /// Requests of one address (IPv6: one /64) per second; 0 is unlimited.
    std::uint32_t requests_per_ip_s = 0;
    /// Wrong signatures that are checked, in all and of one address, per thread. What
    /// comes beyond is refused unchecked: checking takes about 60 us.
    double bad_signatures_per_s = 1500;
    double bad_signatures_per_ip_s = 2;
};

} // namespace tau::tracker
