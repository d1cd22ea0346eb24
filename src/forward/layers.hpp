#pragma once

#include "core/random.hpp"
#include "identity/keyring.hpp"
#include "wire/layer.hpp"

#include <vector>

namespace tau::forward {

/// A hop and the key that its layer is sealed to.
struct layer_hop {
    wallet_address wallet;
    sealing_key key;
};

/// What the first hop gets.
struct layered_message {
    hash256 id; ///< of the frame on the first link
    bytes payload;
};

/// Seals `message` to the last of `hops` and the way to it in layers, one to each hop, so
/// that each learns the next alone. The ids of the links are random.
///
/// Source:    docs/wire/forward.md, "Layered frames"; libsodium's crypto_box_seal.
/// Threading: any thread.
/// Errors:    errc::invalid_argument without a hop or for a key of small order;
///            errc::too_large if the layers do not fit a frame.
[[nodiscard]] result<layered_message> seal_layers(std::vector<layer_hop> const& hops,
                                                  wallet_address const& origin,
                                                  wire::answer_key const& answers,
                                                  byte_view message, random_source& random);

/// Opens our layer. errc::not_found if it is not sealed to us; what decode_layer() says.
[[nodiscard]] result<wire::layer> open_layer(identity::keyring const& keys, byte_view payload);

/// An acknowledgement for the origin's eyes (XSalsa20-Poly1305, random nonce in front).
[[nodiscard]] bytes seal_answer(wire::answer_key const& key, byte_view plain,
                                random_source& random);
/// errc::invalid_length, errc::not_found if the key does not fit.
[[nodiscard]] result<bytes> open_answer(wire::answer_key const& key, byte_view sealed);

} // namespace tau::forward
