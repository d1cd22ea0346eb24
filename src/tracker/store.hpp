#pragma once

#include "tracker/swarm_store.hpp"
#include "tracker/wallet_registry.hpp"

#include <span>

namespace tau::tracker {

/// Where announces go: the seam between the answering logic and the state, which
/// several threads, or several front-ends, may share.
///
/// Source:    docs/wire/tracker.md. Threading: any thread, unless the
///            implementation says otherwise. Errors: as tau::errc.
class store {
public:
    virtual ~store() = default;

    virtual void announce(swarm_announce const& request, moment now, swarm_answer& out) = 0;
    /// Announces of these follow at once: may ask the processor for what they will read,
    /// and note in them where that is.
    virtual void prefetch(std::span<swarm_place>) {}
    [[nodiscard]] virtual wire::swarm_counts scrape(info_hash const& hash) = 0;
    [[nodiscard]] virtual std::vector<wire::scrape_row> scrape_all() = 0;

    /// What wallet_registry::check(), is_familiar() and knows_binding() say.
    struct first_look {
        error_code refusal;
        bool is_familiar = false;
        bool knows_binding = false;
    };
    [[nodiscard]] virtual first_look look(wire::announce_request const& request,
                                          ip_address const& from, moment now) = 0;
    /// `request` was verified.
    [[nodiscard]] virtual error_code apply(wire::announce_request const& request,
                                           ip_address const& from, moment now) = 0;
    [[nodiscard]] virtual wire::route_answer routes(wallet_address const& from,
                                                    wallet_address const& to, std::size_t paths,
                                                    moment now, graph::path_search& search) = 0;
    [[nodiscard]] virtual bool is_online(wallet_address const& wallet) = 0;
};

} // namespace tau::tracker
