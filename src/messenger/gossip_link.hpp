#pragma once

#include "dht/access.hpp"
#include "gossip/engine.hpp"
#include "messenger/contact.hpp"
#include "messenger/vector_carrier.hpp"

#include <set>
#include <unordered_map>
#include <unordered_set>

namespace tau::messenger {

struct engine_core;

/// What gossip does in a messenger: turns the actions of gossip::engine into exchanges, gets,
/// puts and rows, and tells it what they brought.
///
/// Source:    docs/gossip.md. Threading: tau thread only. Errors: what fails is tried again
///            when gossip names it again.
class gossip_link {
public:
    /// Sealed items handed over in one exchange; the rest is asked for.
    static constexpr std::size_t max_handed = 24;
    /// Roots of one friend's outbox that enter gossip, the newest.
    static constexpr std::size_t max_own_roots = 24;
    /// Octets of a vector that shares a datagram with something else.
    static constexpr std::size_t rider_bytes = 511;
    /// A receipt that nobody fetched is not spoken of any longer than this.
    static constexpr std::chrono::hours receipt_lifetime{72};
    /// Friends who are remembered to carry what somebody sealed.
    static constexpr std::size_t max_tellers = 8;

    explicit gossip_link(engine_core& core);

    /// Takes over what an earlier run held; then begins.
    void start(std::vector<store::held_row> const& held);
    void add(contact_ptr const& who);
    void remove(contact const& who);
    /// Outbox or receipts of a contact have changed.
    void renew(contact_ptr const& who);
    /// `teller` told of mail that `from` sealed, or brought it.
    static void note_teller(contact& from, public_key const& teller);
    /// Whether they may not know what we have of theirs.
    [[nodiscard]] bool owes_receipt(contact const& who) const;
    /// A receipt could not be brought: it must travel by others.
    void on_receipt_stuck(contact_ptr const& who);
    /// An exchange brought them what our channel value says.
    void on_receipt_brought(contact_ptr const& who, wire::message_channel const& said);
    /// What an earlier run sealed or opened.
    void load_receipts(contact& who) const;
    /// An exchange was answered.
    void on_reached(contact_ptr const& who);
    void on_unreached(contact const& who);
    /// They exchanged with us and proved it.
    void on_heard(contact_ptr const& who);
    void on_own_endpoints();
    /// They may be found where they were not before.
    void visit_soon(contact const& who);
    void on_user_active();
    void writing(contact_ptr const& to);

    /// Our vector for one friend, boxed, to ride along; empty if there is nothing new to say.
    [[nodiscard]] bytes rider(contact& to, std::size_t limit = rider_bytes);
    /// Has news for them ride on a get of a channel of theirs, if there are any.
    void ride(contact_ptr const& who, dht::get_request& on, dht::get_observer& told);
    /// What rode along has arrived.
    void on_told(contact const& to, std::uint64_t version) {
        m_machine.on_told(to.row.key, version);
    }
    [[nodiscard]] std::uint64_t version() const { return m_machine.version(); }
    /// A vector that rode along. `proven`: whoever brought it is online there.
    void on_rider(contact_ptr const& from, byte_view boxed, bool proven);
    /// True if it was a friend's gossip channel.
    bool on_channel_item(contact_ptr const& from, wire::mutable_item const& item);

    /// A vector or page that they made for all; errors of own_channels::open_from() and
    /// wire::decode_gossip().
    [[nodiscard]] result<wire::gossip_vector> open_from(contact const& from, byte_view boxed) const;

    /// Items of `from`'s chain that were looked for in vain, or came.
    void on_missing(contact const& from, target const& root);
    void on_found(target const& root);
    /// A friend who may have what `from` sealed and is online; the sender if there is none,
    /// or for even `attempt`s.
    [[nodiscard]] public_key holder_for(contact const& from, target const& root,
                                        unsigned attempt) const;
    /// Whether gossip finds news of this friend, so that its tip need not be polled.
    [[nodiscard]] bool watches(contact const& who) const;

    void set_power(gossip::power_state power) { m_machine.set_power(power); }
    [[nodiscard]] std::vector<target> offers_for(public_key const& to) const;
    [[nodiscard]] gossip::counts totals() const;
    [[nodiscard]] std::size_t carriers_of(target const& root) const;
    [[nodiscard]] bool is_online(contact const& who) const;

private:
    /// Our last receipt for them acknowledges all that can be.
    [[nodiscard]] bool says_all(contact const& who) const;
    /// They may not know what we acknowledged last, and no friend carries it to them.
    [[nodiscard]] bool is_receipt_alone(contact const& who) const;
    void pump();
    void arm();
    void perform(gossip::publish const& what);
    void perform(gossip::make_page const& what);
    void perform(gossip::drop_page const& what);
    void perform(gossip::fetch_page const& what);
    void perform(gossip::tell const& what);
    void perform(gossip::visit const& what);
    void perform(gossip::fetch_item const& what);
    void perform(gossip::drop_item const& what);
    void perform(gossip::put_item const& what);
    void perform(gossip::carry_vector const& what);
    void perform(gossip::serve_item const& what);
    void perform(gossip::root_told const& what);
    void perform(gossip::tip_wanted const& what);
    void perform(gossip::friend_writes const& what);
    void perform(gossip::friend_seen const& what);
    void perform(gossip::endpoint_news const& what);

    void exchange(contact_ptr const& to, bool is_visit);
    void exchange_with(contact_ptr const& to, std::vector<bytes> handed, bool is_visit);
    void read_channel(contact_ptr const& who);
    void on_fetched(gossip::fetch_item const& what, bytes const& value);
    void on_not_found(contact const& from, gossip::root_told const& what);
    void serve_family(gossip::serve_item const& what, std::vector<bytes> const& values);
    [[nodiscard]] std::vector<gossip::own_root> roots_of(contact const& who) const;
    void serve_held(std::vector<store::held_row> const& held);
    [[nodiscard]] bool has_to_hand(contact const& to) const;
    [[nodiscard]] bool seal_receipt(contact& who);
    void save_receipt(contact const& who);
    void note_receipt(contact& from, target const& root);
    void put_receipt(contact const& who);
    void put_receipts();
    [[nodiscard]] bytes receipt_at(target const& root) const;
    [[nodiscard]] wire::item_address rider_place(public_key const& sender) const;
    /// A vector of ours for all friends, as one bencoded string; empty if that fails.
    [[nodiscard]] bytes box_for_all(wire::gossip_vector const& what) const;

    /// Before a root that nobody had is looked for again because gossip names it.
    static constexpr std::chrono::minutes told_pause{5};
    static constexpr std::size_t max_failed = 4'096;
    static constexpr char const* receipt_name = "receipt:";
    static constexpr char const* receipt_seen_name = "receipt_seen:";

    engine_core& m_core;
    gossip::engine m_machine;
    vector_carrier m_carrier;
    alarm_queue::id m_alarm = 0;
    time_point m_wake{};
    bool m_pumping = false;
    std::unordered_map<target, unix_ms> m_own_put;   ///< receipts of ours and when they were put
    std::unordered_map<target, time_point> m_failed; ///< told roots, and when to ask again
    std::unordered_set<target> m_asking;             ///< told roots that are being fetched
};

} // namespace tau::messenger
