#pragma once

#include "core/bytes.hpp"

#include <cstdint>
#include <cstring>
#include <vector>

namespace tau::graph {

/// A keyed 64-bit hash of 20 octets (a wallet address or an info-hash). The key
/// keeps strangers, who choose both, from filling one bucket. Not a MAC.
[[nodiscard]] inline std::uint64_t keyed_hash(std::uint8_t const* twenty, std::uint64_t key) {
    __extension__ using wide = unsigned __int128;
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    std::uint32_t c = 0;
    std::memcpy(&a, twenty, 8);
    std::memcpy(&b, twenty + 8, 8);
    std::memcpy(&c, twenty + 16, 4);
    auto const fold = [](std::uint64_t x, std::uint64_t y) {
        auto const product = static_cast<wide>(x) * y;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    };
    std::uint64_t const first = fold(a ^ key, b ^ 0x9e3779b97f4a7c15ULL);
    return fold(first ^ c, key ^ 0xd6e8feb86659fd93ULL);
}

/// Finds things that live in somebody's array by their hash: open addressing over
/// 32-bit positions, four octets a slot, at most three quarters full.
///
/// The keys stay with the owner, who passes `equal(position)` and
/// `hash_of(position)`. Threading: one writer, or many readers.
class index_table {
public:
    static constexpr std::uint32_t none = 0xffff'ffff;

    /// The position for which equal() holds, or `none`.
    template <class Equal>
    [[nodiscard]] std::uint32_t find(std::uint64_t hash, Equal equal) const {
        if (m_slots.empty())
            return none;
        for (std::size_t i = hash & mask();; i = (i + 1) & mask()) {
            if (m_slots[i] == none)
                return none;
            if (equal(m_slots[i]))
                return m_slots[i];
        }
    }

    /// Adds a position that is not in the table yet.
    template <class HashOf>
    void insert(std::uint64_t hash, std::uint32_t position, HashOf hash_of) {
        if ((m_size + 1) * 4 > m_slots.size() * 3)
            grow(hash_of);
        place(hash, position);
        ++m_size;
    }

    /// Takes out a position that is in the table.
    template <class HashOf>
    void erase(std::uint64_t hash, std::uint32_t position, HashOf hash_of) {
        std::size_t hole = hash & mask();
        while (m_slots[hole] != position)
            hole = (hole + 1) & mask();
        for (std::size_t i = (hole + 1) & mask(); m_slots[i] != none; i = (i + 1) & mask()) {
            std::size_t const wanted = hash_of(m_slots[i]) & mask();
            if (((i - wanted) & mask()) < ((i - hole) & mask()))
                continue; // it would come to stand before its own place
            m_slots[hole] = m_slots[i];
            hole = i;
        }
        m_slots[hole] = none;
        --m_size;
    }

    /// The position that find() will compare first, or `none`.
    [[nodiscard]] std::uint32_t first(std::uint64_t hash) const {
        return m_slots.empty() ? none : m_slots[hash & mask()];
    }

    /// Asks the processor for the slot that find() will read first.
    void prefetch(std::uint64_t hash) const {
        if (!m_slots.empty())
            __builtin_prefetch(&m_slots[hash & mask()]);
    }

    [[nodiscard]] std::size_t size() const { return m_size; }

private:
    [[nodiscard]] std::size_t mask() const { return m_slots.size() - 1; }

    void place(std::uint64_t hash, std::uint32_t position) {
        std::size_t i = hash & mask();
        while (m_slots[i] != none)
            i = (i + 1) & mask();
        m_slots[i] = position;
    }

    template <class HashOf>
    void grow(HashOf hash_of) {
        std::vector<std::uint32_t> old(m_slots.empty() ? 16 : m_slots.size() * 2, none);
        old.swap(m_slots);
        for (auto const position : old)
            if (position != none)
                place(hash_of(position), position);
    }

    std::vector<std::uint32_t> m_slots;
    std::size_t m_size = 0;
};

} // namespace tau::graph
