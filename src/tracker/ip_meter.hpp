#pragma once

#include "core/endpoint.hpp"

#include <cstdint>
#include <vector>

namespace tau::tracker {

/// Octets that stand for a client's address: the whole of IPv4, the /64 of IPv6,
/// since one user commands all of it.
[[nodiscard]] inline std::uint64_t address_key(ip_address const& address) {
    if (address.is_v4())
        return address.to_v4().to_uint();
    auto const raw = address.to_v6().to_bytes();
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < 8; ++i)
        out = out << 8 | raw[i];
    return out | std::uint64_t{1} << 63;
}

/// Counts requests by address and second in a fixed table: one cache line a
/// request, however many addresses there are. Two that share a place share a
/// count, so a limit should leave room. Threading: one thread.
class ip_meter {
public:
    static constexpr std::size_t places = 1 << 14;

    /// False once `limit` requests of the address came within this second; 0 is no limit.
    [[nodiscard]] bool allow(std::uint64_t address, std::uint32_t now_s, std::uint32_t limit) {
        if (limit == 0)
            return true;
        if (m_table.empty())
            m_table.resize(places);
        auto& p = m_table[(address * 0x9e3779b97f4a7c15ULL >> 50) & (places - 1)];
        if (p.second != now_s)
            p = {now_s, 0};
        return ++p.count <= limit;
    }

private:
    struct place {
        std::uint32_t second = 0;
        std::uint32_t count = 0;
    };
    std::vector<place> m_table;
};

} // namespace tau::tracker
