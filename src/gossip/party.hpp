#pragma once

#include "wire/gossip_vector.hpp"

#include <compare>
#include <optional>

namespace tau::gossip {

/// Who sealed or receives an item: a friend of ours, or somebody of whom we know four octets
/// because that friend told us of them, and who is therefore on the friend's account.
struct party {
    public_key account;
    std::optional<wire::pk_id> stranger{};

    party() = default;
    party(public_key const& who) : account(who) {} // NOLINT: a friend is a party
    party(public_key const& told_by, wire::pk_id const& id) : account(told_by), stranger(id) {}

    [[nodiscard]] wire::pk_id id(wire::pk_id_form form) const {
        return stranger ? *stranger : wire::pk_id_of(account, form);
    }
    friend auto operator<=>(party const&, party const&) = default;
};

/// Whether both are one, as far as we know: whoever told of a stranger does not matter.
[[nodiscard]] inline bool is_same(party const& a, party const& b) {
    return a.stranger || b.stranger ? a.stranger == b.stranger : a.account == b.account;
}

} // namespace tau::gossip
