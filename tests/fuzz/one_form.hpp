#pragma once

#include "core/bytes.hpp"
#include "core/error.hpp"

#include <cstdlib>

/// For decoders of which whatever they accept has exactly one form: ends the program
/// unless `again`, what was decoded and encoded anew, is `input`.
inline void expect_same(tau::result<tau::bytes> const& again, tau::byte_view input) {
    if (!again || again.value() != tau::to_bytes(input))
        std::abort();
}
