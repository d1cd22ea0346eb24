#pragma once

#include "core/bytes.hpp"

#include <string>
#include <string_view>

namespace tau {

/// Lower-case hexadecimal, two digits an octet, no prefix.
[[nodiscard]] std::string to_hex(byte_view data);

/// Accepts both cases and no prefix. errc::invalid_encoding on an odd number of
/// digits or any other character.
[[nodiscard]] result<bytes> from_hex(std::string_view text);

/// from_hex() into a fixed-size type; errc::invalid_length for another size.
template <class Fixed>
[[nodiscard]] result<Fixed> fixed_from_hex(std::string_view text) {
    TAU_TRY(data, from_hex(text));
    return Fixed::from(data);
}

} // namespace tau
