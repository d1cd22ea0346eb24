#pragma once

#include "core/bytes.hpp"
#include "core/endpoint.hpp"

#include <chrono>
#include <cstddef>

namespace tau::bench {

struct load_result {
    std::size_t answers = 0;
    double answers_per_second = 0;
    std::size_t lost = 0; ///< queries that were not answered in time
};

/// Asks `node` for the author's items with raw BEP 44 gets, 128 at a time, as fast as it
/// answers, and only counts the answers that hold a value.
[[nodiscard]] load_result generate_load(endpoint const& node, public_key const& author,
                                        std::size_t items, std::chrono::seconds how_long);

} // namespace tau::bench
