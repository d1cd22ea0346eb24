#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace tau::tracker {

/// What a tracker thread counts. The order is that of counter_names().
enum class counter : std::size_t {
    udp_connects,
    udp_announces,
    udp_announces_refused,
    udp_scrapes,
    udp_wallet_requests,
    udp_malformed,
    udp_stale_connection_ids,
    udp_send_failures,
    http_announces,
    http_announces_refused,
    http_scrapes,
    http_other,
    http_malformed,
    http_connections,
    http_timeouts,
    tls_failures,
    http_crowded_out,
    signed_accepted,
    routes_asked,
    routes_found,
    refused_malformed,
    refused_banned,
    refused_passkey,
    refused_hash,
    refused_rate,
    refused_signature,
    refused_key,
    refused_clock,
    refused_replay,
    refused_limit,
    refused_name,
    refused_busy,
    refused_full_scrape,
    count,
};

/// Counters of one thread, read by others. Adding is a plain load and store, so
/// only the owner may add. Threading: one writer, any readers.
class counters {
public:
    static constexpr std::size_t size = static_cast<std::size_t>(counter::count);

    void add(counter which, std::uint64_t amount = 1) {
        auto& value = m_values[static_cast<std::size_t>(which)];
        value.store(value.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t get(counter which) const {
        return m_values[static_cast<std::size_t>(which)].load(std::memory_order_relaxed);
    }

private:
    std::array<std::atomic<std::uint64_t>, size> m_values{};
};

} // namespace tau::tracker
