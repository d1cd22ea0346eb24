#include "overlay/handshake.hpp"

#include "identity/kdf.hpp"

#include <sodium.h>

namespace tau::overlay {
namespace {

constexpr std::string_view keys_label = "tau-link-keys-v1";

} // namespace

handshake::handshake(own_identity const& self, link_side side, info_hash const& swarm,
                     random_source& random)
    : m_self(self), m_side(side), m_swarm(swarm),
      m_secret(identity::secret_bytes::random(crypto_scalarmult_SCALARBYTES, random)) {
    m_own.capabilities = self.capabilities;
    m_own.key = self.keys.key();
    m_own.binding = self.binding;
    crypto_scalarmult_base(m_own.nonce.data(), m_secret.data());
}

bytes handshake::statement(link_side signer) const {
    bool const we_began = m_side == link_side::began;
    return wire::signed_octets({signer == link_side::began, m_swarm, we_began ? m_own : *m_theirs,
                                we_began ? *m_theirs : m_own});
}

result<wire::hello_proof> handshake::on_hello(wire::hello const& theirs,
                                              identity::binding_book& book, unix_ms now) {
    if (m_theirs)
        return errc::replayed;
    if (theirs.key == m_own.key)
        return errc::already_exists;
    TAU_TRY(record, identity::decode_binding(theirs.binding));
    if (record.kind != identity::binding_kind::bound || record.key != theirs.key)
        return errc::invalid_argument;
    // A binding that was revoked or replaced since is stale here.
    if (auto const ec = book.offer(record, now))
        return ec;
    if (book.wallet_of(theirs.key) != record.wallet)
        return errc::stale;
    m_theirs = theirs;
    m_remote = {theirs.key, record.wallet, theirs.capabilities};
    return wire::hello_proof{m_self.keys.sign(statement(m_side))};
}

error_code handshake::on_proof(wire::hello_proof const& proof) {
    if (!m_theirs || m_complete)
        return errc::invalid_argument;
    auto const signer = m_side == link_side::began ? link_side::accepted : link_side::began;
    if (!identity::verify(m_theirs->key, statement(signer), proof.sig))
        return errc::invalid_signature;
    m_complete = true;
    return {};
}

result<link_cipher> handshake::cipher() const {
    if (!m_complete)
        return errc::invalid_argument;
    identity::secret_bytes shared(crypto_scalarmult_BYTES);
    if (crypto_scalarmult(shared.data(), m_secret.data(), m_theirs->nonce.data()) != 0)
        return errc::invalid_argument; // a point of small order
    auto info = to_bytes(keys_label);
    auto const bound = statement(link_side::began);
    info.insert(info.end(), bound.begin(), bound.end());
    TAU_TRY(both, identity::hkdf_sha256(shared.view(), {}, info, 2 * link_cipher::key_bytes));
    auto began = identity::secret_bytes::from(both.view().first(link_cipher::key_bytes));
    auto accepted = identity::secret_bytes::from(both.view().subspan(link_cipher::key_bytes));
    if (m_side == link_side::began)
        return link_cipher(std::move(began), std::move(accepted));
    return link_cipher(std::move(accepted), std::move(began));
}

} // namespace tau::overlay
