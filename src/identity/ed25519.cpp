#include "identity/ed25519.hpp"

#include <sodium.h>

namespace tau::identity {

bool verify(public_key const& key, byte_view message, signature const& sig) {
    return crypto_sign_verify_detached(sig.data(), message.data(), message.size(), key.data()) == 0;
}

result<sealing_key> sealing_key_of(public_key const& key) {
    sealing_key out;
    if (crypto_sign_ed25519_pk_to_curve25519(out.data(), key.data()) != 0)
        return errc::invalid_argument;
    return out;
}

} // namespace tau::identity
