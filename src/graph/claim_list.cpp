#include "graph/claim_list.hpp"

#include <algorithm>

namespace tau::graph {

claim* claim_list::lower_bound(node_index node) const {
    return std::lower_bound(m_claims.get(), m_claims.get() + m_size, node,
                            [](claim const& c, node_index n) { return c.node() < n; });
}

claim* claim_list::find(node_index node) {
    auto* const at = lower_bound(node);
    return at != m_claims.get() + m_size && at->node() == node ? at : nullptr;
}

claim const* claim_list::find(node_index node) const {
    auto const* const at = lower_bound(node);
    return at != m_claims.get() + m_size && at->node() == node ? at : nullptr;
}

void claim_list::resize_storage(std::size_t capacity) {
    auto larger = std::make_unique<claim[]>(capacity);
    std::copy_n(m_claims.get(), m_size, larger.get());
    m_claims = std::move(larger);
    m_capacity = static_cast<std::uint16_t>(capacity);
}

claim& claim_list::insert(claim what) {
    // Small steps: with ten links a wallet, doubling would waste a third of all memory.
    if (m_size == m_capacity)
        resize_storage(
            std::min<std::size_t>(max_size, m_size + std::max<std::size_t>(2, m_size / 4)));
    auto* const at = lower_bound(what.node());
    std::copy_backward(at, m_claims.get() + m_size, m_claims.get() + m_size + 1);
    *at = what;
    ++m_size;
    return *at;
}

void claim_list::erase(node_index node) {
    auto* const at = find(node);
    if (at == nullptr)
        return;
    std::copy(at + 1, m_claims.get() + m_size, at);
    --m_size;
    if (m_size == 0)
        clear();
    else if (m_size < m_capacity / 4)
        resize_storage(m_size * 2U);
}

void claim_list::clear() {
    m_claims.reset();
    m_size = 0;
    m_capacity = 0;
}

} // namespace tau::graph
