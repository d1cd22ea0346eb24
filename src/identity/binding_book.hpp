#pragma once

#include "identity/binding.hpp"

#include <cstddef>
#include <list>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace tau::identity {

/// Which wallet belongs to which key, by verified records only.
///
/// The newest record that a key signed wins; on a tie the revocation does. A
/// revocation signed by the wallet alone parts that pair only. The book holds at
/// most `max_keys` keys; the one that was offered longest ago makes room, except for keys that
/// were pinned (friends), so that strangers cannot make us forget a revocation.
///
/// Source:    docs/wire/identity.md, "Binding record".
/// Threading: tau thread only. Errors: by value.
class binding_book {
public:
    /// A record from further ahead is refused: it would outlive every honest one.
    static constexpr std::chrono::hours max_ahead{2};
    static constexpr std::size_t default_max_keys = 10'000;

    explicit binding_book(std::size_t max_keys = default_max_keys) : m_max_keys(max_keys) {}

    /// Takes a record after verify(). success if it is news or is the newest known;
    /// errc::stale if something newer is known, errc::invalid_argument if it is too far ahead of
    /// `now`, errc::invalid_signature.
    [[nodiscard]] error_code offer(binding_record const& record, unix_ms now);

    /// The wallet of a key; nullopt if none is known or it was revoked.
    [[nodiscard]] std::optional<wallet_address> wallet_of(public_key const& key) const;
    /// The keys bound to a wallet now, newest binding first. Scans the book.
    [[nodiscard]] std::vector<public_key> keys_of(wallet_address const& wallet) const;
    /// The newest record the key signed, a binding or a revocation, to store or pass on.
    [[nodiscard]] std::optional<binding_record> record_of(public_key const& key) const;

    /// Keeps what is known of `key` for as long as the book lives; pins may exceed max_keys.
    void pin(public_key const& key) { m_pinned.insert(key); }
    void unpin(public_key const& key) { m_pinned.erase(key); }

    [[nodiscard]] std::size_t size() const { return m_entries.size(); }

private:
    struct entry {
        std::optional<binding_record> newest;                     // signed by the key
        std::optional<std::pair<wallet_address, unix_ms>> parted; // by the wallet alone
        std::list<public_key>::iterator position;
    };

    [[nodiscard]] static bool is_bound(entry const& e);
    [[nodiscard]] static error_code take_key_signed(entry& e, binding_record const& record);
    [[nodiscard]] static error_code take_wallet_signed(entry& e, binding_record const& record);
    entry& touch(public_key const& key);
    void make_room();

    std::size_t m_max_keys;
    std::list<public_key> m_order; // most recently offered first
    std::unordered_map<public_key, entry> m_entries;
    std::unordered_set<public_key> m_pinned;
};

} // namespace tau::identity
