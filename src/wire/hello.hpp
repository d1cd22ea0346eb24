#pragma once

#include "core/bytes.hpp"

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

namespace tau::wire {

/// The name under which both sides list the link's messages in BEP 10's handshake.
inline constexpr std::string_view link_extension = "tau_link";

/// A fresh X25519 key of one connection; it is the nonce of the hello too.
using link_nonce = fixed_bytes<32, struct link_nonce_tag>;

/// The version of hello, proof and records. Another one is refused.
inline constexpr std::uint8_t link_version = 1;
/// Octets of a binding record in a hello; identity refuses larger ones too.
inline constexpr std::size_t max_hello_binding = 512;
/// Octets of one sealed record with its tag; ours to choose, below BEP 10's limits.
inline constexpr std::size_t max_record_bytes = 160 * 1024;
/// Octets of one message inside a record; ours to choose.
inline constexpr std::size_t max_link_message_bytes = 64 * 1024;
inline constexpr std::size_t record_tag_bytes = 16;

/// What a node can do beyond version 1; unknown bits are ignored.
enum link_capability : std::uint32_t {
    cap_forwards = 1U << 0, ///< takes frames for others
    cap_topics = 1U << 1,   ///< passes on posts of topics
};

/// First message of both sides.
struct hello {
    std::uint32_t capabilities = 0;
    link_nonce nonce;
    public_key key;
    bytes binding; ///< identity::binding_record, encoded

    friend bool operator==(hello const&, hello const&) = default;
};

/// Second message of both sides: the key signed what both hellos said.
struct hello_proof {
    signature sig;

    friend bool operator==(hello_proof const&, hello_proof const&) = default;
};

/// Everything after the proofs: link messages under the connection's keys.
struct link_record {
    bytes sealed; ///< ciphertext and tag

    friend bool operator==(link_record const&, link_record const&) = default;
};

using link_packet = std::variant<hello, hello_proof, link_record>;

/// The body of one extension message. errc::too_large above a limit.
[[nodiscard]] result<bytes> encode(link_packet const& packet);
/// errc::invalid_length, errc::invalid_encoding (unknown kind), errc::too_large,
/// errc::unsupported_version. Source: docs/wire/hello.md.
[[nodiscard]] result<link_packet> decode_link_packet(byte_view body);

/// What each side signs; `signer_began` tells who opened the connection.
struct proof_statement {
    bool signer_began = false;
    info_hash swarm;
    hello const& beginner; ///< of the side that opened the connection
    hello const& accepter;
};
[[nodiscard]] bytes signed_octets(proof_statement const& what);

/// Kinds of messages inside records; unknown ones are skipped.
enum class link_kind : std::uint8_t {
    frame = 0x10,        ///< wire/forward.hpp
    hop_ack = 0x11,      ///< wire/forward.hpp
    neighbours = 0x12,   ///< wire/forward.hpp
    post = 0x20,         ///< wire/topic_post.hpp
    topic_member = 0x21, ///< this and the following: wire/topic_link.hpp
    topic_have = 0x22,
    topic_pull = 0x23,
    topic_parting = 0x24,
    reach = 0x30,      ///< wire/reach.hpp
    rendezvous = 0x31, ///< wire/rendezvous.hpp
};

struct link_message {
    std::uint8_t kind = 0;
    byte_view body; ///< points into the record
};

/// Appends one message to the plain text of a record.
void append_link_message(bytes& plain, link_kind kind, byte_view body);
/// The messages of a record's plain text. errc::invalid_length, errc::too_large.
[[nodiscard]] result<std::vector<link_message>> split_record(byte_view plain);

} // namespace tau::wire
