#pragma once

#include "core/endpoint.hpp"
#include "wire/tracker_answer.hpp"

#include <functional>
#include <string>
#include <vector>

namespace tau::overlay {

/// A tracker's answer, however it was asked.
struct tracker_reply {
    std::chrono::seconds interval{0}; ///< 0: not stated
    std::vector<endpoint> peers{};    ///< of the announced swarm
    std::optional<wire::route_answer> route{};
    std::string refusal{};         ///< the tracker's own words; empty: it agreed
    std::optional<unix_ms> time{}; ///< of the tracker, if it said
};

using tracker_handler = std::function<void(result<tracker_reply>)>;

/// The way to trackers. Sockets are no business of plugins: a tool, or who embeds Tau,
/// provides it.
///
/// Threading: tau thread; handlers run on it, once, never before ask() returned.
/// Errors:    errc::timed_out, errc::unreachable, errc::invalid_encoding.
class tracker_port {
public:
    virtual ~tracker_port() = default;
    /// How many trackers there are; they do not change.
    [[nodiscard]] virtual std::size_t count() const = 0;
    /// "host:port" in lower case, as the signed statement names it.
    [[nodiscard]] virtual std::string name_of(std::size_t tracker) const = 0;
    virtual void ask(std::size_t tracker, wire::announce_request const& what,
                     tracker_handler done) = 0;
};

} // namespace tau::overlay
