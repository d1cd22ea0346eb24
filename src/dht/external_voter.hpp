#pragma once

#include "core/endpoint.hpp"
#include "dht/stats.hpp"
#include "wire/endpoint_value.hpp"

#include <deque>
#include <optional>
#include <vector>

namespace tau::dht {

/// Finds our endpoint and the kind of NAT from what many nodes say they see.
///
/// One vote for each /24 (IPv4) or /48 (IPv6) of voters, the newest counts, so that one
/// network cannot outvote the rest. Two votes make an address known; one does if the
/// voter is in a private network, where there may be no other.
/// Source: BEP 42 `ip`. Threading: tau thread. Errors: none.
class external_voter {
public:
    static constexpr std::size_t max_votes = 64;

    /// `voter` is unspecified if the session says it, port 0 of `seen` if only the address
    /// is known.
    void vote(ip_address const& voter, endpoint const& seen);
    void set_local(std::vector<endpoint> local) { m_local = std::move(local); }

    /// The endpoint that most voters see; nullopt while too few agree on the address.
    /// Of a symmetric NAT the port means little.
    [[nodiscard]] std::optional<endpoint> external() const;
    [[nodiscard]] nat_kind nat() const;
    [[nodiscard]] std::vector<endpoint> const& local() const { return m_local; }

    /// True if `seen` may be our address: it is one of this host, others see it too, or
    /// nothing is known yet. `teller` does not vote for itself. False stops a relay between
    /// two keys from being taken for either of them.
    [[nodiscard]] bool may_be_us(ip_address const& teller, endpoint const& seen) const;

private:
    struct ballot {
        std::array<std::uint8_t, 16> network;
        bool near; // the voter is in a private network
        endpoint seen;
    };

    std::deque<ballot> m_votes; // oldest first
    std::vector<endpoint> m_local;
};

/// Two symmetric NATs never let each other's datagrams in.
[[nodiscard]] bool can_connect(nat_kind ours, wire::stated_nat theirs);

} // namespace tau::dht
