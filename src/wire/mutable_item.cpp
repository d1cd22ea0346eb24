#include "wire/mutable_item.hpp"

#include "wire/bencode_node.hpp"

#include <sodium.h>

#include <openssl/sha.h>

namespace tau::wire {
namespace {

target sha1_of(byte_view first, byte_view second) {
    bytes joined(first.begin(), first.end());
    joined.insert(joined.end(), second.begin(), second.end());
    target out;
    SHA1(joined.data(), joined.size(), out.data());
    return out;
}

} // namespace

result<salt> salt::from(std::string_view octets) {
    if (octets.size() > max_salt_bytes)
        return errc::too_large;
    salt out;
    out.m_octets = octets;
    return out;
}

target target_of(item_address const& address) {
    return sha1_of(address.key, as_bytes(address.salt.octets()));
}

target target_of_immutable(byte_view bencoded_value) {
    return sha1_of(bencoded_value, {});
}

bytes signed_octets(wire::salt const& salt, std::int64_t seq, byte_view value) {
    std::string out;
    if (!salt.empty())
        out = "4:salt" + std::to_string(salt.octets().size()) + ":" + salt.octets();
    out += "3:seqi" + std::to_string(seq) + "e1:v";
    out += as_text(value);
    return to_bytes(out);
}

error_code verify(mutable_item const& item) {
    if (item.value.size() > max_value_bytes)
        return errc::too_large;
    if (!parse_bencode(item.value))
        return errc::invalid_encoding;
    auto const message = signed_octets(item.address.salt, item.seq, item.value);
    if (crypto_sign_verify_detached(item.sig.data(), message.data(), message.size(),
                                    item.address.key.data())
        != 0)
        return errc::invalid_signature;
    return {};
}

} // namespace tau::wire
