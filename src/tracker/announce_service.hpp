#pragma once

#include "core/rate_limiter.hpp"
#include "identity/wallet_verifier.hpp"
#include "tracker/counters.hpp"
#include "tracker/ip_meter.hpp"
#include "tracker/policy.hpp"
#include "tracker/refusal.hpp"
#include "tracker/store.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>

namespace tau::tracker {

/// How a request came; over TLS a name without a port means port 443.
enum class transport { plain, tls };

/// Who asks, as the transport saw it.
struct asker {
    ip_address address;
    endpoint asked;           ///< our address and port that were asked
    std::string_view host;    ///< HTTP's Host header; empty over UDP
    std::string_view passkey; ///< first part of the path, if there are two
    bool wants_both_families = false;
    transport over = transport::plain;
};

/// Answers announces and scrapes, however they arrived: policy, signatures,
/// swarms, presence, links and routes. One for each thread; the store is shared.
///
/// Source:    BEP 3, 7, 15, 21, 48; docs/wire/tracker.md.
/// Threading: one thread. Errors: a refusal, which was counted.
class announce_service {
public:
    announce_service(store& state, std::shared_ptr<policy const> rules, counters& counted,
                     std::uint64_t seed);

    void set_policy(std::shared_ptr<policy const> rules);

    /// Fills `out`, whose strings are reused. After a refusal `out` says nothing.
    [[nodiscard]] refusal announce(wire::announce_request const& request, asker const& who,
                                   moment now, wire::announce_answer& out);
    /// An announce of this will follow soon...
    void expect(wire::announce_subject const& subject, ip_address const& from) {
        auto const peer = peer_address::of(from, subject.port);
        m_expected.push_back({subject.hash, peer, draw_of(peer), peers_for(subject.numwant)});
    }
    /// ...and all that were expected will now: asks the processor for what they will read.
    void prefetch_expected() {
        m_store.prefetch(m_expected);
        m_awaited = m_expected.size();
        m_expected.clear();
    }
    /// Fills `out` with a row for each hash, in their order.
    [[nodiscard]] refusal scrape(wire::scrape_request const& request, asker const& who, moment now,
                                 std::vector<wire::scrape_row>& out);

    [[nodiscard]] policy const& rules() const { return *m_policy; }

private:
    [[nodiscard]] refusal check_asker(asker const& who, moment now);
    [[nodiscard]] refusal serve(wire::announce_request const& request, asker const& who, moment now,
                                wire::announce_answer& out);
    [[nodiscard]] bool is_served(info_hash const& hash);
    [[nodiscard]] refusal verify(wire::announce_request const& request, asker const& who,
                                 moment now);
    [[nodiscard]] refusal may_verify(asker const& who, bool is_familiar, moment now);
    [[nodiscard]] result<std::string> tracker_name(wire::wallet_part const& wallet,
                                                   asker const& who) const;
    void answer_swarm(wire::announce_request const& request, asker const& who, moment now,
                      bool joins, wire::announce_answer& out);
    void answer_route(wallet_address const& from, wire::announce_request const& request,
                      std::size_t paths, moment now, wire::announce_answer& out);
    [[nodiscard]] std::uint32_t peers_for(std::optional<std::uint32_t> numwant) const {
        return std::min(numwant.value_or(m_policy->default_numwant), m_policy->max_numwant);
    }
    /// Which of its peers a swarm tells: random, and known before the announce is read.
    [[nodiscard]] std::uint32_t draw_of(peer_address const& peer) const;
    void append_first_hops(wire::announce_answer& out, std::size_t room) const;

    store& m_store;
    std::shared_ptr<policy const> m_policy;
    counters& m_counters;
    quick_random m_random;
    graph::path_search m_search;
    ip_meter m_meter;
    identity::wallet_verifier m_verifier;
    rate_limiter<int> m_bad_signatures;
    rate_limiter<std::uint64_t> m_bad_signatures_of;
    swarm_answer m_swarm;
    std::uint64_t m_salt = 0; // of draw_of(); stays while expected announces are awaited
    std::size_t m_awaited = 0;
    std::vector<swarm_place> m_expected;
};

} // namespace tau::tracker
