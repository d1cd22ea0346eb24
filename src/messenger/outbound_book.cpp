#include "messenger/outbound_book.hpp"

#include <algorithm>
#include <iterator>

namespace tau::messenger {

bool outbound_book::begin(public_key const& to, content const& what, time_point now) {
    if (m_size >= max_of_all)
        for (auto at = m_shelves.begin(); at != m_shelves.end();) {
            drop_old(at->second, now);
            at = at->second.all.empty() ? m_shelves.erase(at) : std::next(at);
        }
    auto& theirs = m_shelves[to];
    drop_old(theirs, now);
    bool const fits = m_size < max_of_all && theirs.all.size() < max_of_friend;
    bool const is_new = fits && theirs.all.emplace(what, entry{now}).second;
    m_size += is_new ? 1 : 0;
    if (theirs.all.empty())
        m_shelves.erase(to);
    return is_new;
}

void outbound_book::on_sent(public_key const& to, content const& what, message_id const& id) {
    auto const theirs = m_shelves.find(to);
    if (theirs == m_shelves.end())
        return;
    auto const found = theirs->second.all.find(what);
    if (found == theirs->second.all.end())
        return;
    found->second.id = id;
    theirs->second.sent.emplace(id, what);
}

void outbound_book::drop(public_key const& to, content const& what) {
    auto const theirs = m_shelves.find(to);
    if (theirs == m_shelves.end())
        return;
    if (auto const found = theirs->second.all.find(what); found != theirs->second.all.end())
        erase(theirs->second, found);
    if (theirs->second.all.empty())
        m_shelves.erase(theirs);
}

void outbound_book::on_acknowledged(public_key const& by, std::span<message_id const> ids) {
    auto const theirs = m_shelves.find(by);
    if (theirs == m_shelves.end())
        return;
    for (auto const& id : ids)
        if (auto const found = theirs->second.sent.find(id); found != theirs->second.sent.end())
            erase(theirs->second, theirs->second.all.find(found->second));
    if (theirs->second.all.empty())
        m_shelves.erase(theirs);
}

void outbound_book::drop_old(shelf& from, time_point now) {
    for (auto at = from.all.begin(); at != from.all.end();) {
        auto const next = std::next(at);
        if (now - at->second.since >= life)
            erase(from, at);
        at = next;
    }
}

void outbound_book::erase(shelf& from, std::map<content, entry>::iterator at) {
    if (at->second.id)
        from.sent.erase(*at->second.id);
    from.all.erase(at);
    --m_size;
}

} // namespace tau::messenger
