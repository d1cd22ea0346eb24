#pragma once

#include "core/bytes.hpp"
#include "sim/gossip/trace.hpp"

#include <string>
#include <unordered_map>
#include <vector>

namespace tau::test {

/// What devices did with one sealed item.
struct journal_entry {
    enum class act : std::uint8_t { put, found, missed, handed };
    trace_time at{};
    std::size_t device = 0; ///< who acted
    std::size_t other = 0;  ///< handed: to whom
    act what = act::put;
};

/// The ways of sealed items through a city, to explain why one is late. Threading: one thread.
class journal {
public:
    void note(target const& item, journal_entry const& entry) { m_items[item].push_back(entry); }
    [[nodiscard]] std::vector<journal_entry> const& of(target const& item) const;

    /// One line for people: who wrote to whom, who was there and had it when.
    [[nodiscard]] std::string explain(trace const& plan, trace_message const& message,
                                      target const& item, trace_time until) const;

private:
    std::unordered_map<target, std::vector<journal_entry>> m_items;
};

} // namespace tau::test
