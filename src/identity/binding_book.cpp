#include "identity/binding_book.hpp"

#include <algorithm>

namespace tau::identity {

error_code binding_book::offer(binding_record const& record, unix_ms now) {
    if (record.issued > now + max_ahead)
        return errc::invalid_argument;
    if (auto const problem = verify(record))
        return problem;
    auto& e = touch(record.key);
    return record.key_signature ? take_key_signed(e, record) : take_wallet_signed(e, record);
}

error_code binding_book::take_key_signed(entry& e, binding_record const& record) {
    if (!e.newest || record.issued > e.newest->issued) {
        e.newest = record;
        return {};
    }
    if (record.issued < e.newest->issued)
        return errc::stale;
    bool const parts = record.kind == binding_kind::revoked;
    if (parts && e.newest->kind == binding_kind::bound)
        e.newest = record;
    bool const same = record.kind == e.newest->kind && record.wallet == e.newest->wallet;
    return same ? error_code() : errc::stale;
}

error_code binding_book::take_wallet_signed(entry& e, binding_record const& record) {
    auto const matters = [&e](wallet_address const& wallet) {
        return e.newest && e.newest->wallet == wallet;
    };
    if (e.parted) {
        bool const same = e.parted->first == record.wallet;
        // Anybody can make a wallet and part it from a victim's key; that must not
        // displace the parting that holds.
        if (!same && matters(e.parted->first) && !matters(record.wallet))
            return errc::stale;
        if (same && e.parted->second > record.issued)
            return errc::stale;
    }
    e.parted.emplace(record.wallet, record.issued);
    return {};
}

bool binding_book::is_bound(entry const& e) {
    if (!e.newest || e.newest->kind != binding_kind::bound)
        return false;
    return !e.parted || e.parted->first != e.newest->wallet || e.parted->second < e.newest->issued;
}

std::optional<wallet_address> binding_book::wallet_of(public_key const& key) const {
    auto const found = m_entries.find(key);
    if (found == m_entries.end() || !is_bound(found->second))
        return std::nullopt;
    return found->second.newest->wallet;
}

std::vector<public_key> binding_book::keys_of(wallet_address const& wallet) const {
    std::vector<std::pair<unix_ms, public_key>> found;
    for (auto const& [key, e] : m_entries)
        if (is_bound(e) && e.newest->wallet == wallet)
            found.emplace_back(e.newest->issued, key);
    std::sort(found.rbegin(), found.rend());
    std::vector<public_key> out;
    std::transform(found.begin(), found.end(), std::back_inserter(out),
                   [](auto const& pair) { return pair.second; });
    return out;
}

std::optional<binding_record> binding_book::record_of(public_key const& key) const {
    auto const found = m_entries.find(key);
    return found == m_entries.end() ? std::nullopt : found->second.newest;
}

binding_book::entry& binding_book::touch(public_key const& key) {
    if (auto const found = m_entries.find(key); found != m_entries.end()) {
        m_order.splice(m_order.begin(), m_order, found->second.position);
        return found->second;
    }
    make_room();
    m_order.push_front(key);
    auto& e = m_entries[key];
    e.position = m_order.begin();
    return e;
}

void binding_book::make_room() {
    // Each pinned key met at the end moves to the front, so a full turn finds none.
    for (auto turns = m_order.size(); turns > 0 && m_entries.size() >= m_max_keys; --turns) {
        auto const last = std::prev(m_order.end());
        if (m_pinned.contains(*last)) {
            m_order.splice(m_order.begin(), m_order, last);
            continue;
        }
        m_entries.erase(*last);
        m_order.erase(last);
    }
}

} // namespace tau::identity
