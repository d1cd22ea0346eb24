#pragma once

#include "wire/message_body.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tau::wire {

inline constexpr std::int64_t message_channel_version = 1;
/// msgRoot..n (S1-25): the last roots of the chain, newest first.
inline constexpr std::size_t max_recent_roots = 12;
/// Roots far back, from which old history is fetched in parallel.
inline constexpr std::size_t max_skip_roots = 4;
/// Roots acknowledged one by one beside `complete_root`.
inline constexpr std::size_t max_extra_roots = 8;

/// The mutable value of the channel A>B (S1-25). It is small enough to be boxed
/// (channel::value_box) within BEP 44's limit whatever its fields hold.
///
/// Everything about the other chain is an acknowledgement signed by BEP 44's signature.
struct message_channel {
    std::string name;                    ///< of the sender, UTF-8; shown beside its key
    std::vector<target> recent;          ///< own chain, newest first
    std::vector<target> skips;           ///< own chain, further and further back
    std::vector<target> content_roots;   ///< of the newest message, to fetch without waiting
    std::optional<target> complete_root; ///< B>A up to here, without a gap, is on our disk
    std::vector<target> extra_roots;     ///< B>A beyond complete_root, on our disk too
    std::optional<target> read_root;     ///< B>A up to here was read; absent if switched off

    friend bool operator==(message_channel const&, message_channel const&) = default;
};

/// errc::too_large above a limit, errc::invalid_encoding for a name that is not UTF-8.
///
/// Source: docs/wire/messages.md. Threading: any.
[[nodiscard]] result<bytes> encode(message_channel const& value);

/// The same value as the content of a seal (kind 17), for receipts that travel as items.
/// Errors as encode().
[[nodiscard]] result<bytes> encode_sealed_state(message_channel const& value);
/// errc::unsupported_version for content of another kind.
[[nodiscard]] result<message_channel> decode_sealed_state(byte_view content);

/// Total; errc::unsupported_version for another version.
[[nodiscard]] result<message_channel> decode_message_channel(byte_view data);

} // namespace tau::wire
