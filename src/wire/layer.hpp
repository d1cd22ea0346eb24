#pragma once

#include "wire/forward.hpp"

#include <variant>

namespace tau::wire {

/// Opens the answers to one layered message; known to its origin and its receiver.
using answer_key = fixed_bytes<32, struct answer_key_tag>;

/// What a hop finds in its layer: where the rest goes.
struct layer_pass {
    wallet_address next;
    hash256 id;  ///< of the frame on the next link; tells nothing of this one's
    bytes inner; ///< sealed to `next`

    friend bool operator==(layer_pass const&, layer_pass const&) = default;
};

/// What the receiver finds in its own.
struct layer_end {
    wallet_address origin;
    answer_key answers;
    bytes payload; ///< the sealed message

    friend bool operator==(layer_end const&, layer_end const&) = default;
};

using layer = std::variant<layer_pass, layer_end>;

/// Octets that a layer adds to what is inside, its seal (crypto_box_seal) included.
inline constexpr std::size_t layer_bytes = 1 + 20 + 32 + 48;

/// The plain text of a layer. errc::too_large above max_frame_payload.
[[nodiscard]] result<bytes> encode(layer const& what);
/// errc::invalid_length, errc::invalid_encoding (unknown kind), errc::too_large.
/// Source: docs/wire/forward.md, "Layered frames".
[[nodiscard]] result<layer> decode_layer(byte_view plain);

/// What comes back: an acknowledgement, sealed with the answer key, or what a hop says.
struct layered_ack {
    bytes sealed;
    friend bool operator==(layered_ack const&, layered_ack const&) = default;
};
struct layered_failure {
    hop_outcome outcome = hop_outcome::no_route;
    friend bool operator==(layered_failure const&, layered_failure const&) = default;
};
using layered_answer = std::variant<layered_ack, layered_failure>;

[[nodiscard]] bytes encode(layered_answer const& what);
/// errc::invalid_length, errc::invalid_encoding, errc::invalid_argument (unknown outcome).
[[nodiscard]] result<layered_answer> decode_layered_answer(byte_view payload);

} // namespace tau::wire
