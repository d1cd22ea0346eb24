#include "gossip/page_book.hpp"

#include <algorithm>
#include <utility>

namespace tau::gossip {
namespace {

// What a group costs without its neighbours in a page; those of one pair cost less.
constexpr std::size_t entry_bytes = 30;
constexpr std::size_t groups_of_a_page = wire::max_gossip_bytes / entry_bytes;

bool is_before(entry_group const& a, entry_group const& b) {
    auto const& x = a.front();
    auto const& y = b.front();
    return std::tie(x.receiver, x.sender) < std::tie(y.receiver, y.sender);
}

} // namespace

std::vector<entry_group> page_book::drop_stale(std::vector<entry_group> const& groups,
                                               std::size_t least, plan& out) {
    std::set<entry_name> wanted;
    for (auto const& group : groups)
        wanted.insert(name_of(group));
    std::erase_if(m_pages, [&](page const& one) {
        auto const live = static_cast<std::size_t>(
            std::count_if(one.says.begin(), one.says.end(),
                          [&](entry_name const& name) { return wanted.contains(name); }));
        bool const stays = live >= least && live * 4 >= one.says.size() * live_fourths;
        if (!stays && one.at != target{})
            out.dropped.push_back(one.at);
        return !stays;
    });
    std::vector<entry_group> left;
    for (auto const& group : groups)
        if (!is_in_a_page(group))
            left.push_back(group);
    return left;
}

bool page_book::is_in_a_page(entry_group const& group) const {
    auto const name = name_of(group);
    return std::any_of(m_pages.begin(), m_pages.end(),
                       [&](page const& one) { return one.says.contains(name); });
}

bool page_book::says(entry_group const& group) const {
    auto const name = name_of(group);
    return std::any_of(m_pages.begin(), m_pages.end(), [&](page const& one) {
        return one.at != target{} && one.says.contains(name);
    });
}

page_book::plan page_book::arrange(std::vector<entry_group> const& groups,
                                   vector_builder const& blank, bool afresh) {
    plan out;
    auto const none_stays = wire::max_gossip_entries + 1;
    auto const fits = [&](std::vector<entry_group> const& left) {
        auto vector = blank;
        for (std::size_t i = 0; i < m_pages.size(); ++i)
            (void)vector.add({blank.page_entry({})});
        return std::all_of(left.begin(), left.end(),
                           [&](entry_group const& group) { return vector.add(group); });
    };
    auto left = drop_stale(groups, afresh ? none_stays : 1, out);
    if (fits(left))
        return out;
    // Pages that say little are made one with what is added.
    left = drop_stale(groups, groups_of_a_page / 2, out);
    // Half of the vector is for what is newest, so that more news find room there later.
    auto vector = blank;
    std::size_t in_half = 0;
    while (in_half < left.size() && vector.size() < wire::max_gossip_bytes / 2
           && vector.add(left[in_half]))
        ++in_half;
    left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(in_half));
    make(left, blank, out);
    return out;
}

void page_book::make(std::vector<entry_group> const& groups, vector_builder const& blank,
                     plan& out) {
    auto const room = (wire::max_gossip_pages - m_pages.size()) * groups_of_a_page;
    std::vector<entry_group> left(groups.begin(),
                                  groups.begin()
                                      + static_cast<std::ptrdiff_t>(std::min(groups.size(), room)));
    std::stable_sort(left.begin(), left.end(), is_before); // so that neighbours share their ids
    for (std::size_t next = 0; next < left.size() && m_pages.size() < wire::max_gossip_pages;) {
        auto builder = blank;
        page one{++m_last_id};
        for (; next < left.size() && builder.add(left[next]); ++next)
            one.says.insert(name_of(left[next]));
        if (one.says.empty()) {
            ++next; // never fits
            continue;
        }
        out.made.emplace_back(one.id, builder.finish(false));
        m_pages.push_back(std::move(one));
    }
}

std::vector<target> page_book::pages() const {
    std::vector<target> out;
    for (auto const& one : m_pages)
        if (one.at != target{})
            out.push_back(one.at);
    return out;
}

void page_book::on_made(std::uint64_t id, target const& at) {
    for (auto& one : m_pages)
        if (one.id == id)
            one.at = at;
}

} // namespace tau::gossip
