#pragma once

#include "core/bytes.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tau::wire {

/// 20 free octets by which a client names itself (BEP 3).
using peer_id = fixed_bytes<20, struct peer_id_tag>;

/// Values as in BEP 15; `paused` is BEP 21.
enum class announce_event : std::uint8_t { none, completed, started, stopped, paused };

/// What a signed announce wants. `unspecified` is a client that does not know Tau.
enum class wallet_action : std::uint8_t { unspecified, topic, link, unlink, route };

/// "announce", "topic", "link", "unlink" or "route", as in signed statements.
[[nodiscard]] char const* to_string(wallet_action action);
/// "none", "completed", "started", "stopped" or "paused".
[[nodiscard]] char const* to_string(announce_event event);

/// One claim made or taken back.
struct link_change {
    wallet_address wallet;
    bool is_claim = true; ///< false takes it back or denies the other's

    friend bool operator==(link_change const&, link_change const&) = default;
};

/// The signed part of a request. Nothing in it is believed before
/// tracker_statement() of the request was checked against `sign`.
struct wallet_part {
    static constexpr std::size_t max_changes = 64;       ///< our limit, a signature
    static constexpr std::size_t max_tracker_name = 255; ///< a DNS name and a port
    static constexpr unsigned max_paths = 8;
    static constexpr std::size_t max_binding = 512; ///< docs/wire/identity.md
    static constexpr std::uint16_t liveness_one = 1000;

    wallet_address wallet;
    wallet_signature sign;
    std::int64_t time_ms = 0; ///< unix time; rises with each request of a device
    wallet_action action = wallet_action::unspecified;
    std::uint16_t liveness = 0; ///< share of time online, thousandths
    bool accepts = false;       ///< takes new connections at its endpoint
    std::uint8_t paths = 2;     ///< wanted, 1 to max_paths
    std::string tracker;        ///< host:port the client meant; empty: as transmitted
    /// The ed25519 key of the same owner, and the encoded binding record that proves it.
    std::optional<public_key> key;
    bytes binding;
    /// Changes beside the one that `action` and the info-hash express.
    std::vector<link_change> changes;
};

/// An announce, however it arrived.
///
/// Source: BEP 3, 7, 15, 21, 23; docs/wire/tracker.md for `wallet`.
struct announce_request {
    info_hash hash;
    peer_id id;
    std::uint64_t uploaded = 0;
    std::uint64_t downloaded = 0;
    std::uint64_t left = 0; ///< 0 for a seeder
    std::uint16_t port = 0; ///< 0: not reachable, never listed
    announce_event event = announce_event::none;
    bool compact = true;
    std::optional<std::uint32_t> numwant;
    std::optional<wallet_part> wallet;
};

/// What an announce is about: enough to look ahead, before the whole is read.
struct announce_subject {
    info_hash hash;
    std::uint16_t port = 0;
    std::optional<std::uint32_t> numwant;
};

/// A BEP 48 scrape; empty asks for everything.
struct scrape_request {
    static constexpr std::size_t max_hashes = 74; ///< what fits a BEP 15 datagram
    std::vector<info_hash> hashes;
};

/// Reads the part of a URL behind '?'. Unknown parameters are skipped; of a
/// repeated one the last counts. errc::invalid_argument if info_hash, peer_id or
/// port is absent or malformed, or if a Tau parameter is; errc::too_large for more
/// than 63 further link changes. A wallet without signature is ignored: anyone can write one.
[[nodiscard]] result<announce_request> parse_announce_query(std::string_view query);

/// The first info_hash and port that stand in `text`, which may be more than a query or
/// less; nullopt if one is absent. For looking ahead: what it says must not be believed.
[[nodiscard]] std::optional<announce_subject> find_announce_subject(std::string_view text);

/// Adds the Tau parameters of a BEP 41 query to an announce read from a datagram.
[[nodiscard]] error_code parse_wallet_query(std::string_view query, announce_request& request);

/// errc::invalid_argument for a malformed hash, errc::too_large for more than max_hashes.
[[nodiscard]] result<scrape_request> parse_scrape_query(std::string_view query);

/// The text that `sign` signs as an EIP-191 personal message; `tracker` is the
/// tracker's own host:port as the client knows it. The request has a wallet part.
[[nodiscard]] std::string tracker_statement(announce_request const& request,
                                            std::string_view tracker);

} // namespace tau::wire
