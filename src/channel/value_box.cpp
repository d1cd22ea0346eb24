#include "channel/value_box.hpp"

#include "wire/bencode.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace tau::channel {
namespace {

// version | key id | nonce | ciphertext with authenticator
constexpr std::uint8_t box_version = 1;
constexpr std::size_t key_id_bytes = 4;
constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t key_bytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr std::size_t header_bytes = 1 + key_id_bytes + nonce_bytes;

// Octets of the padded plain value. The largest fills a BEP 44 value: "996:" and 996.
constexpr std::array<std::size_t, 3> padded_sizes{256, 512, 951};
static_assert(padded_sizes.back() == max_boxed_bytes + 1);
static_assert(4 + header_bytes + padded_sizes.back() + tag_bytes == wire::max_value_bytes);

constexpr std::string_view box_label = "tau-box-v1";
constexpr std::string_view contact_label = "tau-contact-box-v1";
constexpr std::string_view pair_label = "tau-pair-box-v1";

using key_id = std::array<std::uint8_t, key_id_bytes>;

void append(bytes& out, byte_view more) {
    out.insert(out.end(), more.begin(), more.end());
}

box_key derive(byte_view secret, byte_view label) {
    box_key out{identity::secret_bytes(key_bytes)};
    crypto_generichash(out.secret.data(), key_bytes, label.data(), label.size(), secret.data(),
                       secret.size());
    return out;
}

bytes associated_data(wire::item_address const& where) {
    bytes out = to_bytes(box_label);
    append(out, where.key.view());
    append(out, as_bytes(where.salt.octets()));
    return out;
}

// Depends on the place too, so that equal ids do not show that two channels share a key.
key_id id_of(box_key const& key, byte_view where) {
    std::array<std::uint8_t, crypto_generichash_BYTES_MIN> digest{};
    crypto_generichash(digest.data(), digest.size(), where.data(), where.size(), key.secret.data(),
                       key.secret.size());
    key_id out;
    std::copy_n(digest.begin(), out.size(), out.begin());
    return out;
}

bytes padded(byte_view plain) {
    auto const size = *std::upper_bound(padded_sizes.begin(), padded_sizes.end(), plain.size());
    bytes out = to_bytes(plain);
    out.push_back(0x80);
    out.resize(size);
    return out;
}

result<bytes> unpadded(bytes plain) {
    auto const last = std::find_if(plain.rbegin(), plain.rend(), [](auto c) { return c != 0; });
    if (last == plain.rend() || *last != 0x80)
        return errc::invalid_encoding;
    plain.erase(last.base() - 1, plain.end());
    return plain;
}

} // namespace

box_key contact_box_key(wire::contact_key const& key) {
    return derive(key, as_bytes(contact_label));
}

box_key pair_box_key(pair_secret const& secret, public_key const& sender,
                     public_key const& receiver) {
    bytes label = to_bytes(pair_label);
    append(label, sender.view());
    append(label, receiver.view());
    return derive(secret.view(), label);
}

result<bytes> box_value(box_key const& key, wire::item_address const& where, byte_view plain,
                        random_source& random) {
    if (plain.size() > max_boxed_bytes)
        return errc::too_large;
    auto const bound = associated_data(where);
    auto const id = id_of(key, bound);
    auto const message = padded(plain);
    std::array<std::uint8_t, nonce_bytes> nonce{};
    random.fill(nonce);
    bytes out{box_version};
    append(out, id);
    append(out, nonce);
    out.resize(header_bytes + message.size() + tag_bytes);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out.data() + header_bytes, nullptr, message.data(),
                                               message.size(), bound.data(), bound.size(), nullptr,
                                               nonce.data(), key.secret.data());
    return wire::wrap_string(out);
}

result<bytes> open_value(std::span<box_key const> keys, wire::item_address const& where,
                         byte_view value) {
    TAU_TRY(box, wire::unwrap_string(value));
    if (box.empty())
        return errc::invalid_encoding;
    if (box[0] != box_version)
        return errc::unsupported_version;
    if (box.size() <= header_bytes + tag_bytes)
        return errc::invalid_encoding;
    auto const bound = associated_data(where);
    auto const id = box.subspan(1, key_id_bytes);
    auto const key = std::find_if(keys.begin(), keys.end(), [&](box_key const& k) {
        return std::ranges::equal(id_of(k, bound), id);
    });
    if (key == keys.end())
        return errc::not_found;
    auto const sealed = box.subspan(header_bytes);
    bytes plain(sealed.size() - tag_bytes);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            plain.data(), nullptr, nullptr, sealed.data(), sealed.size(), bound.data(),
            bound.size(), box.data() + 1 + key_id_bytes, key->secret.data())
        != 0)
        return errc::invalid_checksum;
    return unpadded(std::move(plain));
}

bool is_boxed(byte_view value) {
    return !value.empty() && value[0] >= '0' && value[0] <= '9';
}

} // namespace tau::channel
