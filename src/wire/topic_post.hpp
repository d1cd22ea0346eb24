#pragma once

#include "core/bytes.hpp"
#include "core/clock.hpp"

#include <string>

namespace tau::wire {

/// Octets of text in one post; ours to choose.
inline constexpr std::size_t max_post_text = 4096;

/// A line that a member says in a topic: signed, passed on by members to members.
///
/// Source: docs/wire/topics.md, "Post".
struct topic_post {
    info_hash topic;
    public_key from;
    unix_ms time{};   ///< as signed; with `from` it names the post
    std::string name; ///< as the author calls itself; may be empty
    std::string text;
    signature sig;

    friend bool operator==(topic_post const&, topic_post const&) = default;
};

inline constexpr std::size_t max_post_name = 64;
/// Octets of a whole post, encoded.
inline constexpr std::size_t max_post_bytes = 127 + max_post_name + max_post_text;

/// What the author signs.
[[nodiscard]] bytes signed_octets(topic_post const& post);
/// errc::too_large, errc::invalid_argument (no text).
[[nodiscard]] result<bytes> encode(topic_post const& post);
/// Parses only. errc::invalid_length, errc::too_large, errc::invalid_encoding (not UTF-8),
/// errc::invalid_argument.
[[nodiscard]] result<topic_post> decode_topic_post(byte_view body);

} // namespace tau::wire
