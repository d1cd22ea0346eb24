#pragma once

#include "core/bytes.hpp"
#include "core/endpoint.hpp"
#include "wire/endpoint_value.hpp"

namespace tau::wire {

/// Where the sender can be met, told to each neighbour. An unspecified address stands for
/// the one that the receiver sees.
struct reach {
    stated_nat nat = stated_nat::unknown;
    endpoint where;

    friend bool operator==(reach const&, reach const&) = default;
};

// Source: docs/wire/hello.md. Errors: errc::invalid_length, errc::invalid_encoding.
[[nodiscard]] bytes encode(reach const& what);
[[nodiscard]] result<reach> decode_reach(byte_view body);

} // namespace tau::wire
