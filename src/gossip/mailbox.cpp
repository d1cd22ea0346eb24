#include "gossip/mailbox.hpp"

#include "wire/mutable_item.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tau::gossip {
namespace {

template <class Sums>
std::size_t bytes_in(Sums const& sums, typename Sums::key_type const& key) {
    auto const found = sums.find(key);
    return found == sums.end() ? 0 : found->second;
}

template <class Sums>
void take_from(Sums& sums, typename Sums::key_type const& key, std::size_t size) {
    auto const found = sums.find(key);
    if ((found->second -= size) == 0)
        sums.erase(found);
}

} // namespace

held_item const* mailbox::find(target const& what) const {
    auto const found = m_items.find(what);
    return found == m_items.end() ? nullptr : &found->second;
}

std::size_t mailbox::bytes_of_sender(public_key const& key) const {
    return bytes_in(m_sender_bytes, key);
}

bool mailbox::would_take(public_key const& sender) const {
    return bytes_in(m_sender_bytes, sender) + wire::max_value_bytes
           <= m_settings.held_bytes_per_sender;
}

std::optional<target> mailbox::oldest(public_key const* sender, party const* receiver) const {
    for (auto const& [unsettled, received, what] : m_order) {
        auto const& item = m_items.at(what);
        if ((!sender || item.sender.account == *sender)
            && (!receiver || item.receiver == *receiver))
            return what;
    }
    return std::nullopt;
}

std::vector<target> mailbox::add(held_item item) {
    if (m_items.contains(item.what) || item.size == 0)
        return {};
    auto const sender = item.sender.account;
    auto const receiver = item.receiver;
    m_order.insert(place_of(item));
    m_by_receiver[receiver].insert(item.what);
    m_bytes += item.size;
    m_sender_bytes[sender] += item.size;
    m_receiver_bytes[receiver] += item.size;
    auto const what_added = item.what;
    m_items.emplace(item.what, std::move(item));
    if (auto const& added = m_items.at(what_added); added.type == wire::gossip_type::receipt)
        settle_older_receipts(added);
    std::vector<target> gone;
    auto const push_out = [&](public_key const* of_sender, party const* of_receiver) {
        auto const what = oldest(of_sender, of_receiver);
        remove(*what);
        gone.push_back(*what);
    };
    while (bytes_in(m_sender_bytes, sender) > m_settings.held_bytes_per_sender)
        push_out(&sender, nullptr);
    while (bytes_in(m_receiver_bytes, receiver) > m_settings.held_bytes_per_receiver)
        push_out(nullptr, &receiver);
    while (m_bytes > m_settings.held_bytes_total) {
        auto const most = std::max_element(
            m_sender_bytes.begin(), m_sender_bytes.end(), [](auto const& a, auto const& b) {
                return std::tie(a.second, a.first) < std::tie(b.second, b.first);
            });
        auto const who = most->first;
        push_out(&who, nullptr);
    }
    return gone;
}

void mailbox::remove(target const& what) {
    auto const found = m_items.find(what);
    if (found == m_items.end())
        return;
    auto const& item = found->second;
    m_order.erase(place_of(item));
    m_bytes -= item.size;
    take_from(m_sender_bytes, item.sender.account, item.size);
    take_from(m_receiver_bytes, item.receiver, item.size);
    auto const own = m_by_receiver.find(item.receiver);
    own->second.erase(what);
    if (own->second.empty())
        m_by_receiver.erase(own);
    m_items.erase(found);
}

std::vector<target> mailbox::forget(public_key const& who) {
    std::vector<target> out;
    for (auto const& [what, item] : m_items)
        if (item.sender.account == who || item.receiver.account == who)
            out.push_back(what);
    std::sort(out.begin(), out.end());
    for (auto const& what : out)
        remove(what);
    return out;
}

std::vector<target> mailbox::expire(unix_ms now) {
    std::vector<target> out;
    for (auto const& [what, item] : m_items)
        if (now - item.received >= m_settings.held_lifetime)
            out.push_back(what);
    std::sort(out.begin(), out.end());
    for (auto const& what : out)
        remove(what);
    return out;
}

void mailbox::set_settled(held_item& item) {
    m_order.erase(place_of(item));
    item.settled = true;
    m_order.insert(place_of(item));
}

void mailbox::settle_item(target const& what) {
    if (auto const found = m_items.find(what); found != m_items.end() && !found->second.settled)
        set_settled(found->second);
}

// Of a pair's receipts the newest says everything.
void mailbox::settle_older_receipts(held_item const& than) {
    std::vector<target> old;
    for (auto const& what : m_by_receiver.at(than.receiver))
        if (auto const& item = m_items.at(what); item.type == wire::gossip_type::receipt
                                                 && item.minute < than.minute
                                                 && is_same(item.sender, than.sender))
            old.push_back(what);
    for (auto const& what : old)
        settle_item(what);
}

bool mailbox::settle(public_key const& receiver, target const& root) {
    auto const found = m_by_receiver.find(receiver);
    auto const* const last = find(root);
    if (found == m_by_receiver.end() || !last || last->receiver != party(receiver))
        return false;
    auto const minute = last->minute; // of the sender's clock, as that of the others
    bool news = false;
    for (auto const& what : found->second)
        if (auto& item = m_items.at(what); is_same(item.sender, last->sender) && !item.settled
                                           && item.type != wire::gossip_type::receipt
                                           && (item.minute < minute || item.parent == root)) {
            set_settled(item);
            news = true;
        }
    return news;
}

bool mailbox::settle_unlisted(public_key const& sender, party const& receiver,
                              std::set<target> const& listed, std::int64_t before_minute) {
    auto const found = m_by_receiver.find(receiver);
    if (found == m_by_receiver.end())
        return false;
    bool news = false;
    for (auto const& what : found->second)
        if (auto& item = m_items.at(what); item.sender == party(sender) && !item.settled
                                           && item.minute < before_minute
                                           && !listed.contains(item.parent)) {
            set_settled(item);
            news = true;
        }
    return news;
}

void mailbox::on_put(target const& what, unix_ms now) {
    if (auto const found = m_items.find(what); found != m_items.end())
        found->second.last_put = now;
}

std::vector<held_item const*> mailbox::for_receiver(party const& receiver) const {
    std::vector<held_item const*> out;
    auto const found = m_by_receiver.find(receiver);
    if (found == m_by_receiver.end())
        return out;
    for (auto const& what : found->second)
        if (auto const& item = m_items.at(what); !item.settled && !item.is_manifest)
            out.push_back(&item);
    std::sort(out.begin(), out.end(), [](held_item const* a, held_item const* b) {
        bool const a_child = a->parent != a->what;
        bool const b_child = b->parent != b->what;
        if (a_child != b_child)
            return b_child;
        return std::tie(b->minute, b->what) < std::tie(a->minute, a->what);
    });
    return out;
}

std::vector<target> mailbox::family(target const& root) const {
    std::vector<target> out;
    auto const* const first = find(root);
    if (!first)
        return out;
    out.push_back(root);
    for (auto const& what : m_by_receiver.at(first->receiver))
        if (auto const& item = m_items.at(what); item.parent == root && what != root)
            out.push_back(what);
    return out;
}

std::set<party> mailbox::receivers() const {
    std::set<party> out;
    for (auto const& [what, item] : m_items)
        if (!item.settled)
            out.insert(item.receiver);
    return out;
}

std::vector<party> mailbox::receivers_of(public_key const& sender) const {
    std::vector<party> out;
    for (auto const& [receiver, items] : m_by_receiver)
        if (std::any_of(items.begin(), items.end(), [&](target const& what) {
                return m_items.at(what).sender == party(sender);
            }))
            out.push_back(receiver);
    return out;
}

std::optional<std::int64_t> mailbox::newest_to_strangers(public_key const& sender) const {
    std::optional<std::int64_t> out;
    for (auto at = m_by_receiver.lower_bound(party(sender));
         at != m_by_receiver.end() && at->first.account == sender; ++at)
        for (auto const& what : at->second)
            if (auto const& item = m_items.at(what); at->first.stranger && !item.settled)
                out = std::max(out.value_or(item.minute), item.minute);
    return out;
}

std::vector<entry_group> mailbox::groups(std::optional<public_key> const& receiver) const {
    std::vector<held_item const*> roots;
    std::multimap<target, held_item const*> manifests;
    for (auto const& [what, item] : m_items) {
        if (item.settled || (receiver && item.receiver != party(*receiver)))
            continue;
        if (item.parent == what)
            roots.push_back(&item);
        else if (item.is_manifest)
            manifests.emplace(item.parent, &item);
    }
    std::sort(roots.begin(), roots.end(), [](held_item const* a, held_item const* b) {
        return std::tie(b->minute, b->what) < std::tie(a->minute, a->what);
    });
    // A reader that has one finds those before it by its links.
    std::set<std::tuple<wire::pk_id, party, wire::gossip_type>> pairs;
    std::vector<entry_group> out, older, for_strangers;
    for (auto const* root : roots) {
        auto const [begin, end] = manifests.equal_range(root->what);
        std::vector<target> listed;
        for (auto at = begin; at != end; ++at)
            listed.push_back(at->second->what);
        std::sort(listed.begin(), listed.end());
        bool const leads =
            pairs.emplace(root->sender.id(m_settings.ids), root->receiver, root->type).second;
        auto& list = root->receiver.stranger ? for_strangers : leads ? out : older;
        list.push_back(group_of(*root, std::move(listed)));
    }
    std::move(older.begin(), older.end(), std::back_inserter(out));
    std::move(for_strangers.begin(), for_strangers.end(), std::back_inserter(out));
    return out;
}

entry_group mailbox::group_of(held_item const& root, std::vector<target> manifests) const {
    auto const entry_of = [&](held_item const& item, wire::gossip_type type) {
        return wire::gossip_entry{item.sender.id(m_settings.ids),
                                  item.receiver.id(m_settings.ids),
                                  type,
                                  item.what,
                                  0,
                                  item.minute};
    };
    entry_group out{entry_of(root, root.type)};
    for (auto const& what : manifests)
        out.push_back(entry_of(m_items.at(what), wire::gossip_type::bundle));
    return out;
}

} // namespace tau::gossip
