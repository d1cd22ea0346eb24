#include "identity/backup.hpp"

#include "identity/private_file.hpp"

#include <algorithm>

namespace tau::identity {
namespace {

constexpr std::size_t max_body_bytes = secret_block_bytes + max_backup_payload_bytes;
constexpr container_format format{{'T', 'A', 'U', '-', 'B', 'A', 'K', '\n'}, 1, max_body_bytes};
constexpr std::size_t max_file_bytes = max_body_bytes + 4096; // header, tag and checksum

} // namespace

result<secret_bytes> encode_backup(identity_secret const& secret, byte_view payload,
                                   byte_view passphrase, random_source& random,
                                   passphrase_cost cost) {
    if (passphrase.empty())
        return errc::passphrase_required;
    if (payload.size() > max_backup_payload_bytes)
        return errc::too_large;
    auto const valid = keyring::from(secret);
    if (!valid)
        return valid.error();
    secret_bytes body(secret_block_bytes + payload.size());
    auto const block = encode_secret_block(secret);
    std::copy_n(block.data(), secret_block_bytes, body.data());
    std::copy(payload.begin(), payload.end(), body.data() + secret_block_bytes);
    return seal_container(format, body.view(), passphrase, cost, random);
}

result<backup> decode_backup(byte_view data, byte_view passphrase) {
    TAU_TRY(sealed, parse_container(format, data));
    // encode_backup() never leaves a backup in the clear, so such a file is a forgery.
    if (!sealed.is_protected)
        return errc::invalid_encoding;
    TAU_TRY(body, open_container(sealed, passphrase));
    if (body.size() < secret_block_bytes)
        return errc::invalid_encoding;
    auto secret = decode_secret_block(body.view().first(secret_block_bytes));
    if (!secret)
        return errc::invalid_encoding;
    return backup{std::move(secret).value(),
                  secret_bytes::from(body.view().subspan(secret_block_bytes))};
}

error_code write_backup(std::filesystem::path const& file, identity_secret const& secret,
                        byte_view payload, byte_view passphrase, random_source& random,
                        passphrase_cost cost) {
    auto const content = encode_backup(secret, payload, passphrase, random, cost);
    if (!content)
        return content.error();
    return write_private_file(file, content.value().view(), write_mode::create);
}

result<backup> read_backup(std::filesystem::path const& file, byte_view passphrase) {
    TAU_TRY(content, read_private_file(file, max_file_bytes, read_check::none));
    return decode_backup(content.view(), passphrase);
}

} // namespace tau::identity
