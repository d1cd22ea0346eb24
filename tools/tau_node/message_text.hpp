#pragma once

#include "core/clock.hpp"
#include "tau_node/daemon_client.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>

namespace tau::node {

/// Who is who, for showing messages: our own key and the names of friends.
class address_book {
public:
    /// Asks the daemon.
    explicit address_book(daemon_client& client);

    [[nodiscard]] bool is_own(std::string const& key) const { return key == m_own; }
    /// The name, or the first digits of the key; escaped for the screen.
    [[nodiscard]] std::string name(std::string const& key) const;
    /// Takes a `friend` event.
    void update(nlohmann::json const& who);

private:
    std::string m_own;
    std::map<std::string, std::string> m_names;
};

/// One message as a line for the screen, everything in it escaped.
[[nodiscard]] std::string message_line(nlohmann::json const& message, address_book const& book,
                                       unix_ms now);

/// "12 B", "200 KiB".
[[nodiscard]] std::string size_text(std::uint64_t bytes);

/// The ids of those among `messages` that others sent and nobody has seen.
[[nodiscard]] std::vector<std::string> unseen(nlohmann::json const& messages,
                                              address_book const& book);

/// True if `state` is `wanted` or further: stored < published < delivered < read.
[[nodiscard]] bool has_reached(std::string const& state, std::string const& wanted);

} // namespace tau::node
