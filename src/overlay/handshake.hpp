#pragma once

#include "core/clock.hpp"
#include "core/random.hpp"
#include "identity/binding_book.hpp"
#include "identity/keyring.hpp"
#include "overlay/link_cipher.hpp"
#include "wire/hello.hpp"

#include <optional>

namespace tau::overlay {

/// Who opened a connection; both sides know it alike.
enum class link_side { began, accepted };

/// Who we are, for all handshakes. `keys` outlives them.
struct own_identity {
    identity::keyring const& keys;
    bytes binding; ///< identity::encode() of our binding record
    std::uint32_t capabilities = wire::cap_forwards | wire::cap_topics;
};

/// Who the other side proved to be.
struct link_identity {
    public_key key;
    wallet_address wallet;
    std::uint32_t capabilities = 0;
};

/// The hello of one connection, our side: hellos both ways, then proofs both ways.
///
/// Each proof signs both fresh X25519 keys, the swarm and who began, so a proof of
/// another connection, another swarm, or our own sent back proves nothing. The keys of
/// the link come from the two fresh ones: who reads along or sits between learns nothing.
///
/// Source:    docs/wire/hello.md. Threading: one thread.
/// Errors:    by value; after one the connection is of no use.
class handshake {
public:
    handshake(own_identity const& self, link_side side, info_hash const& swarm,
              random_source& random);

    /// What to send first.
    [[nodiscard]] wire::hello const& own_hello() const { return m_own; }
    /// Takes their hello; returns our proof, to be sent at once. errc::replayed for a second
    /// hello, errc::already_exists for our own key (a connection to ourselves),
    /// errc::invalid_signature and others for a binding that does not hold.
    [[nodiscard]] result<wire::hello_proof> on_hello(wire::hello const& theirs,
                                                     identity::binding_book& book, unix_ms now);
    /// Takes their proof. errc::invalid_argument before their hello, errc::invalid_signature.
    [[nodiscard]] error_code on_proof(wire::hello_proof const& proof);

    [[nodiscard]] bool is_complete() const { return m_complete; }
    /// Valid once complete.
    [[nodiscard]] link_identity const& remote() const { return m_remote; }
    /// The link's keys; call once, when complete.
    [[nodiscard]] result<link_cipher> cipher() const;

private:
    [[nodiscard]] bytes statement(link_side signer) const;

    own_identity const& m_self;
    link_side m_side;
    info_hash m_swarm;
    identity::secret_bytes m_secret; // of our fresh X25519 key
    wire::hello m_own;
    std::optional<wire::hello> m_theirs;
    link_identity m_remote;
    bool m_complete = false;
};

} // namespace tau::overlay
