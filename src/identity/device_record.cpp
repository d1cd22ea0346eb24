#include "core/hex.hpp"
#include "identity/device_watch.hpp"
#include "identity/private_file.hpp"
#include "wire/bencode.hpp"

#include <sodium.h>

#include <algorithm>
#include <string>

namespace tau::identity {
namespace {

constexpr char const* device_file_name = "device";
constexpr std::size_t device_file_bytes = 2 * device_id::size_bytes + 1; // hex and a line end

// docs/wire/identity.md, "Devices": version, nonce, sealed id and time.
constexpr std::uint8_t record_version = 1;
constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t plain_bytes = device_id::size_bytes + 8;
constexpr std::size_t record_bytes = 1 + nonce_bytes + plain_bytes + tag_bytes;
constexpr std::uint64_t max_started_ms = 253'402'300'799'999; // the end of the year 9999

// The label and the key keep a record from being taken for anything else of ours.
std::string associated_data(keyring const& keys) {
    return "tau-device-v1" + std::string(as_text(keys.key()));
}

result<device_id> read_device_id(std::filesystem::path const& file) {
    TAU_TRY(content, read_private_file(file, device_file_bytes));
    if (content.size() != device_file_bytes)
        return errc::invalid_length;
    return fixed_from_hex<device_id>(as_text(content.view().first(device_file_bytes - 1)));
}

} // namespace

result<device_id> load_or_make_device_id(std::filesystem::path const& folder,
                                         random_source& random) {
    auto const file = folder / device_file_name;
    auto known = read_device_id(file);
    if (known || known.error() != errc::not_found)
        return known;
    auto const made = random.make<device_id>();
    auto const text = to_hex(made) + "\n";
    if (auto const problem = write_private_file(file, as_bytes(text), write_mode::create))
        return problem;
    return made;
}

bytes encode(device_record const& record, keyring const& keys, random_source& random) {
    bytes plain = to_bytes(record.device);
    auto const started = static_cast<std::uint64_t>(record.started.time_since_epoch().count());
    for (int shift = 56; shift >= 0; shift -= 8)
        plain.push_back(static_cast<std::uint8_t>(started >> shift));
    std::array<std::uint8_t, record_bytes> out{record_version};
    random.fill(std::span(out).subspan(1, nonce_bytes));
    auto const ad = associated_data(keys);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out.data() + 1 + nonce_bytes, nullptr, plain.data(),
                                               plain.size(), as_bytes(ad).data(), ad.size(),
                                               nullptr, out.data() + 1, keys.storage_key().data());
    return wire::wrap_string(out);
}

result<device_record> decode_device_record(byte_view value, keyring const& keys) {
    TAU_TRY(record, wire::unwrap_string(value));
    if (record.size() != record_bytes)
        return errc::invalid_length;
    if (record[0] != record_version)
        return errc::unsupported_version;
    auto const nonce = record.subspan(1, nonce_bytes);
    auto const sealed = record.subspan(1 + nonce_bytes);
    std::array<std::uint8_t, plain_bytes> plain{};
    auto const ad = associated_data(keys);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain.data(), nullptr, nullptr, sealed.data(),
                                                   sealed.size(), as_bytes(ad).data(), ad.size(),
                                                   nonce.data(), keys.storage_key().data())
        != 0)
        return errc::invalid_signature;
    device_record out;
    std::copy_n(plain.begin(), device_id::size_bytes, out.device.octets.begin());
    std::uint64_t started = 0;
    for (auto const octet : byte_view(plain).subspan(device_id::size_bytes))
        started = started << 8 | octet;
    if (started > max_started_ms)
        return errc::invalid_encoding;
    out.started = unix_ms(std::chrono::milliseconds(started));
    return out;
}

} // namespace tau::identity
