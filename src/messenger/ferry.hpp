#pragma once

#include "messenger/contact.hpp"
#include "messenger/file_port.hpp"
#include "messenger/outbound_book.hpp"
#include "wire/packet.hpp"

#include <map>
#include <memory>
#include <set>

namespace tau::messenger {

struct engine_core;

/// Brings attachments and files over links and paths, where no direct connection is to be
/// had: items of content trees, and blocks of sealed files.
///
/// Whoever wants something asks for as much of it as the way holds (ferry_pace) and asks again
/// for what did not come. What is on the way is bounded at both ends (outbound_book), and at
/// each hop by forwarding. Blocks become pieces of the torrent, which checks them.
///
/// Source: docs/wire/packets.md. Threading: tau thread only.
class ferry {
public:
    /// Until what did not come is asked for again; doubles while nothing comes at all.
    static constexpr std::chrono::seconds patience_min{10};
    static constexpr std::chrono::seconds patience_max{30};
    /// Until a piece that was handed over, and is still missing, is fetched again.
    static constexpr std::chrono::seconds check_time{120};
    /// How often a crossing is looked at when nothing comes.
    static constexpr std::chrono::seconds look_pause{2};
    /// Items that are asked for in this time share a packet.
    static constexpr std::chrono::milliseconds gather_pause{5};

    explicit ferry(engine_core& core) : m_core(core) {}
    ~ferry();

    /// Fetches a file that the port moves and that no peer has brought yet.
    void cross(contact_ptr const& from, wire::file_ref const& file);
    /// A peer brings it after all, or nobody wants it any more.
    void stop(info_hash const& torrent) { m_crossings.erase(torrent); }
    [[nodiscard]] bool is_crossing(info_hash const& torrent) const {
        return m_crossings.contains(torrent);
    }
    /// Asks for an item of an attachment, if there is a way to its sender.
    void want_item(contact_ptr const& from, target const& item);

    /// A packet came from a friend; whether it really did.
    bool on_packet(contact_ptr const& from, byte_view sealed);
    /// A friend signed that it has what we sent.
    void on_acknowledged(contact const& by, std::vector<message_id> const& ids);

private:
    struct crossing;
    using crossing_ptr = std::shared_ptr<crossing>;

    void advance(crossing_ptr const& what);
    void ask_info(crossing& what);
    void ask_blocks(crossing& what);
    void activate(crossing& what);
    void look_later(crossing_ptr const& what);
    void flush_items(contact_ptr const& from);
    bool ask(contact& to, wire::packet const& what) { return launch(to, what).has_value(); }
    [[nodiscard]] std::optional<message_id> launch(contact& to, wire::packet const& what);
    bool serve(contact& to, outbound_book::content const& content, wire::packet const& what);
    void serve_items(contact_ptr const& to, std::vector<target> const& wanted);

    void on(contact_ptr const& from, wire::want_info const& what);
    void on(contact_ptr const& from, wire::info_part const& what);
    void on(contact_ptr const& from, wire::want_blocks const& what);
    void on(contact_ptr const& from, wire::file_block const& what);
    void on(contact_ptr const& from, wire::want_items const& what);
    void on(contact_ptr const& from, wire::item_values const& what);
    void serve_run(contact_ptr const& to, wire::file_ref const& file, wire::block_run run);
    [[nodiscard]] crossing_ptr find(contact const& from, info_hash const& torrent) const;

    engine_core& m_core;
    std::map<info_hash, crossing_ptr> m_crossings;
    std::map<public_key, std::set<target>> m_wanted_items; // gathered, not asked for yet
    outbound_book m_outbound;
};

} // namespace tau::messenger
