#include "messenger/attachment_fetch.hpp"

#include "wire/mutable_item.hpp"

#include <sodium.h>

#include <algorithm>
#include <utility>

namespace tau::messenger {
namespace {

constexpr std::size_t window_min = 4;
// Doublings of the retry pause; more would only overflow before the cap is applied.
constexpr unsigned max_doublings = 16;

} // namespace

result<attachment_fetch> attachment_fetch::of(wire::content_ref ref, fetch_settings settings) {
    TAU_TRY(shape, tree_shape::of(ref.size));
    if (ref.roots.size() != shape.nodes(shape.top_level()))
        return errc::invalid_argument;
    return attachment_fetch(std::move(ref), shape, settings);
}

attachment_fetch::attachment_fetch(wire::content_ref ref, tree_shape shape, fetch_settings settings)
    : m_ref(std::move(ref)), m_shape(shape), m_settings(settings),
      m_window(std::max<std::size_t>(1, settings.window_start)) {
    for (std::size_t i = 0; i < m_ref.roots.size(); ++i)
        want(m_ref.roots[i], {m_shape.top_level(), i});
}

std::vector<target> attachment_fetch::next(time_point now) {
    std::vector<std::pair<target, time_point>> late;
    for (auto const& [what, since] : m_asked)
        if (now >= since + m_settings.item_timeout)
            late.emplace_back(what, since);
    for (auto const& [what, since] : late)
        retry(what, since, now);
    while (!m_later.empty() && m_later.begin()->first <= now) {
        auto const what = m_later.begin()->second;
        m_later.erase(m_later.begin());
        m_ready.emplace(m_wanted.at(what).where, what);
    }
    std::vector<target> out;
    while (!m_ready.empty() && m_asked.size() < m_window) {
        auto const what = m_ready.begin()->second;
        m_ready.erase(m_ready.begin());
        m_asked.emplace(what, now);
        out.push_back(what);
    }
    return out;
}

error_code attachment_fetch::on_value(target const& what, byte_view value, time_point now) {
    if (m_failed)
        return m_failed;
    auto const found = m_wanted.find(what);
    if (found == m_wanted.end())
        return errc::not_found;
    if (wire::target_of_immutable(value) != what) {
        on_failed(what, now);
        return errc::invalid_checksum;
    }
    auto const where = found->second.where;
    forget_request(what);
    m_wanted.erase(found);
    m_window = std::max(m_window, std::min(m_window + 1, m_settings.window_max));
    place(where, value);
    return m_failed;
}

void attachment_fetch::on_failed(target const& what, time_point now) {
    if (auto const asked = m_asked.find(what); asked != m_asked.end())
        retry(what, asked->second, now);
}

std::optional<time_point> attachment_fetch::wake_at() const {
    if (is_done())
        return std::nullopt;
    if (!m_ready.empty() && m_asked.size() < m_window)
        return time_point{};
    std::optional<time_point> out;
    if (!m_later.empty())
        out = m_later.begin()->first;
    for (auto const& [what, since] : m_asked)
        if (auto const at = since + m_settings.item_timeout; !out || at < *out)
            out = at;
    return out;
}

fetch_progress attachment_fetch::progress() const {
    return {m_fetched, m_shape.size()};
}

bool attachment_fetch::is_done() const {
    return m_failed || m_fetched == m_shape.size();
}

result<bytes> attachment_fetch::take() {
    if (m_failed)
        return m_failed;
    if (!is_done() || m_content.empty())
        return errc::not_found;
    hash256 digest;
    crypto_hash_sha256(digest.data(), m_content.data(), m_content.size());
    if (digest != m_ref.sha256)
        return errc::invalid_checksum;
    return std::exchange(m_content, {});
}

void attachment_fetch::want(target const& what, tree_position where) {
    // Every node is sealed for its own place, so no honest tree names a target twice.
    if (!m_wanted.emplace(what, wanted{where}).second) {
        m_failed = errc::invalid_encoding;
        return;
    }
    m_ready.emplace(where, what);
}

void attachment_fetch::place(tree_position where, byte_view value) {
    auto const plain = open_node(m_ref.key, where, value);
    // The value is what its target says, so it was the sender who sealed it wrongly.
    if (!plain)
        m_failed = plain.error();
    else if (where.level == 0)
        place_leaf(where, plain.value());
    else
        m_failed = place_index(where, plain.value());
}

error_code attachment_fetch::place_index(tree_position where, byte_view plain) {
    auto const end = std::find_if(plain.rbegin(), plain.rend(), [](auto c) { return c != 0; });
    auto const length = static_cast<std::size_t>(plain.rend() - end);
    auto const index = wire::decode_attachment_index(plain.first(length));
    if (!index)
        return index.error();
    auto const& children = index.value().children;
    if (children.size() != m_shape.children(where))
        return errc::invalid_encoding;
    for (std::size_t i = 0; i < children.size(); ++i)
        want(children[i], {where.level - 1, where.index * wire::max_index_targets + i});
    return m_failed;
}

void attachment_fetch::place_leaf(tree_position where, byte_view plain) {
    auto const size = m_shape.leaf_size(where.index);
    // Not before: a friend may name many large contents and send none of them.
    m_content.resize(static_cast<std::size_t>(m_shape.size()));
    std::copy_n(plain.begin(), size,
                m_content.begin() + static_cast<std::ptrdiff_t>(where.index * leaf_bytes));
    m_fetched += size;
}

void attachment_fetch::retry(target const& what, time_point asked, time_point now) {
    m_asked.erase(what);
    auto& item = m_wanted.at(what);
    auto const doublings = std::min(item.failures++, max_doublings);
    auto const pause =
        std::min(m_settings.retry_pause * (1 << doublings), m_settings.retry_pause_max);
    m_later.emplace(now + pause, what);
    if (asked >= m_last_cut) {
        m_window = std::max(std::min(window_min, m_window), m_window / 2);
        m_last_cut = now;
    }
}

void attachment_fetch::forget_request(target const& what) {
    m_asked.erase(what);
    m_ready.erase(m_wanted.at(what).where);
    std::erase_if(m_later, [&](auto const& later) { return later.second == what; });
}

} // namespace tau::messenger
