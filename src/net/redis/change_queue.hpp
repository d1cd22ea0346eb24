#pragma once

#include "core/bytes.hpp"

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

namespace tau::net {

/// Changes of one lane that wait to be sent to Redis, in pieces that fit one batch.
/// Bounded: when Redis is away for long the oldest are dropped, since their clients
/// announce again.
///
/// Threading: any thread. Errors: none; what was dropped is counted.
class change_queue {
public:
    /// Octets of one piece, so that a batch stays below its limit.
    static constexpr std::size_t max_piece = 32 * 1024;

    explicit change_queue(std::size_t max_octets) : m_max_octets(max_octets) {}

    struct piece {
        bytes changes;
        std::uint32_t count = 0;
        std::uint32_t begun_s = 0; ///< when its first change came
    };

    /// `change` is one change as wire::replica::append() writes it.
    void push(byte_view change, std::uint32_t now_s) {
        std::lock_guard const lock(m_mutex);
        if (m_pieces.empty() || m_pieces.back().begun_s != now_s
            || m_pieces.back().changes.size() + change.size() > max_piece)
            m_pieces.push_back({{}, 0, now_s});
        auto& to = m_pieces.back();
        to.changes.insert(to.changes.end(), change.begin(), change.end());
        ++to.count;
        m_octets += change.size();
        while (m_octets > m_max_octets && m_pieces.size() > 1) {
            m_dropped += m_pieces.front().count;
            m_octets -= m_pieces.front().changes.size();
            m_pieces.pop_front();
        }
    }
    [[nodiscard]] std::optional<piece> pop() {
        std::lock_guard const lock(m_mutex);
        if (m_pieces.empty())
            return std::nullopt;
        std::optional<piece> out(std::move(m_pieces.front()));
        m_pieces.pop_front();
        m_octets -= out->changes.size();
        return out;
    }
    [[nodiscard]] std::size_t octets() const {
        std::lock_guard const lock(m_mutex);
        return m_octets;
    }
    [[nodiscard]] std::uint64_t dropped() const {
        std::lock_guard const lock(m_mutex);
        return m_dropped;
    }

private:
    std::size_t const m_max_octets;
    mutable std::mutex m_mutex;
    std::deque<piece> m_pieces;
    std::size_t m_octets = 0;
    std::uint64_t m_dropped = 0;
};

} // namespace tau::net
