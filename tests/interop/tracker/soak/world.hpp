#pragma once

#include "core/endpoint.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <string>

namespace tau::soak {

using clock_type = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// What all peers together saw since the last line was printed.
struct totals {
    std::uint64_t udp = 0;         ///< announces answered
    std::uint64_t http = 0;        ///< the same over HTTP
    std::uint64_t signed_ones = 0; ///< signed requests answered
    std::uint64_t expired = 0;     ///< connection ids that a restart made invalid, or time did
    std::uint64_t unanswered = 0;  ///< requests that had to be sent again
    std::uint64_t reconnects = 0;  ///< HTTP connections that broke
    std::uint64_t routes = 0;      ///< asked for
    std::uint64_t found = 0;       ///< with a path
    std::uint64_t lives = 0;       ///< clients that came
    milliseconds longest{0};       ///< from a first attempt to its answer
    std::map<std::string, std::uint64_t> refused;
};

/// What the peers share. Threading: that of `io`.
struct world {
    boost::asio::io_context& io;
    endpoint tracker;
    milliseconds interval{400}; ///< between two announces of a client, on average
    std::uint32_t wallets = 0;
    totals seen;
    std::mt19937_64 dice{1};

    [[nodiscard]] std::uint32_t below(std::uint32_t bound) {
        return static_cast<std::uint32_t>(dice() % bound);
    }
    /// `mean`, give or take half of it.
    [[nodiscard]] milliseconds about(milliseconds mean) {
        return mean / 2 + milliseconds(below(static_cast<std::uint32_t>(mean.count()) + 1));
    }
};

/// Anybody who asks the tracker again and again.
class peer {
public:
    virtual ~peer() = default;
    /// How long it has been waiting for an answer, over all attempts.
    [[nodiscard]] milliseconds waiting(clock_type::time_point now) const {
        return m_waits ? std::chrono::duration_cast<milliseconds>(now - m_since) : milliseconds(0);
    }

protected:
    void on_attempt() {
        if (!m_waits)
            m_since = clock_type::now();
        m_waits = true;
    }
    void on_answer(totals& seen) {
        seen.longest = std::max(seen.longest, waiting(clock_type::now()));
        m_waits = false;
    }

private:
    bool m_waits = false;
    clock_type::time_point m_since;
};

/// The info-hash of a swarm, or of a topic.
[[nodiscard]] inline info_hash swarm_number(std::uint32_t n) {
    info_hash out;
    for (std::size_t i = 0; i < out.size(); ++i)
        out.octets[i] = static_cast<std::uint8_t>((n + 1) * 2654435761U >> (i % 4 * 8));
    return out;
}

} // namespace tau::soak
