#pragma once

#include "core/bytes.hpp"

#include <vector>

namespace tau::wire {

inline constexpr std::int64_t attachment_index_version = 1;
/// Targets that one index item holds (requirements, part 2: up to 46 hashes).
inline constexpr std::size_t max_index_targets = 46;

/// An inner node of a content tree, before it is sealed: targets of the items below it.
struct attachment_index {
    std::vector<target> children; ///< 1 to max_index_targets, in content order

    friend bool operator==(attachment_index const&, attachment_index const&) = default;
};

/// errc::too_large above the limit, errc::invalid_argument without any child.
///
/// Source: docs/wire/messages.md. Threading: any.
[[nodiscard]] result<bytes> encode(attachment_index const& index);

/// Total; errc::unsupported_version for another version.
[[nodiscard]] result<attachment_index> decode_attachment_index(byte_view data);

} // namespace tau::wire
