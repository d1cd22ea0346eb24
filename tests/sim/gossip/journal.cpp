#include "sim/gossip/journal.hpp"

#include <algorithm>
#include <cstdio>
#include <set>

namespace tau::test {
namespace {

std::string minutes(trace_time since, trace_time at) {
    char out[32];
    std::snprintf(out, sizeof out, "%+.1f",
                  std::chrono::duration<double, std::ratio<60>>(at - since).count());
    return out;
}

std::string sessions_after(trace const& plan, std::size_t who, trace_time at, trace_time until) {
    std::string out;
    for (auto const& one : plan.sessions[who])
        if (one.to > at && one.from < until)
            out += " " + minutes(at, one.from) + ".." + minutes(at, one.to);
    return out;
}

} // namespace

std::vector<journal_entry> const& journal::of(target const& item) const {
    static std::vector<journal_entry> const none;
    auto const found = m_items.find(item);
    return found == m_items.end() ? none : found->second;
}

std::string journal::explain(trace const& plan, trace_message const& m, target const& item,
                             trace_time until) const {
    static char const letters[] = {'p', 'f', 'm', 'h'};
    auto const& theirs = plan.friends[m.to];
    auto const is_friend = [&](std::size_t who) {
        return std::binary_search(theirs.begin(), theirs.end(), who);
    };
    std::set<std::size_t> holders;
    std::string acts;
    for (auto const& one : of(item)) {
        if (one.what == journal_entry::act::found)
            holders.insert(one.device);
        acts += " " + minutes(m.at, one.at) + letters[static_cast<int>(one.what)]
                + std::to_string(one.device);
        if (one.what == journal_entry::act::handed)
            acts += ">" + std::to_string(one.other);
        if (one.device == m.to)
            acts += "!";
        else if (!is_friend(one.device))
            acts += "?";
    }
    return "from " + std::to_string(m.from) + " to " + std::to_string(m.to) + ", "
           + std::to_string(holders.size()) + " holders of " + std::to_string(theirs.size())
           + " friends\n    sender:" + sessions_after(plan, m.from, m.at, until)
           + "\n    receiver:" + sessions_after(plan, m.to, m.at, until) + "\n    acts:" + acts;
}

} // namespace tau::test
