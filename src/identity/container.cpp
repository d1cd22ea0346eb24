#include "identity/container.hpp"

#include <openssl/sha.h>
#include <sodium.h>

#include <algorithm>

namespace tau::identity {
namespace {

// docs/wire/identity.md, "Secret container": offsets of the header's fields.
constexpr std::size_t version_at = 8;
constexpr std::size_t protection_at = 9;
constexpr std::size_t passes_at = 10;
constexpr std::size_t memory_at = 14;
constexpr std::size_t salt_at = 18;
constexpr std::size_t nonce_at = 34;
constexpr std::size_t length_at = 58;
constexpr std::size_t header_bytes = 66;
constexpr std::size_t checksum_bytes = SHA256_DIGEST_LENGTH;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

static_assert(nonce_at - salt_at == crypto_pwhash_SALTBYTES);
static_assert(length_at - nonce_at == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);

enum class protection : std::uint8_t { none = 0, passphrase = 1 };

template <class Integer>
void put_integer(std::uint8_t* at, Integer value) {
    for (std::size_t i = 0; i < sizeof value; ++i)
        at[i] = static_cast<std::uint8_t>(value >> (8 * (sizeof value - 1 - i)));
}

template <class Integer>
Integer get_integer(std::uint8_t const* at) {
    Integer out = 0;
    for (std::size_t i = 0; i < sizeof out; ++i)
        out = static_cast<Integer>(out << 8 | at[i]);
    return out;
}

bool is_allowed(passphrase_cost cost) {
    return cost.passes >= crypto_pwhash_argon2id_OPSLIMIT_MIN
           && cost.passes <= max_passphrase_passes
           && std::size_t{cost.memory_kib} * 1024 >= crypto_pwhash_argon2id_MEMLIMIT_MIN
           && cost.memory_kib <= max_passphrase_memory_kib;
}

result<secret_bytes> passphrase_key(byte_view passphrase, std::uint8_t const* salt,
                                    passphrase_cost cost) {
    secret_bytes key(crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
    if (crypto_pwhash(key.data(), key.size(), as_text(passphrase).data(), passphrase.size(), salt,
                      cost.passes, std::size_t{cost.memory_kib} * 1024,
                      crypto_pwhash_ALG_ARGON2ID13)
        != 0)
        return errc::out_of_memory;
    return key;
}

bool is_zero(byte_view data) {
    return std::all_of(data.begin(), data.end(), [](auto octet) { return octet == 0; });
}

void append_checksum(secret_bytes& out) {
    auto const covered = out.size() - checksum_bytes;
    SHA256(out.data(), covered, out.data() + covered);
}

bool has_right_checksum(byte_view data) {
    std::array<std::uint8_t, checksum_bytes> expected{};
    SHA256(data.data(), data.size() - checksum_bytes, expected.data());
    return std::equal(expected.begin(), expected.end(), data.end() - checksum_bytes);
}

// What the file is, as far as it goes: a truncated one is told from a strange one.
error_code check_start(container_format const& format, byte_view data) {
    auto const known = std::min(data.size(), format.magic.size());
    if (!std::equal(format.magic.begin(), format.magic.begin() + static_cast<std::ptrdiff_t>(known),
                    data.begin(),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; }))
        return errc::invalid_encoding;
    if (data.size() > version_at && data[version_at] != format.version)
        return errc::unsupported_version;
    if (data.size() < header_bytes + checksum_bytes)
        return errc::invalid_length;
    return {};
}

result<container> read_header(byte_view data) {
    container out;
    auto const* const at = data.data();
    auto const kind = static_cast<protection>(at[protection_at]);
    if (kind != protection::none && kind != protection::passphrase)
        return errc::unsupported_version;
    out.is_protected = kind == protection::passphrase;
    out.cost = {get_integer<std::uint32_t>(at + passes_at),
                get_integer<std::uint32_t>(at + memory_at)};
    std::copy_n(at + salt_at, out.salt.size(), out.salt.begin());
    std::copy_n(at + nonce_at, out.nonce.size(), out.nonce.begin());
    if (out.is_protected && !is_allowed(out.cost))
        return errc::invalid_argument;
    if (!out.is_protected && !is_zero(data.subspan(passes_at, length_at - passes_at)))
        return errc::invalid_encoding;
    out.header = data.first(header_bytes);
    out.body = data.subspan(header_bytes, data.size() - header_bytes - checksum_bytes);
    return out;
}

} // namespace

result<secret_bytes> seal_container(container_format const& format, byte_view body,
                                    byte_view passphrase, passphrase_cost cost,
                                    random_source& random) {
    bool const is_protected = !passphrase.empty();
    if (body.size() > format.max_body_bytes || passphrase.size() > max_passphrase_bytes)
        return errc::too_large;
    if (is_protected && !is_allowed(cost))
        return errc::invalid_argument;
    auto const body_bytes = body.size() + (is_protected ? tag_bytes : 0);
    secret_bytes out(header_bytes + body_bytes + checksum_bytes);
    auto* const at = out.data();
    std::copy(format.magic.begin(), format.magic.end(), at);
    at[version_at] = format.version;
    put_integer<std::uint64_t>(at + length_at, body_bytes);
    if (!is_protected) {
        std::copy(body.begin(), body.end(), at + header_bytes);
        append_checksum(out);
        return out;
    }
    at[protection_at] = static_cast<std::uint8_t>(protection::passphrase);
    put_integer(at + passes_at, cost.passes);
    put_integer(at + memory_at, cost.memory_kib);
    random.fill({at + salt_at, length_at - salt_at});
    TAU_TRY(key, passphrase_key(passphrase, at + salt_at, cost));
    crypto_aead_xchacha20poly1305_ietf_encrypt(at + header_bytes, nullptr, body.data(), body.size(),
                                               at, header_bytes, nullptr, at + nonce_at,
                                               key.data());
    append_checksum(out);
    return out;
}

result<container> parse_container(container_format const& format, byte_view data) {
    if (auto const problem = check_start(format, data))
        return problem;
    auto const length = get_integer<std::uint64_t>(data.data() + length_at);
    auto const present = data.size() - header_bytes - checksum_bytes;
    bool const too_long = length > format.max_body_bytes + tag_bytes;
    if (!too_long && present < length)
        return errc::invalid_length;
    if (!has_right_checksum(data))
        return errc::invalid_checksum;
    if (too_long)
        return errc::too_large;
    if (present > length)
        return errc::invalid_length;
    TAU_TRY(out, read_header(data));
    if (out.is_protected && out.body.size() < tag_bytes)
        return errc::invalid_length;
    return out;
}

result<secret_bytes> open_container(container const& c, byte_view passphrase) {
    if (!c.is_protected)
        return secret_bytes::from(c.body);
    if (passphrase.empty())
        return errc::passphrase_required;
    if (passphrase.size() > max_passphrase_bytes)
        return errc::wrong_passphrase;
    TAU_TRY(key, passphrase_key(passphrase, c.salt.data(), c.cost));
    secret_bytes out(c.body.size() - tag_bytes);
    // The checksum was right, so what does not open was sealed under another passphrase.
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr, c.body.data(),
                                                   c.body.size(), c.header.data(), c.header.size(),
                                                   c.nonce.data(), key.data())
        != 0)
        return errc::wrong_passphrase;
    return out;
}

} // namespace tau::identity
