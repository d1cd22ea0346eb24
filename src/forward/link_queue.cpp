#include "forward/link_queue.hpp"

#include <utility>

namespace tau::forward {

link_queue::frames* link_queue::lane::next(load which) {
    if (!control.empty())
        return &control;
    bool const bulk_may_go = which == load::any && !bulk.empty();
    if (!light.empty() && !(bulk_may_go && since_bulk >= light_share))
        return &light;
    return bulk_may_go ? &bulk : nullptr;
}

void link_queue::push(cargo_ptr what) {
    auto& into = m_lanes[what->source];
    if (into.empty()) {
        into.credit = quantum;
        m_turns.push_back(what->source);
    }
    auto& queue = what->is_control() ? into.control : what->is_bulk() ? into.bulk : into.light;
    queue.push_back(std::move(what));
    ++m_size;
}

cargo_ptr link_queue::pop(load which) {
    // `passed` lanes in a row had nothing that may go.
    for (std::size_t passed = 0; passed < m_turns.size();) {
        auto const found = m_lanes.find(m_turns.front());
        auto& from = found->second;
        auto* const queue = from.next(which);
        auto const size = queue == nullptr ? 0 : queue->front()->size();
        if (queue == nullptr || size > from.credit) {
            passed = queue == nullptr ? passed + 1 : 0;
            from.credit += queue == nullptr ? 0 : quantum;
            m_turns.splice(m_turns.end(), m_turns, m_turns.begin());
            continue;
        }
        from.credit -= size;
        if (queue == &from.bulk)
            from.since_bulk = 0;
        else if (queue == &from.light && !from.bulk.empty())
            from.since_bulk += size;
        auto out = std::move(queue->front());
        queue->pop_front();
        --m_size;
        if (from.empty()) {
            m_lanes.erase(found);
            m_turns.pop_front();
        }
        return out;
    }
    return nullptr;
}

std::vector<cargo_ptr> link_queue::take_all() {
    std::vector<cargo_ptr> out;
    while (auto next = pop())
        out.push_back(std::move(next));
    return out;
}

} // namespace tau::forward
