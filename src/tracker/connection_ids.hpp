#pragma once

#include "core/bytes.hpp"
#include "core/clock.hpp"

#include <cstdint>

namespace tau::tracker {

/// BEP 15 connection ids that need no table: a keyed hash of the client's address
/// and the minute. One is accepted for one to two minutes after it was given.
///
/// Source:    BEP 15 (valid for two minutes at most), SipHash-2-4.
/// Threading: any thread. Errors: none.
class connection_ids {
public:
    static constexpr std::chrono::seconds slot{60};
    using key = std::array<std::uint8_t, 16>;

    explicit connection_ids(key const& secret) : m_key(secret) {}

    /// `address` is the client's, 4 or 16 octets.
    [[nodiscard]] std::uint64_t issue(byte_view address, time_point now) const;
    [[nodiscard]] bool is_valid(std::uint64_t id, byte_view address, time_point now) const;

private:
    [[nodiscard]] std::uint64_t id_for(byte_view address, std::uint64_t number) const;

    key m_key;
};

} // namespace tau::tracker
