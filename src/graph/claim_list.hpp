#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>

namespace tau::graph {

/// A wallet's place in the edge store; meaningful only while the store says so.
using node_index = std::uint32_t;
inline constexpr node_index no_node = 0xffff'ffff;

/// Whole seconds since the owner's own epoch.
using seconds32 = std::chrono::duration<std::uint32_t>;

/// What one wallet holds about another: eight octets, because there are ten million.
class claim {
public:
    enum flag : std::uint32_t {
        mine = 1,          ///< the holder claims the link
        theirs = 2,        ///< the other wallet claims it
        refused = 4,       ///< the holder denied the other's claim
        refused_by_it = 8, ///< the other denied the holder's claim
    };

    claim() = default;
    claim(node_index node, std::uint32_t flags, seconds32 since)
        : m_node(node), m_packed(since.count() << flag_bits | flags) {}

    [[nodiscard]] node_index node() const { return m_node; }
    [[nodiscard]] bool has(flag f) const { return (m_packed & f) != 0; }
    [[nodiscard]] bool is_mutual() const { return (m_packed & (mine | theirs)) == (mine | theirs); }
    [[nodiscard]] bool is_empty() const { return (m_packed & (mine | theirs)) == 0; }
    /// When the older of the two claims was made; 28 bits, eight years.
    [[nodiscard]] seconds32 since() const { return seconds32{m_packed >> flag_bits}; }

    void set(flag f) { m_packed |= f; }
    void clear(flag f) { m_packed &= ~static_cast<std::uint32_t>(f); }

private:
    static constexpr unsigned flag_bits = 4;

    node_index m_node = no_node;
    std::uint32_t m_packed = 0;
};
static_assert(sizeof(claim) == 8);

/// Claims of one wallet, sorted by node: sixteen octets when empty.
/// Threading: one writer, or many readers. References end with the next change.
class claim_list {
public:
    static constexpr std::size_t max_size = 4096; ///< above every limit the store can set

    [[nodiscard]] std::span<claim const> view() const { return {m_claims.get(), m_size}; }
    [[nodiscard]] std::size_t size() const { return m_size; }
    [[nodiscard]] bool is_empty() const { return m_size == 0; }

    /// nullptr if nothing is held about `node`.
    [[nodiscard]] claim* find(node_index node);
    [[nodiscard]] claim const* find(node_index node) const;
    /// Room for so many in all, so that adding them moves none.
    void reserve(std::size_t capacity) {
        if (capacity > m_capacity)
            resize_storage(capacity);
    }
    /// Asks the processor for the middle, where find() begins.
    void prefetch() const { __builtin_prefetch(m_claims.get() + m_size / 2); }
    /// Adds `what` in order; its node must be absent and size() below max_size.
    claim& insert(claim what);
    void erase(node_index node);
    void clear();

private:
    [[nodiscard]] claim* lower_bound(node_index node) const;
    void resize_storage(std::size_t capacity);

    std::unique_ptr<claim[]> m_claims;
    std::uint16_t m_size = 0;
    std::uint16_t m_capacity = 0;
};
static_assert(sizeof(claim_list) == 16);

} // namespace tau::graph
