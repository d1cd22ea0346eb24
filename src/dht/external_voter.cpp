#include "dht/external_voter.hpp"

#include "core/address.hpp"
#include "dht/endpoint_hash.hpp"

#include <algorithm>
#include <map>

namespace tau::dht {
namespace {

constexpr std::size_t v4_prefix_octets = 12 + 3; // /24 in mapped form
constexpr std::size_t v6_prefix_octets = 6;      // /48

// In a private network every host is its own voter: there are few, and we share it.
std::array<std::uint8_t, 16> network_of(ip_address const& voter) {
    auto out = address_octets(voter);
    if (!is_private(voter)) {
        auto const kept = voter.is_v4() ? v4_prefix_octets : v6_prefix_octets;
        std::fill(out.begin() + static_cast<std::ptrdiff_t>(kept), out.end(), std::uint8_t{0});
    }
    return out;
}

} // namespace

void external_voter::vote(ip_address const& voter, endpoint const& seen) {
    auto const network = network_of(voter);
    std::erase_if(m_votes, [&](ballot const& old) {
        return old.network == network && old.seen.address().is_v4() == seen.address().is_v4();
    });
    if (m_votes.size() >= max_votes)
        m_votes.pop_front();
    m_votes.push_back({network, is_private(voter) || voter.is_unspecified(), seen});
}

std::optional<endpoint> external_voter::external() const {
    std::map<ip_address, int> by_address;
    std::map<endpoint, int> by_endpoint;
    for (auto const& vote : m_votes) {
        // A vote from our own network or the session is worth two: there may be no other.
        by_address[vote.seen.address()] += vote.near ? 2 : 1;
        if (vote.seen.port() != 0)
            ++by_endpoint[vote.seen];
    }
    auto const address =
        std::max_element(by_address.begin(), by_address.end(), [](auto const& a, auto const& b) {
            return a.second < b.second
                   || (a.second == b.second && is_private(a.first) && !is_private(b.first));
        });
    if (address == by_address.end() || address->second < 2)
        return std::nullopt;
    std::optional<endpoint> best;
    int most = 0;
    for (auto const& [seen, votes] : by_endpoint) {
        if (seen.address() == address->first && votes > most) {
            best = seen;
            most = votes;
        }
    }
    return best;
}

nat_kind external_voter::nat() const {
    auto const seen = external();
    if (!seen)
        return nat_kind::unknown;
    std::size_t same = 0, other = 0;
    for (auto const& vote : m_votes) {
        if (vote.seen.address() == seen->address() && vote.seen.port() != 0)
            ++(vote.seen.port() == seen->port() ? same : other);
    }
    bool const ours = std::any_of(m_local.begin(), m_local.end(), [&](endpoint const& local) {
        return local.address() == seen->address();
    });
    if (ours && other == 0)
        return nat_kind::none;
    if (same + other < 2)
        return nat_kind::unknown;
    // A rebinding leaves a few old ports behind; a symmetric NAT has a new one each time.
    return other * 2 > same + other               ? nat_kind::symmetric
           : other * 4 > same + other && same < 3 ? nat_kind::symmetric
                                                  : nat_kind::cone;
}

bool external_voter::may_be_us(ip_address const& teller, endpoint const& seen) const {
    auto const address = seen.address();
    bool const local = std::any_of(m_local.begin(), m_local.end(),
                                   [&](endpoint const& own) { return own.address() == address; });
    if (local || address.is_loopback())
        return true;
    auto const teller_network = network_of(teller);
    bool others = false;
    for (auto const& vote : m_votes) {
        if (vote.network == teller_network || vote.seen.address().is_v4() != address.is_v4()
            || is_private(vote.seen.address()) != is_private(address))
            continue;
        others = true;
        if (vote.seen.address() == address)
            return true;
    }
    return !others;
}

bool can_connect(nat_kind ours, wire::stated_nat theirs) {
    return !(ours == nat_kind::symmetric && theirs == wire::stated_nat::symmetric);
}

} // namespace tau::dht
