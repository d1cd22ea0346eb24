#pragma once

#include "gossip/mailbox.hpp"
#include "messenger/contact.hpp"
#include "wire/gossip_vector.hpp"

#include <deque>
#include <map>
#include <set>
#include <unordered_map>

namespace tau::messenger {

struct engine_core;

/// Vectors and pages that friends made, kept to be put again while their makers are away: the
/// receiver of mail that we hold, whom we do not know, learns of it nowhere else.
///
/// Source:    docs/gossip.md. Threading: tau thread only. Errors: none; what is lost is read
///            again with the next vector.
/// Bounded:   one vector of each friend, wire::max_gossip_pages pages of it, and max_recent_pages.
class vector_carrier {
public:
    /// Pages of all friends that were read last, which a vector may name later.
    static constexpr std::size_t max_recent_pages = 512;

    /// `held` outlives it.
    vector_carrier(engine_core& core, gossip::mailbox const& held) : m_core(core), m_held(held) {}

    /// A vector of theirs, and the item that brought it.
    void on_vector(public_key const& from, wire::mutable_item const& item,
                   wire::gossip_vector const& what);
    /// A page of theirs, as it was put.
    void on_page(public_key const& from, target const& page, bytes const& value);
    /// Reads a newer vector if ours may not name mail of this minute; then puts what we have
    /// unless copies are fresh, and keeps it on disk.
    void carry(contact_ptr const& who, std::int64_t minute);
    void forget(public_key const& who);

private:
    struct record {
        std::optional<wire::mutable_item> item{};
        unix_ms time{};           ///< of the vector: its maker put it then
        bool complete = true;     ///< names all that its maker has for anybody
        std::set<target> named{}; ///< its pages
        std::map<target, bytes> pages{};
        unix_ms put{};                       ///< by us
        bool wanted = false;                 ///< strangers' mail was held in this run
        bool asking = false;                 ///< for a newer one
        std::optional<std::int64_t> asked{}; ///< for which minute
    };

    [[nodiscard]] record& record_of(public_key const& who);
    void load(public_key const& who, record& into) const;
    void save(public_key const& who, record const& what);
    void read(contact_ptr const& who, record& known, std::int64_t minute);
    void put(contact const& who, record& known);
    [[nodiscard]] bool names_held(contact const& maker, byte_view page) const;

    engine_core& m_core;
    gossip::mailbox const& m_held;
    std::unordered_map<public_key, record> m_records;
    std::unordered_map<target, bytes> m_recent;
    std::deque<target> m_recent_order;
};

} // namespace tau::messenger
