#pragma once

#include "core/clock.hpp"
#include "wire/forward.hpp"

#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

namespace tau::forward {

/// What happened to a message of ours on its way.
enum class trace_step {
    sent,         ///< handed to a neighbour, with the path it was given
    no_way,       ///< no neighbour leads there; it waits
    refused,      ///< a hop said that it goes no further there
    link_lost,    ///< the neighbour that had it is gone
    silent,       ///< no acknowledgement in time
    acknowledged, ///< the receiver signed; `way` as its acknowledgement came
    expired,
};

struct trace_entry {
    trace_step step;
    unix_ms when{};
    std::uint8_t attempt = 0;
    std::vector<wallet_address> way{};
    wire::hop_outcome outcome = wire::hop_outcome::taken; ///< of `refused`
    bool is_layered = false; ///< of `sent`: each hop was told of the next alone
};

/// The newest messages of ours and what happened to each; for people who ask.
/// Threading: one thread. Bounded in messages and in entries of one.
class trace_log {
public:
    static constexpr std::size_t max_messages = 1024;
    static constexpr std::size_t max_entries = 32;

    void add(hash256 const& id, trace_entry entry) {
        auto found = m_entries.find(id);
        if (found == m_entries.end()) {
            m_order.push_back(id);
            if (m_order.size() > max_messages) {
                m_entries.erase(m_order.front());
                m_order.pop_front();
            }
            found = m_entries.emplace(id, std::vector<trace_entry>()).first;
        }
        // The first and the newest say most.
        if (found->second.size() >= max_entries)
            found->second.erase(found->second.begin() + 1);
        found->second.push_back(std::move(entry));
    }
    /// Empty for a message that is unknown or forgotten.
    [[nodiscard]] std::vector<trace_entry> of(hash256 const& id) const {
        auto const found = m_entries.find(id);
        return found == m_entries.end() ? std::vector<trace_entry>{} : found->second;
    }

private:
    std::unordered_map<hash256, std::vector<trace_entry>> m_entries;
    std::deque<hash256> m_order;
};

} // namespace tau::forward
