#include "messenger/seal.hpp"

#include "identity/keccak.hpp"
#include "wire/bencode.hpp"
#include "wire/mutable_item.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace tau::messenger {
namespace {

// version | ephemeral X25519 key | ciphertext with authenticator
constexpr std::uint8_t seal_version = 1;
constexpr std::size_t key_bytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t header_bytes = 1 + sealing_key::size_bytes;

// sender | time | signature | content | 0x80 and zeros
constexpr std::size_t time_bytes = 8;
constexpr std::size_t inner_bytes = public_key::size_bytes + time_bytes + signature::size_bytes + 1;

// Octets of a sealed message: three sizes, so that its length tells little. The largest
// fills a BEP 44 value: "996:" and 996.
constexpr std::array<std::size_t, 3> sealed_sizes{448, 704, 996};
constexpr std::size_t overhead_bytes = header_bytes + tag_bytes + inner_bytes;
static_assert(4 + sealed_sizes.back() == wire::max_value_bytes);

// No clock is this wrong (the year 285426), and no arithmetic on such a time overflows.
constexpr std::uint64_t max_time_ms = std::uint64_t{1} << 53;

constexpr std::string_view seal_label = "tau-seal-v1";
constexpr std::string_view signature_label = "tau-message-v1";
constexpr std::string_view conversation_label = "tau-conversation-v1";

void append(bytes& out, byte_view more) {
    out.insert(out.end(), more.begin(), more.end());
}

void append_time(bytes& out, unix_ms time) {
    auto const ms = static_cast<std::uint64_t>(time.time_since_epoch().count());
    for (int shift = 56; shift >= 0; shift -= 8)
        out.push_back(static_cast<std::uint8_t>(ms >> shift));
}

std::uint64_t read_time(byte_view data) {
    std::uint64_t out = 0;
    for (auto const octet : data.first(time_bytes))
        out = out << 8 | octet;
    return out;
}

hash256 sha256_of(byte_view data) {
    hash256 out;
    crypto_hash_sha256(out.data(), data.data(), data.size());
    return out;
}

bytes signed_octets(public_key const& sender, public_key const& receiver, unix_ms time,
                    byte_view content) {
    bytes out = to_bytes(signature_label);
    append(out, sender.view());
    append(out, receiver.view());
    append(out, pair_conversation(sender, receiver).view());
    append_time(out, time);
    append(out, sha256_of(content).view());
    return out;
}

// Key and nonce of one message: from the exchange, bound to both public keys. Each
// message has a fresh ephemeral key, so neither repeats.
result<identity::secret_bytes> message_key(byte_view secret, sealing_key const& remote,
                                           sealing_key const& ephemeral,
                                           sealing_key const& receiver) {
    identity::secret_bytes shared(crypto_scalarmult_BYTES);
    if (crypto_scalarmult(shared.data(), secret.data(), remote.data()) != 0)
        return errc::invalid_argument;
    bytes bound = to_bytes(seal_label);
    append(bound, ephemeral.view());
    append(bound, receiver.view());
    identity::secret_bytes out(key_bytes + nonce_bytes);
    crypto_generichash(out.data(), out.size(), bound.data(), bound.size(), shared.data(),
                       shared.size());
    return out;
}

sealed_message finished(bytes const& sealed) {
    sealed_message out;
    out.item = wire::wrap_string(sealed);
    out.id = identity::keccak256(sealed);
    out.root = wire::target_of_immutable(out.item);
    return out;
}

// sender | time | signature | content, without the padding.
result<bytes> decrypt(identity::keyring const& keys, byte_view sealed) {
    TAU_TRY(ephemeral, sealing_key::from(sealed.subspan(1, sealing_key::size_bytes)));
    auto const made =
        message_key(keys.sealing_secret().view(), ephemeral, ephemeral, keys.sealing_public());
    if (!made)
        return errc::not_found;
    auto const& key = made.value();
    auto const body = sealed.subspan(header_bytes);
    bytes plain(body.size() - tag_bytes);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain.data(), nullptr, nullptr, body.data(),
                                                   body.size(), sealed.data(), 1,
                                                   key.data() + key_bytes, key.data())
        != 0)
        return errc::not_found;
    auto const mark = std::find_if(plain.rbegin(), plain.rend(), [](auto c) { return c != 0; });
    if (mark == plain.rend() || *mark != 0x80)
        return errc::invalid_encoding;
    plain.erase(mark.base() - 1, plain.end());
    if (plain.size() < inner_bytes - 1)
        return errc::invalid_encoding;
    return plain;
}

} // namespace

conversation_id pair_conversation(public_key const& a, public_key const& b) {
    auto const& [low, high] = std::minmax(a, b);
    bytes joined = to_bytes(conversation_label);
    append(joined, low.view());
    append(joined, high.view());
    return {sha256_of(joined).octets};
}

std::size_t pair_sealer::max_content_bytes() const {
    return sealed_sizes.back() - overhead_bytes;
}

result<sealed_message> pair_sealer::seal(seal_request const& what, byte_view content) {
    auto const time = what.time.time_since_epoch().count();
    if (content.size() > max_content_bytes())
        return errc::too_large;
    if (time < 0 || static_cast<std::uint64_t>(time) > max_time_ms)
        return errc::invalid_argument;
    TAU_TRY(receiver, identity::sealing_key_of(what.receiver));

    bytes plain = to_bytes(m_keys.key().view());
    append_time(plain, what.time);
    append(plain,
           m_keys.sign(signed_octets(m_keys.key(), what.receiver, what.time, content)).view());
    append(plain, content);
    plain.push_back(0x80);
    auto const size = *std::lower_bound(sealed_sizes.begin(), sealed_sizes.end(),
                                        content.size() + overhead_bytes);
    plain.resize(size - header_bytes - tag_bytes);

    auto const secret = identity::secret_bytes::random(crypto_scalarmult_SCALARBYTES, m_random);
    sealing_key ephemeral;
    crypto_scalarmult_base(ephemeral.data(), secret.data());
    TAU_TRY(key, message_key(secret.view(), receiver, ephemeral, receiver));

    bytes sealed{seal_version};
    append(sealed, ephemeral.view());
    sealed.resize(size);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data() + header_bytes, nullptr, plain.data(),
                                               plain.size(), sealed.data(), 1, nullptr,
                                               key.data() + key_bytes, key.data());
    sodium_memzero(plain.data(), plain.size());
    return finished(sealed);
}

result<opened_message> pair_sealer::open(byte_view item) const {
    TAU_TRY(sealed, wire::unwrap_string(item));
    if (sealed.empty())
        return errc::invalid_encoding;
    if (sealed[0] != seal_version)
        return errc::unsupported_version;
    if (std::ranges::find(sealed_sizes, sealed.size()) == sealed_sizes.end())
        return errc::invalid_encoding;
    TAU_TRY(plain, decrypt(m_keys, sealed));

    byte_view rest = plain;
    TAU_TRY(sender, public_key::from(rest.first(public_key::size_bytes)));
    rest = rest.subspan(public_key::size_bytes);
    auto const time = read_time(rest);
    rest = rest.subspan(time_bytes);
    TAU_TRY(sig, signature::from(rest.first(signature::size_bytes)));
    auto const content = rest.subspan(signature::size_bytes);
    if (time > max_time_ms)
        return errc::invalid_encoding;
    unix_ms const at{std::chrono::milliseconds(static_cast<std::int64_t>(time))};
    if (!identity::verify(sender, signed_octets(sender, m_keys.key(), at, content), sig))
        return errc::invalid_signature;

    opened_message out;
    out.sender = sender;
    out.conversation = pair_conversation(sender, m_keys.key());
    out.time = at;
    out.content = to_bytes(content);
    out.id = identity::keccak256(sealed);
    out.root = wire::target_of_immutable(item);
    return out;
}

} // namespace tau::messenger
