#include "identity/key_file.hpp"

#include "identity/private_file.hpp"

#include <algorithm>

namespace tau::identity {
namespace {

constexpr container_format format{{'T', 'A', 'U', '-', 'K', 'E', 'Y', '\n'}, 1, secret_block_bytes};
constexpr std::size_t max_file_bytes = 4096; // ours have 187 octets at most

// docs/wire/identity.md, "Secret block".
constexpr std::uint8_t has_wallet = 1;
constexpr std::size_t master_at = 1;
constexpr std::size_t wallet_at = 33;
constexpr std::size_t created_at = 65;
constexpr std::uint64_t max_created_ms = 253'402'300'799'999; // the end of the year 9999

} // namespace

secret_bytes encode_secret_block(identity_secret const& secret) {
    secret_bytes out(secret_block_bytes);
    auto* const at = out.data();
    std::copy_n(secret.master.data(), identity_secret::master_size, at + master_at);
    if (secret.imported_wallet) {
        at[0] = has_wallet;
        std::copy_n(secret.imported_wallet->data(), wallet_key::secret_size, at + wallet_at);
    }
    auto const created = static_cast<std::uint64_t>(secret.created.time_since_epoch().count());
    for (std::size_t i = 0; i < 8; ++i)
        at[created_at + i] = static_cast<std::uint8_t>(created >> (56 - 8 * i));
    return out;
}

result<identity_secret> decode_secret_block(byte_view data) {
    if (data.size() != secret_block_bytes)
        return errc::invalid_length;
    if (data[0] > has_wallet)
        return errc::invalid_encoding;
    identity_secret out;
    out.master = secret_bytes::from(data.subspan(master_at, identity_secret::master_size));
    auto const wallet = data.subspan(wallet_at, wallet_key::secret_size);
    if (data[0] == has_wallet) {
        if (!wallet_key::from(wallet))
            return errc::invalid_encoding;
        out.imported_wallet = secret_bytes::from(wallet);
    } else if (std::any_of(wallet.begin(), wallet.end(), [](auto octet) { return octet != 0; })) {
        return errc::invalid_encoding;
    }
    std::uint64_t created = 0;
    for (auto const octet : data.subspan(created_at))
        created = created << 8 | octet;
    if (created > max_created_ms)
        return errc::invalid_encoding;
    out.created = unix_ms(std::chrono::milliseconds(created));
    return out;
}

result<secret_bytes> encode_key_file(identity_secret const& secret, byte_view passphrase,
                                     passphrase_cost cost, random_source& random) {
    auto const valid = keyring::from(secret);
    if (!valid)
        return valid.error();
    return seal_container(format, encode_secret_block(secret).view(), passphrase, cost, random);
}

result<identity_secret> decode_key_file(byte_view data, byte_view passphrase) {
    TAU_TRY(sealed, parse_container(format, data));
    TAU_TRY(body, open_container(sealed, passphrase));
    auto out = decode_secret_block(body.view());
    if (!out)
        return errc::invalid_encoding;
    return out;
}

error_code key_file::create(identity_secret const& secret, byte_view passphrase,
                            random_source& random, passphrase_cost cost) const {
    auto const content = encode_key_file(secret, passphrase, cost, random);
    if (!content)
        return content.error();
    return write_private_file(m_path, content.value().view(), write_mode::create);
}

result<identity_secret> key_file::load(byte_view passphrase) const {
    TAU_TRY(content, read_private_file(m_path, max_file_bytes));
    return decode_key_file(content.view(), passphrase);
}

result<bool> key_file::is_protected() const {
    TAU_TRY(content, read_private_file(m_path, max_file_bytes));
    TAU_TRY(sealed, parse_container(format, content.view()));
    return sealed.is_protected;
}

error_code key_file::change_passphrase(byte_view old_passphrase, byte_view new_passphrase,
                                       random_source& random, passphrase_cost cost) const {
    auto const secret = load(old_passphrase);
    if (!secret)
        return secret.error();
    auto const content = encode_key_file(secret.value(), new_passphrase, cost, random);
    if (!content)
        return content.error();
    return write_private_file(m_path, content.value().view(), write_mode::replace);
}

} // namespace tau::identity
