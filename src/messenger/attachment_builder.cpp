#include "messenger/attachment_builder.hpp"

#include "wire/mutable_item.hpp"

#include <algorithm>
#include <utility>

namespace tau::messenger {

attachment_builder::attachment_builder(random_source& random, item_sink sink)
    : m_key(random.make<wire::content_key>()), m_sink(std::move(sink)) {
    m_leaf.reserve(leaf_bytes);
    crypto_hash_sha256_init(&m_hash);
}

error_code attachment_builder::write(byte_view data) {
    if (data.size() > max_attachment_bytes - m_size)
        return errc::too_large;
    m_size += data.size();
    crypto_hash_sha256_update(&m_hash, data.data(), data.size());
    while (!data.empty()) {
        auto const count = std::min(data.size(), leaf_bytes - m_leaf.size());
        m_leaf.insert(m_leaf.end(), data.begin(),
                      data.begin() + static_cast<std::ptrdiff_t>(count));
        data = data.subspan(count);
        if (m_leaf.size() == leaf_bytes)
            if (auto const ec = end_leaf())
                return ec;
    }
    return {};
}

result<wire::content_ref> attachment_builder::finish() {
    if (!m_leaf.empty())
        if (auto const ec = end_leaf())
            return ec;
    TAU_TRY(shape, tree_shape::of(m_size));
    auto nodes = std::move(m_leaves);
    for (unsigned level = 1; level <= shape.top_level(); ++level) {
        TAU_TRY(above, index_of(level, nodes));
        nodes = std::move(above);
    }
    wire::content_ref out;
    out.key = m_key;
    out.size = m_size;
    out.roots = std::move(nodes);
    crypto_hash_sha256_final(&m_hash, out.sha256.data());
    return out;
}

error_code attachment_builder::end_leaf() {
    auto const where = emit({0, m_leaves.size()}, m_leaf);
    if (!where)
        return where.error();
    m_leaves.push_back(where.value());
    m_leaf.clear();
    return {};
}

result<std::vector<target>> attachment_builder::index_of(unsigned level,
                                                         std::vector<target> const& below) {
    std::vector<target> out;
    for (std::size_t begin = 0; begin < below.size(); begin += wire::max_index_targets) {
        auto const end = std::min(below.size(), begin + wire::max_index_targets);
        wire::attachment_index index;
        index.children.assign(below.begin() + static_cast<std::ptrdiff_t>(begin),
                              below.begin() + static_cast<std::ptrdiff_t>(end));
        TAU_TRY(plain, wire::encode(index));
        TAU_TRY(where, emit({level, out.size()}, plain));
        out.push_back(where);
    }
    return out;
}

result<target> attachment_builder::emit(tree_position where, byte_view plain) {
    TAU_TRY(value, seal_node(m_key, where, plain));
    auto const at = wire::target_of_immutable(value);
    if (m_sink)
        m_sink({at, std::move(value)});
    return at;
}

result<built_attachment> build_attachment(byte_view content, random_source& random) {
    built_attachment out;
    attachment_builder builder(random,
                               [&](attachment_item item) { out.items.push_back(std::move(item)); });
    if (auto const ec = builder.write(content))
        return ec;
    TAU_TRY(ref, builder.finish());
    out.ref = std::move(ref);
    return out;
}

} // namespace tau::messenger
