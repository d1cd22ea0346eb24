#pragma once

#include "core/bytes.hpp"
#include "core/endpoint.hpp"
#include "wire/topic_post.hpp"

#include <vector>

namespace tau::wire {

/// Names a post among members: the first octets of its signature.
using post_id = fixed_bytes<16, struct post_id_tag>;
[[nodiscard]] post_id id_of(signature const& sig);

/// Ids in one message, and addresses in another; ours to choose.
inline constexpr std::size_t max_post_ids = 64;
inline constexpr std::size_t max_told_members = 16;

/// "I am a member": first message of both sides of a connection of a topic, and again
/// when it changes.
struct topic_member {
    info_hash topic;
    std::uint8_t links = 0; ///< to members, this one included

    friend bool operator==(topic_member const&, topic_member const&) = default;
};

/// "I have these posts".
struct topic_have {
    info_hash topic;
    std::vector<post_id> ids;

    friend bool operator==(topic_have const&, topic_have const&) = default;
};

/// What a member wants of a neighbour from now on.
enum class push_mode : std::uint8_t {
    announce = 0, ///< ids only
    push = 1,     ///< whole posts, if the neighbour has room for one more
    need = 2,     ///< whole posts; the asker has nobody else, or too slow ones
    keep = 3,     ///< as before
};

/// How the sender wants to hear of posts, and posts that it asks for.
struct topic_pull {
    info_hash topic;
    push_mode mode = push_mode::keep;
    std::vector<post_id> ids; ///< may be empty

    friend bool operator==(topic_pull const&, topic_pull const&) = default;
};

/// "This connection ends; try these": the receiver closes it.
struct topic_parting {
    info_hash topic;
    std::vector<endpoint> members; ///< may be empty

    friend bool operator==(topic_parting const&, topic_parting const&) = default;
};

// Source: docs/wire/topics.md. Encoders give errc::too_large above a limit and
// errc::invalid_argument for no id at all in topic_have; decoders errc::invalid_length,
// errc::invalid_encoding, errc::too_large, errc::invalid_argument.
[[nodiscard]] result<bytes> encode(topic_member const& what);
[[nodiscard]] result<topic_member> decode_topic_member(byte_view body);
[[nodiscard]] result<bytes> encode(topic_have const& what);
[[nodiscard]] result<topic_have> decode_topic_have(byte_view body);
[[nodiscard]] result<bytes> encode(topic_pull const& what);
[[nodiscard]] result<topic_pull> decode_topic_pull(byte_view body);
[[nodiscard]] result<bytes> encode(topic_parting const& what);
[[nodiscard]] result<topic_parting> decode_topic_parting(byte_view body);

} // namespace tau::wire
