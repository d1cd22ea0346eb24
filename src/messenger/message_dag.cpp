#include "messenger/message_dag.hpp"

#include <algorithm>
#include <limits>

namespace tau::messenger {
namespace {

// Skip links join positions of one residue, so that none repeats what `previous` says.
constexpr std::uint64_t skip_stride = 4;

std::uint64_t without_lowest_bit(std::uint64_t value) {
    return value & (value - 1);
}

// The skip of a skip list without levels: even numbers drop their lowest bit, odd ones
// take the same way from the number below, two bits at a time.
std::uint64_t skip_of(std::uint64_t number) {
    if (number < 2)
        return 0;
    if (number % 2 == 0)
        return without_lowest_bit(number);
    return without_lowest_bit(without_lowest_bit(number - 1)) + 1;
}

} // namespace

std::uint64_t skip_position(std::uint64_t position) {
    if (position < skip_stride)
        return 0;
    return skip_stride * skip_of(position / skip_stride) + position % skip_stride;
}

bool message_dag::add(dag_message message) {
    auto const root = message.root;
    if (m_messages.contains(root))
        return false;
    m_order.emplace(shown_at{message.time, message.id}, root);
    m_missing.erase(root);
    auto const& stored = m_messages.emplace(root, entry{std::move(message)}).first->second.message;
    if (stored.side == chain_side::theirs) {
        m_incomplete.emplace(place_of(stored), root);
        if (!m_held.contains(root))
            note_links(stored);
        note_seen_link(stored);
        settle(root);
        return true;
    }
    m_ours.emplace(place_of(stored), root);
    if (m_claimed_read.contains(root))
        note_read_by_them(root);
    settle_waiting(root);
    return true;
}

void message_dag::assume_held(target const& root) {
    if (m_messages.contains(root) || !m_held.insert(root).second)
        return;
    m_missing.erase(root);
    settle_waiting(root);
}

void message_dag::on_tips(std::vector<target> const& roots) {
    // Roots of an earlier value are linked by those of this one or by what they lead to.
    m_tips.clear();
    for (auto const& root : roots) {
        if (m_tips.size() == max_tip_roots)
            return;
        if (!has(root))
            m_tips.push_back(root);
    }
}

bool message_dag::has(target const& root) const {
    return m_messages.contains(root) || m_held.contains(root);
}

std::vector<target> message_dag::missing(std::size_t count) const {
    std::vector<std::pair<std::uint64_t, target>> ranked;
    auto rank = std::numeric_limits<std::uint64_t>::max();
    for (auto const& root : m_tips)
        if (!has(root))
            ranked.emplace_back(rank--, root);
    for (auto const& [root, position] : m_missing)
        if (std::ranges::find(m_tips, root) == m_tips.end())
            ranked.emplace_back(position, root);
    count = std::min(count, ranked.size());
    std::partial_sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(count),
                      ranked.end(), std::greater<>());
    std::vector<target> out;
    for (std::size_t i = 0; i < count; ++i)
        out.push_back(ranked[i].second);
    return out;
}

std::size_t message_dag::missing_count() const {
    auto const more = std::ranges::count_if(
        m_tips, [&](auto const& root) { return !has(root) && !m_missing.contains(root); });
    return m_missing.size() + static_cast<std::size_t>(more);
}

wire::chain_links message_dag::next_links() const {
    wire::chain_links out;
    out.position = m_ours.empty() ? 1 : m_ours.rbegin()->first.position + 1;
    out.previous = recent_roots(wire::max_previous_roots);
    out.skip = root_at(skip_position(out.position));
    out.seen = m_seen;
    return out;
}

std::vector<target> message_dag::recent_roots(std::size_t count) const {
    std::vector<target> out;
    for (auto at = m_ours.rbegin(); at != m_ours.rend() && out.size() < count; ++at)
        out.push_back(at->second);
    return out;
}

std::vector<target> message_dag::skip_roots(std::size_t count, std::size_t after) const {
    std::vector<target> out;
    if (m_ours.empty())
        return out;
    auto const newest = m_ours.rbegin()->first.position;
    std::uint64_t distance = after + skip_stride;
    for (std::size_t i = 0; i < count && distance < newest; ++i, distance *= skip_stride)
        if (auto const root = root_at(newest - distance))
            out.push_back(*root);
    return out;
}

bool message_dag::mark_seen(target const& root) {
    auto const found = m_messages.find(root);
    if (found == m_messages.end() || found->second.message.side == chain_side::ours)
        return false;
    if (!m_seen || place_of(m_messages.at(*m_seen).message) < place_of(found->second.message))
        m_seen = root;
    return true;
}

bool message_dag::precedes_seen(target const& root) const {
    auto const found = m_messages.find(root);
    return m_seen && found != m_messages.end()
           && place_of(found->second.message) < place_of(m_messages.at(*m_seen).message);
}

std::optional<target> message_dag::complete_root() const {
    return m_complete;
}

std::vector<target> message_dag::beyond_complete(std::size_t extra) const {
    std::vector<target> out;
    for (auto at = m_incomplete.rbegin(); at != m_incomplete.rend() && out.size() < extra; ++at)
        out.push_back(at->second);
    return out;
}

std::vector<message_id> message_dag::up_to(target const& root,
                                           std::optional<target> const& after) const {
    std::uint64_t floor = 0;
    if (after)
        if (auto const found = m_messages.find(*after); found != m_messages.end())
            floor = found->second.message.links.position;
    std::map<chain_place, message_id> found;
    std::vector<target> open{root};
    while (!open.empty()) {
        auto const at = m_messages.find(open.back());
        open.pop_back();
        if (at == m_messages.end())
            continue;
        auto const& message = at->second.message;
        if (message.side != chain_side::ours || message.links.position <= floor
            || !found.emplace(place_of(message), message.id).second)
            continue;
        open.insert(open.end(), message.links.previous.begin(), message.links.previous.end());
    }
    std::vector<message_id> out;
    for (auto const& [place, id] : found)
        out.push_back(id);
    return out;
}

std::vector<message_id> message_dag::ordered() const {
    std::vector<message_id> out;
    out.reserve(m_order.size());
    for (auto const& [place, root] : m_order)
        out.push_back(place.id);
    return out;
}

message_dag::chain_place message_dag::place_of(dag_message const& message) {
    return {message.links.position, message.time, message.id};
}

std::optional<target> message_dag::root_at(std::uint64_t position) const {
    // Old positions may not be loaded, and a restored device may have used one twice.
    auto const above = m_ours.lower_bound(chain_place{position + 1, unix_ms::min(), {}});
    if (position == 0 || above == m_ours.begin())
        return std::nullopt;
    return std::prev(above)->second;
}

void message_dag::note_links(dag_message const& message) {
    auto const& links = message.links;
    std::uint64_t rank = links.position;
    for (auto const& root : links.previous)
        note_link(root, message.root, rank > 0 ? --rank : 0);
    if (links.skip)
        note_link(*links.skip, message.root, skip_position(links.position));
}

void message_dag::note_seen_link(dag_message const& message) {
    auto const& seen = message.links.seen;
    if (!seen)
        return;
    m_claimed_read.insert(*seen);
    if (auto const found = m_messages.find(*seen);
        found != m_messages.end() && found->second.message.side == chain_side::ours)
        note_read_by_them(*seen);
}

void message_dag::note_link(target const& root, target const& from, std::uint64_t rank) {
    if (is_complete(root))
        return;
    m_waiting[root].push_back(from);
    if (has(root))
        return;
    auto& known = m_missing[root];
    known = std::max(known, rank);
}

void message_dag::note_read_by_them(target const& root) {
    if (!m_read_by_them
        || place_of(m_messages.at(*m_read_by_them).message) < place_of(m_messages.at(root).message))
        m_read_by_them = root;
}

bool message_dag::is_complete(target const& root) const {
    if (m_held.contains(root))
        return true;
    auto const found = m_messages.find(root);
    return found != m_messages.end()
           && (found->second.complete || found->second.message.side == chain_side::ours);
}

bool message_dag::builds_on_complete(dag_message const& message) const {
    auto const& links = message.links;
    return std::ranges::all_of(links.previous, [&](auto const& root) { return is_complete(root); })
           && (!links.skip || is_complete(*links.skip));
}

void message_dag::settle(target const& root) {
    std::vector<target> open{root};
    while (!open.empty()) {
        auto const at = open.back();
        open.pop_back();
        auto& item = m_messages.at(at);
        if (item.complete || (!m_held.contains(at) && !builds_on_complete(item.message)))
            continue;
        item.complete = true;
        auto const place = place_of(item.message);
        m_incomplete.erase(place);
        if (!m_complete || place_of(m_messages.at(*m_complete).message) < place)
            m_complete = at;
        if (auto const waiting = m_waiting.extract(at))
            open.insert(open.end(), waiting.mapped().begin(), waiting.mapped().end());
    }
}

void message_dag::settle_waiting(target const& root) {
    if (auto const waiting = m_waiting.extract(root))
        for (auto const& dependent : waiting.mapped())
            settle(dependent);
}

} // namespace tau::messenger
