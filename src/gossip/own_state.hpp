#pragma once

#include "gossip/config.hpp"
#include "gossip/vector_builder.hpp"

#include <map>
#include <optional>
#include <set>
#include <vector>

namespace tau::gossip {

/// Something sealed of ours that a friend has not acknowledged.
struct own_root {
    wire::gossip_type type = wire::gossip_type::message_root; ///< or receipt
    target root;
    unix_ms time{};
    std::vector<target> manifests{};      ///< of a message: what else belongs to it
    std::optional<target> acknowledges{}; ///< of a receipt: their root up to which we have all

    friend bool operator==(own_root const&, own_root const&) = default;
};

/// What we say of ourselves. Threading: one thread.
class own_state {
public:
    own_state(config const& settings, public_key const& self)
        : m_settings(settings), m_self(self) {}

    /// True if it differs from what was said before.
    bool set_roots(public_key const& to, std::vector<own_root> roots);
    void set_complete(public_key const& to, bool complete) {
        if (complete)
            m_incomplete.erase(to);
        else
            m_incomplete.insert(to);
    }
    /// Whether the roots that were set are all that wait for anybody.
    [[nodiscard]] bool is_complete() const { return m_incomplete.empty(); }
    bool demand(public_key const& from, target const& what, unix_ms now);
    bool drop_demand(target const& what);
    void set_writing(public_key const& to, unix_ms now) { m_writing[to] = now; }
    void set_endpoint_changed(unix_ms now) { m_endpoint_changed = now; }
    void forget(public_key const& who);

    [[nodiscard]] bool has_roots() const;
    [[nodiscard]] std::size_t root_count(public_key const& to) const;
    [[nodiscard]] bool demands(target const& what) const;
    [[nodiscard]] std::size_t demand_count() const { return m_demands.size(); }

    /// Groups to say to one friend, most wanted first.
    [[nodiscard]] std::vector<entry_group> about(public_key const& to, unix_ms now) const;
    /// Groups to say to everybody: demands, then what waits, the newest first. `writing` is
    /// nobody's business but the friend's.
    [[nodiscard]] std::vector<entry_group> for_all(unix_ms now, std::uint8_t frequency) const;
    [[nodiscard]] std::vector<entry_group> demand_groups(unix_ms now) const;

private:
    struct demanded {
        public_key from;
        target what;
        unix_ms since;
    };
    [[nodiscard]] wire::gossip_entry entry(public_key const& to, wire::gossip_type type,
                                           target const& hash, unix_ms time) const;
    [[nodiscard]] entry_group group_of(public_key const& to, own_root const& root) const;

    config const& m_settings;
    public_key m_self;
    std::map<public_key, std::vector<own_root>> m_roots;
    std::set<public_key> m_incomplete; ///< friends for whom more waits than was set
    std::vector<demanded> m_demands;   ///< the oldest first
    std::map<public_key, unix_ms> m_writing;
    std::optional<unix_ms> m_endpoint_changed;
};

} // namespace tau::gossip
