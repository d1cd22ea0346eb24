#pragma once

#include "overlay/tracker_port.hpp"

#include <memory>
#include <vector>

namespace tau::net {

/// Several ways to trackers as one; their trackers follow each other in order.
/// Threading and errors: as of the members.
class tracker_group final : public overlay::tracker_port {
public:
    explicit tracker_group(std::vector<std::unique_ptr<overlay::tracker_port>> members)
        : m_members(std::move(members)) {
        for (auto const& one : m_members)
            for (std::size_t i = 0; i < one->count(); ++i)
                m_trackers.emplace_back(one.get(), i);
    }

    [[nodiscard]] std::size_t count() const override { return m_trackers.size(); }
    [[nodiscard]] std::string name_of(std::size_t tracker) const override {
        auto const& [member, number] = m_trackers[tracker];
        return member->name_of(number);
    }
    void ask(std::size_t tracker, wire::announce_request const& what,
             overlay::tracker_handler done) override {
        auto const& [member, number] = m_trackers[tracker];
        member->ask(number, what, std::move(done));
    }

private:
    std::vector<std::unique_ptr<overlay::tracker_port>> m_members;
    std::vector<std::pair<overlay::tracker_port*, std::size_t>> m_trackers;
};

} // namespace tau::net
