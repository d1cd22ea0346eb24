#pragma once

#include "core/clock.hpp"
#include "core/random.hpp"
#include "identity/keyring.hpp"
#include "messenger/types.hpp"

namespace tau::messenger {

/// Names a conversation: of a pair, or of a group with a sealer for groups.
using conversation_id = fixed_bytes<32, struct conversation_id_tag>;

/// SHA-256 of a label and both keys, the lower one first; the same on both sides.
[[nodiscard]] conversation_id pair_conversation(public_key const& a, public_key const& b);

/// What a seal is made for and its signature covers.
struct seal_request {
    public_key receiver;
    unix_ms time;
};

/// A message sealed once. It is stored and sent as these octets and never sealed again,
/// so its id and root are its name for ever.
struct sealed_message {
    bytes item;    ///< a bencoded string of at most wire::max_value_bytes: a BEP 44 value
    message_id id; ///< Keccak-256 of the sealed octets
    target root;   ///< where the DHT keeps `item`; what links name
};

/// What a seal proves: `sender` signed `content` for us, in this conversation, at `time`.
struct opened_message {
    public_key sender;
    conversation_id conversation;
    unix_ms time;
    bytes content; ///< a wire::message_body
    message_id id;
    target root;
};

/// Seals messages and opens them. The rest of the messenger knows no cryptography, so a
/// group protocol can take this place.
///
/// Source:    docs/wire/messages.md, "Seal". Threading: as the implementation says.
class sealer {
public:
    virtual ~sealer() = default;

    /// Octets of content that fit. errc::too_large above it.
    [[nodiscard]] virtual std::size_t max_content_bytes() const = 0;

    /// errc::too_large, or errc::invalid_argument for a receiver that is no valid key.
    [[nodiscard]] virtual result<sealed_message> seal(seal_request const& what,
                                                      byte_view content) = 0;

    /// Opens `item`. errc::unsupported_version, errc::invalid_encoding, errc::not_found if
    /// it was sealed to somebody else or changed, errc::invalid_signature if the named
    /// sender did not sign it for us.
    [[nodiscard]] virtual result<opened_message> open(byte_view item) const = 0;
};

/// Seals between two ed25519 keys: an ephemeral X25519 exchange with the receiver's key
/// encrypts sender, time, signature and content (XChaCha20-Poly1305, padded), so a storing
/// node learns neither who wrote nor what, and needs the receiver's secret to test a guess.
///
/// Threading: tau thread only. `keys` and `random` outlive it.
class pair_sealer final : public sealer {
public:
    pair_sealer(identity::keyring const& keys, random_source& random)
        : m_keys(keys), m_random(random) {}

    [[nodiscard]] std::size_t max_content_bytes() const override;
    [[nodiscard]] result<sealed_message> seal(seal_request const& what, byte_view content) override;
    [[nodiscard]] result<opened_message> open(byte_view item) const override;

private:
    identity::keyring const& m_keys;
    random_source& m_random;
};

} // namespace tau::messenger
