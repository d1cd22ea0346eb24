#include "messenger/packet_seal.hpp"

#include "wire/packet.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace tau::messenger {
namespace {

constexpr std::string_view key_label = "tau-packet-v1";
constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(packet_seal_bytes == 1 + nonce_bytes + tag_bytes);

using packet_key = std::array<std::uint8_t, crypto_aead_xchacha20poly1305_ietf_KEYBYTES>;

// A key of its own: that of the channel is for channel values.
packet_key key_of(channel::box_key const& key) {
    packet_key out{};
    auto const label = as_bytes(key_label);
    auto const secret = key.secret.view();
    crypto_generichash(out.data(), out.size(), label.data(), label.size(), secret.data(),
                       secret.size());
    return out;
}

} // namespace

bool is_packet(byte_view sealed) {
    return !sealed.empty() && sealed.front() == wire::packet_version;
}

bytes seal_packet(channel::box_key const& key, byte_view plain, random_source& random) {
    bytes out(packet_seal_bytes + plain.size());
    out[0] = wire::packet_version;
    auto* const nonce = out.data() + 1;
    random.fill({nonce, nonce_bytes});
    auto secret = key_of(key);
    crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + nonce_bytes, nullptr, plain.data(),
                                               plain.size(), out.data(), 1, nullptr, nonce,
                                               secret.data());
    sodium_memzero(secret.data(), secret.size());
    return out;
}

result<bytes> open_packet(channel::box_key const& key, byte_view sealed) {
    if (!is_packet(sealed))
        return errc::unsupported_version;
    if (sealed.size() < packet_seal_bytes)
        return errc::invalid_checksum;
    bytes out(sealed.size() - packet_seal_bytes);
    auto const nonce = sealed.subspan(1, nonce_bytes);
    auto const box = sealed.subspan(1 + nonce_bytes);
    auto secret = key_of(key);
    auto const bad = crypto_aead_xchacha20poly1305_ietf_decrypt(
        out.data(), nullptr, nullptr, box.data(), box.size(), sealed.data(), 1, nonce.data(),
        secret.data());
    sodium_memzero(secret.data(), secret.size());
    if (bad != 0)
        return errc::invalid_checksum;
    return out;
}

} // namespace tau::messenger
