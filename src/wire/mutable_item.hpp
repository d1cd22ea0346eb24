#pragma once

#include "core/bytes.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tau::wire {

/// BEP 44: the largest bencoded value `v` that a node stores (error 205 above it).
inline constexpr std::size_t max_value_bytes = 1000;
/// BEP 44: the largest salt (error 207 above it).
inline constexpr std::size_t max_salt_bytes = 64;

/// The salt of a mutable item: 0 to 64 arbitrary octets that name a channel under a key.
/// It cannot hold more.
class salt {
public:
    salt() = default;
    /// errc::too_large above max_salt_bytes.
    [[nodiscard]] static result<salt> from(std::string_view octets);

    [[nodiscard]] std::string const& octets() const { return m_octets; }
    [[nodiscard]] bool empty() const { return m_octets.empty(); }
    friend auto operator<=>(salt const&, salt const&) = default;

private:
    std::string m_octets;
};

/// Where a mutable item lives: an ed25519 public key and a salt.
struct item_address {
    public_key key;
    wire::salt salt;

    friend auto operator<=>(item_address const&, item_address const&) = default;
};

/// BEP 44: SHA-1 of public key and salt.
[[nodiscard]] target target_of(item_address const& address);

/// BEP 44: SHA-1 of the bencoded value, the target of an immutable item.
[[nodiscard]] target target_of_immutable(byte_view bencoded_value);

/// A BEP 44 mutable item as it is stored and sent. `value` is the raw bencoded
/// `v`, 1 to max_value_bytes octets, exactly as it was signed.
struct mutable_item {
    item_address address;
    std::int64_t seq = 0;
    bytes value;
    tau::signature sig;

    friend bool operator==(mutable_item const&, mutable_item const&) = default;
};

/// The octets that the signature of a mutable item covers:
/// [4:salt<n>:<salt>]3:seqi<seq>e1:v<value>; the salt part only if there is one.
[[nodiscard]] bytes signed_octets(wire::salt const& salt, std::int64_t seq, byte_view value);

/// success, errc::invalid_signature, errc::too_large, or errc::invalid_encoding if
/// `value` is not exactly one bencoded value. Costs one ed25519 verification (50 us).
[[nodiscard]] error_code verify(mutable_item const& item);

} // namespace tau::wire

template <>
struct std::hash<tau::wire::item_address> {
    std::size_t operator()(tau::wire::item_address const& address) const noexcept {
        return std::hash<tau::public_key>{}(address.key)
               ^ (std::hash<std::string>{}(address.salt.octets()) << 1);
    }
};
