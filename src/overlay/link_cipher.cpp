#include "overlay/link_cipher.hpp"

#include <sodium.h>

#include <array>

namespace tau::overlay {
namespace {

std::array<std::uint8_t, crypto_aead_chacha20poly1305_IETF_NPUBBYTES>
nonce_of(std::uint64_t number) {
    std::array<std::uint8_t, crypto_aead_chacha20poly1305_IETF_NPUBBYTES> out{};
    for (std::size_t i = 0; i < sizeof number; ++i)
        out[out.size() - 1 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    return out;
}

} // namespace

bytes link_cipher::seal(byte_view plain) {
    bytes out(plain.size() + crypto_aead_chacha20poly1305_IETF_ABYTES);
    auto const nonce = nonce_of(m_sent++);
    crypto_aead_chacha20poly1305_ietf_encrypt(out.data(), nullptr, plain.data(), plain.size(),
                                              nullptr, 0, nullptr, nonce.data(), m_out_key.data());
    return out;
}

result<bytes> link_cipher::open(byte_view sealed) {
    if (sealed.size() < crypto_aead_chacha20poly1305_IETF_ABYTES)
        return errc::invalid_length;
    bytes out(sealed.size() - crypto_aead_chacha20poly1305_IETF_ABYTES);
    auto const nonce = nonce_of(m_received++);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr, sealed.data(),
                                                  sealed.size(), nullptr, 0, nonce.data(),
                                                  m_in_key.data())
        != 0)
        return errc::invalid_signature;
    return out;
}

} // namespace tau::overlay
