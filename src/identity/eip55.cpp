#include "core/hex.hpp"
#include "identity/keccak.hpp"
#include "identity/wallet.hpp"

#include <algorithm>

namespace tau::identity {
namespace {

bool is_upper(char c) {
    return c >= 'A' && c <= 'F';
}
bool is_lower(char c) {
    return c >= 'a' && c <= 'f';
}

} // namespace

std::string to_eip55(wallet_address const& wallet) {
    auto digits = to_hex(wallet);
    auto const hash = keccak256(as_bytes(digits));
    for (std::size_t i = 0; i < digits.size(); ++i) {
        auto const nibble = hash.octets[i / 2] >> (i % 2 == 0 ? 4 : 0) & 0x0f;
        if (is_lower(digits[i]) && nibble >= 8)
            digits[i] = static_cast<char>(digits[i] - 'a' + 'A');
    }
    return "0x" + digits;
}

result<wallet_address> parse_wallet(std::string_view text) {
    if (!text.starts_with("0x"))
        return errc::invalid_encoding;
    auto const digits = text.substr(2);
    if (digits.size() != 2 * wallet_address::size_bytes)
        return errc::invalid_length;
    TAU_TRY(wallet, fixed_from_hex<wallet_address>(digits));
    bool const mixed = std::any_of(digits.begin(), digits.end(), is_upper)
                       && std::any_of(digits.begin(), digits.end(), is_lower);
    if (mixed && to_eip55(wallet) != text)
        return errc::invalid_checksum;
    return wallet;
}

} // namespace tau::identity
