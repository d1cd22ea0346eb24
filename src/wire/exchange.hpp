#pragma once

#include "core/endpoint.hpp"
#include "wire/bencode_node.hpp"
#include "wire/mutable_item.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tau::wire {

inline constexpr std::string_view exchange_method = "tau_exchange";
/// Several items share a datagram up to this size.
inline constexpr std::size_t exchange_target_bytes = 1200;
/// No exchange datagram is larger; one whose only item is as large as BEP 44 allows may
/// reach it, as BEP 44's own `put` does. Fits one Ethernet frame over IPv6, and the
/// 1500 that libtorrent receives.
inline constexpr std::size_t max_exchange_bytes = 1440;
/// What the sender of a KRPC message adds around `a` or `r`: t, y, v, ip, q, id.
inline constexpr std::size_t exchange_envelope_bytes = 100;
/// Items and immutables of one datagram, each. The token limit would allow more.
inline constexpr std::size_t max_exchange_items = 32;
/// Boxed gossip of one datagram: a bencoded string's octets, as large as a BEP 44 value.
inline constexpr std::size_t max_exchange_gossip = max_value_bytes;
/// Datagrams in which one side can fetch what the other offers.
inline constexpr std::uint16_t max_exchange_cursor = 1024;

/// What one datagram carries; everything in it authenticates itself.
struct exchange_load {
    std::vector<mutable_item> items;
    std::vector<bytes> immutables; ///< raw bencoded values
    bytes gossip{};                ///< boxed for the other side; empty: none

    friend bool operator==(exchange_load const&, exchange_load const&) = default;
};

/// Shows the answerer that the asker owns its key and receives at its endpoint:
/// `sig` covers the challenge that the answerer gave this key at this endpoint.
struct exchange_proof {
    nonce challenge;
    signature sig;

    friend bool operator==(exchange_proof const&, exchange_proof const&) = default;
};

/// One side's datagram. See docs/wire/exchange.md.
struct exchange_query {
    public_key from;
    nonce fresh; ///< the answer's proof must cover it
    std::optional<exchange_proof> proof{};
    std::uint32_t accepted_rate = 0; ///< queries a second from one address; 0: not stated
    std::uint32_t capabilities = 0;
    /// What to hand back: the offer from this position on; nullopt: nothing.
    std::optional<std::uint16_t> cursor{};
    exchange_load load{};

    friend bool operator==(exchange_query const&, exchange_query const&) = default;
};

struct exchange_reply {
    public_key from;
    nonce challenge; ///< to be signed in the asker's next query
    endpoint seen;   ///< the asker's endpoint as the answerer sees it
    std::optional<signature> proof{};
    std::uint32_t accepted_rate = 0;
    std::uint32_t capabilities = 0;
    /// Where the next query should go on; nullopt: that was all.
    std::optional<std::uint16_t> next{};
    exchange_load load{};

    friend bool operator==(exchange_reply const&, exchange_reply const&) = default;
};

/// `q` and `a`; whoever sends it adds `t`, `y` and `a.id`.
[[nodiscard]] lt::entry encode(exchange_query const& query);
/// The `r` dictionary; whoever sends it adds `id`.
[[nodiscard]] lt::entry encode(exchange_reply const& reply);

/// Decode a whole KRPC message; nothing is verified. errc::invalid_encoding,
/// errc::invalid_length, errc::too_large; errc::refused for an error message.
[[nodiscard]] result<exchange_query> decode_exchange_query(lt::bdecode_node const& message);
[[nodiscard]] result<exchange_reply> decode_exchange_reply(lt::bdecode_node const& message);

/// Octets that an item or value adds to a datagram of `sender`.
[[nodiscard]] std::size_t exchange_cost(mutable_item const& item, public_key const& sender);
[[nodiscard]] std::size_t exchange_cost(bytes const& immutable);
[[nodiscard]] std::size_t exchange_gossip_cost(bytes const& gossip);
/// Octets of a datagram without any load, envelope included; `proven` with a proof.
[[nodiscard]] std::size_t exchange_overhead(bool proven);

/// What a proof covers: who proves in which role, both nonces, both keys and the asker's
/// endpoint as the answerer sees it. A proof for one role, pair or place fits no other.
enum class exchange_role : std::uint8_t { asker = 'q', answerer = 'r' };
struct exchange_binding {
    nonce query_nonce;
    nonce challenge;
    public_key asker;
    public_key answerer;
    endpoint asker_seen_at;
};
[[nodiscard]] bytes proof_octets(exchange_role role, exchange_binding const& binding);

/// True if `sig` is `signer`'s ed25519 signature of `octets`.
[[nodiscard]] bool is_signed_by(public_key const& signer, byte_view octets, signature const& sig);

} // namespace tau::wire
