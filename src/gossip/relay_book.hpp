#pragma once

#include "core/bytes.hpp"
#include "gossip/config.hpp"
#include "gossip/vector_builder.hpp"

#include <deque>
#include <map>
#include <tuple>

namespace tau::gossip {

/// Entries of others whose receiver is a friend of ours (S1-42), and nothing more than hints:
/// passed on in our own vector for a day. One friend may fill its own share only.
///
/// Threading: one thread.
class relay_book {
public:
    explicit relay_book(config const& settings) : m_settings(settings) {}

    /// Notes an entry that `told_by` carries. True if it says something new.
    bool add(wire::gossip_entry const& entry, public_key const& told_by);
    /// A demand was served, a root fetched: no longer worth passing on.
    void drop(target const& hash);
    void forget(public_key const& told_by);

    /// The newest first, those a day old left out.
    [[nodiscard]] std::vector<entry_group> groups(std::int64_t minute) const;
    /// Only those for one receiver.
    [[nodiscard]] std::vector<entry_group> groups_for(wire::pk_id const& receiver,
                                                      std::int64_t minute) const;
    [[nodiscard]] std::size_t size() const { return m_entries.size(); }

private:
    using name = std::tuple<wire::pk_id, wire::pk_id, wire::gossip_type, target>;
    struct kept {
        wire::gossip_entry entry;
        public_key told_by;
        std::uint64_t order;
    };
    void remove(std::map<name, kept>::iterator at);
    void make_room(public_key const& told_by);

    config const& m_settings;
    std::map<name, kept> m_entries;
    std::map<public_key, std::map<std::uint64_t, name>> m_by_friend; ///< the oldest first
    std::uint64_t m_last = 0;
};

} // namespace tau::gossip
