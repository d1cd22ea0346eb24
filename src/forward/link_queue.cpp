#include "forward/link_queue.hpp"

#include <utility>

namespace tau::forward {

void link_queue::push(cargo_ptr what) {
    auto& into = m_lanes[what->source];
    if (into.empty()) {
        into.credit = quantum;
        m_turns.push_back(what->source);
    }
    auto& queue = what->is_control() ? into.control : into.bulk;
    queue.push_back(std::move(what));
    ++m_size;
}

cargo_ptr link_queue::pop() {
    while (!m_turns.empty()) {
        auto const found = m_lanes.find(m_turns.front());
        auto& from = found->second;
        auto& queue = from.control.empty() ? from.bulk : from.control;
        auto const size = queue.front()->size();
        if (size > from.credit) {
            from.credit += quantum;
            m_turns.splice(m_turns.end(), m_turns, m_turns.begin());
            continue;
        }
        from.credit -= size;
        auto out = std::move(queue.front());
        queue.pop_front();
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
