#pragma once

#include "graph/claim_list.hpp"

#include <cstdint>
#include <vector>

namespace tau::graph {

/// Which nodes one side of a search has met: node to a 32-bit value, emptied in no
/// time, small enough for the first-level cache while few nodes were met.
/// Threading: one thread.
class visit_map {
public:
    static constexpr std::uint32_t none = 0xffff'ffff;

    /// Forgets everything; the memory stays.
    void clear() {
        m_size = 0;
        m_mask = base_slots - 1;
        next_epoch();
    }

    [[nodiscard]] std::uint32_t find(node_index node) const {
        for (std::size_t i = place_of(node);; i = (i + 1) & m_mask) {
            if (m_slots[i].epoch != m_epoch)
                return none;
            if (m_slots[i].node == node)
                return m_slots[i].value;
        }
    }

    /// The value of `node`; a new one starts as `none`. Valid until the next call.
    [[nodiscard]] std::uint32_t& at(node_index node) {
        if ((m_size + 1) * 2 > m_mask)
            grow();
        return slot_for(node).value;
    }

private:
    struct slot {
        std::uint32_t epoch = 0;
        node_index node = no_node;
        std::uint32_t value = none;
    };
    static constexpr std::size_t base_slots = 2048;

    [[nodiscard]] std::size_t place_of(node_index node) const {
        return (node * 0x9e3779b97f4a7c15ULL >> 24) & m_mask;
    }

    slot& slot_for(node_index node) {
        std::size_t i = place_of(node);
        while (m_slots[i].epoch == m_epoch && m_slots[i].node != node)
            i = (i + 1) & m_mask;
        if (m_slots[i].epoch != m_epoch) {
            m_slots[i] = {m_epoch, node, none};
            ++m_size;
        }
        return m_slots[i];
    }

    void next_epoch() {
        if (++m_epoch != 0)
            return;
        for (auto& s : m_slots)
            s.epoch = 0;
        m_epoch = 1;
    }

    void grow() {
        std::vector<slot> kept;
        kept.reserve(m_size);
        for (std::size_t i = 0; i <= m_mask; ++i)
            if (m_slots[i].epoch == m_epoch)
                kept.push_back(m_slots[i]);
        m_mask = m_mask * 2 + 1;
        if (m_slots.size() <= m_mask)
            m_slots.resize(m_mask + 1);
        next_epoch();
        m_size = 0;
        for (auto const& s : kept)
            slot_for(s.node).value = s.value;
    }

    std::vector<slot> m_slots = std::vector<slot>(base_slots);
    std::size_t m_mask = base_slots - 1;
    std::size_t m_size = 0;
    std::uint32_t m_epoch = 1;
};

} // namespace tau::graph
