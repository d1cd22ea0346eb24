#pragma once

#include "graph/claim_list.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace tau::graph {

/// Which nodes one side of a search has met: node to a 32-bit value, emptied in no
/// time. Most nodes that are looked for were not met, and a bit for each of many hashes tells
/// that from the first-level cache.
/// Threading: one thread.
class visit_map {
public:
    static constexpr std::uint32_t none = 0xffff'ffff;

    /// Forgets everything; the memory stays.
    void clear() {
        m_size = 0;
        m_mask = base_slots - 1;
        m_filter.fill(0);
        next_epoch();
    }

    [[nodiscard]] std::uint32_t find(node_index node) const {
        auto const bit = filter_bit(node);
        if ((m_filter[bit / 64] >> bit % 64 & 1) == 0)
            return none;
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
        auto const bit = filter_bit(node);
        m_filter[bit / 64] |= std::uint64_t{1} << bit % 64;
        return slot_for(node).value;
    }

private:
    struct slot {
        std::uint32_t epoch = 0;
        node_index node = no_node;
        std::uint32_t value = none;
    };
    static constexpr std::size_t base_slots = 2048;
    static constexpr unsigned filter_bits = 16; // of a hash: 8 KiB

    [[nodiscard]] static std::uint64_t hash_of(node_index node) {
        return node * 0x9e3779b97f4a7c15ULL;
    }
    [[nodiscard]] std::size_t place_of(node_index node) const {
        return (hash_of(node) >> 24) & m_mask;
    }
    [[nodiscard]] static std::size_t filter_bit(node_index node) {
        return hash_of(node) >> (64 - filter_bits);
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

    std::array<std::uint64_t, (std::size_t{1} << filter_bits) / 64> m_filter{};
    std::vector<slot> m_slots = std::vector<slot>(base_slots);
    std::size_t m_mask = base_slots - 1;
    std::size_t m_size = 0;
    std::uint32_t m_epoch = 1;
};

} // namespace tau::graph
