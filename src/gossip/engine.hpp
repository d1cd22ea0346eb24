#pragma once

#include "core/random.hpp"
#include "core/rate_limiter.hpp"
#include "gossip/action.hpp"
#include "gossip/config.hpp"
#include "gossip/friend_ids.hpp"
#include "gossip/mailbox.hpp"
#include "gossip/own_state.hpp"
#include "gossip/page_book.hpp"
#include "gossip/relay_book.hpp"
#include "gossip/serve_budget.hpp"
#include "gossip/visit_planner.hpp"

#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

namespace tau::gossip {

/// How a vector reached us.
enum class heard_by { exchange, channel };

/// Totals, for status and metrics.
struct counts {
    std::uint64_t held_items = 0;
    std::uint64_t held_bytes = 0;
    std::uint64_t relayed = 0;
    std::uint64_t demands = 0; ///< ours, not met yet
    std::uint64_t served_demands = 0;
    std::uint64_t refused_demands = 0; ///< over a budget, or of strangers
    std::uint64_t vectors = 0;
    std::uint64_t refused_vectors = 0;
    std::uint64_t online = 0;
    std::uint64_t lone_receipts = 0; ///< ours that wait for their receiver with nobody but us
};

/// Gossip of one key: what it says, what it believes of what others say, whom it visits, what
/// it holds for friends and what it puts on demand.
///
/// A pure state machine: after every call and at wake_at() the adapter performs
/// take_actions(). Items themselves are the adapter's.
///
/// Who is believed: a vector is its sender's word, since the adapter opened it with that
/// friend's key. What a friend says of itself is taken; what it says of others is a hint:
/// something to look at, to pass on, or to hold within that friend's quota.
///
/// Source:    docs/gossip.md (rules), docs/wire/gossip.md (bytes), S1-11 to S1-51.
/// Threading: one thread. Errors: none; what makes no sense is counted and dropped.
class engine {
public:
    /// Both outlive the engine.
    engine(config const& settings, public_key const& self, random_source& random);

    // Friends and ourselves.
    void start(moment now);
    void add_friend(public_key const& who, moment now);
    void remove_friend(public_key const& who);
    /// What waits for a friend's acknowledgement, the newest first; replaces the last.
    /// `complete`: nothing else waits for that friend.
    void set_own_roots(public_key const& to, std::vector<own_root> roots, moment now,
                       bool complete = true);
    void on_writing(public_key const& to, moment now);
    void on_own_endpoint_changed(moment now);
    /// The user does something: gossip is prompt for a while.
    void on_user_active(moment now);
    void set_power(power_state power) { m_power = power; }

    // What the adapter learned.
    /// A vector that `from` made, opened and decoded.
    void on_vector(public_key const& from, wire::gossip_vector const& what, heard_by how,
                   moment now);
    /// A page that a vector of theirs named, opened and decoded.
    void on_page(public_key const& from, target const& page, wire::gossip_vector const& what,
                 moment now);
    void on_no_page(public_key const& from, target const& page, moment now);
    /// A visit has ended. If it brought no vector, there was nothing (new).
    void on_visited(public_key const& who, moment now);
    /// A friend answered or brought something: it is online now.
    void on_online(public_key const& who, moment now);
    void on_offline(public_key const& who);
    /// A friend may be found where it was not before.
    void on_new_endpoint(public_key const& who, moment now) { m_visits.refer(who, now.mono); }
    /// Nobody that we can reach has an item of `from`'s chain: ask for it by gossip.
    void on_missing(public_key const& from, target const& what, moment now);
    void on_found(target const& what);
    /// Whether to look for what this friend told of, and that nobody had it.
    [[nodiscard]] bool follows(public_key const& told_by, moment now);
    void on_lie(public_key const& told_by, moment now);
    /// A fetch_item ended well; `members` are the targets of a manifest.
    void on_fetched(fetch_item const& what, std::size_t size, std::vector<target> const& members,
                    moment now);
    void on_not_fetched(fetch_item const& what, moment now);
    /// A held item reached its receiver, which proved itself.
    void on_handed(target const& what) { m_mailbox.settle_item(what); }
    /// What an earlier run held.
    void restore_held(held_item item);
    /// Takes `size` octets from the budget of a serve_item.
    [[nodiscard]] bool may_serve(serve_item const& what, std::size_t size, moment now);
    /// Something of ours was put for another reason.
    void on_put(target const& what, moment now) { m_budget.on_put(what, now.mono); }

    // What is said.
    /// A make_page was boxed: from now on vectors name it.
    void on_page_made(std::uint64_t id, target const& at) { m_pages.on_made(id, at); }
    [[nodiscard]] wire::gossip_vector vector_for_all(moment now) const;
    /// What fits, most useful to `to` first.
    [[nodiscard]] wire::gossip_vector vector_for(public_key const& to, moment now,
                                                 std::size_t limit = wire::max_gossip_bytes) const;
    /// Whether `to` has not been told of all that is new; on_told() once it was.
    [[nodiscard]] bool has_news_for(public_key const& to) const;
    [[nodiscard]] std::uint64_t version() const { return m_version; }
    void on_told(public_key const& to, std::uint64_t version);
    /// Seconds between our publications at present (S1-48).
    [[nodiscard]] std::uint8_t frequency(moment now) const;

    [[nodiscard]] std::vector<action> take_actions();
    [[nodiscard]] bool has_actions() const { return !m_actions.empty(); }
    [[nodiscard]] std::optional<time_point> wake_at() const;
    void on_time(moment now);

    // Queries.
    [[nodiscard]] mailbox const& held() const { return m_mailbox; }
    [[nodiscard]] bool is_online(public_key const& who, time_point now) const;
    /// Friends online now who said that they hold or pass on `root`; first those.
    [[nodiscard]] std::vector<public_key> holders_of(target const& root, time_point now) const;
    /// Friends who said that they carry a root of ours.
    [[nodiscard]] std::size_t carriers_of(target const& root) const;
    [[nodiscard]] counts totals(time_point now) const;
    /// What a friend announced; nullopt if nothing.
    [[nodiscard]] std::optional<std::uint8_t> frequency_of(public_key const& who) const;

private:
    struct friend_state {
        std::optional<time_point> online_until{};
        unix_ms last_vector{};  ///< the newest time that was believed
        std::uint64_t told = 0; ///< version of our news that it has
        std::optional<std::uint8_t> frequency{};
        std::set<target> hints{}; ///< roots it told us of, not found yet
        bool is_new = true;
        /// Its last vector without what it says of others, and its pages, by name the same of
        /// each; nullopt: not read yet.
        wire::gossip_vector last{};
        std::size_t named_pages = 0;
        std::map<target, std::optional<std::vector<wire::gossip_entry>>> pages{};
    };
    /// One entry with what its ids may mean.
    struct reading {
        public_key from;
        wire::gossip_entry entry;
        bool by_sender;                    ///< from is the entry's sender
        std::vector<public_key> senders;   ///< friends that match, `from` alone if by_sender
        std::vector<public_key> receivers; ///< friends that match, `from` excepted
        bool to_us;
        target parent; ///< of a bundle
        wire::pk_id_form form;
    };

    // engine_merge.cpp
    /// True if it says something new.
    bool read_entries(public_key const& from, wire::gossip_vector const& what, bool online,
                      moment now);
    bool read_entry(reading const& what, bool online, moment now);
    bool read_for_us(reading const& what, bool online, moment now);
    bool read_for_friend(reading const& what, moment now);
    void note_carrier(reading const& what);
    bool tell_root(reading const& what, bool online);
    bool want_to_hold(reading const& what, moment now);
    void serve(reading const& what, bool online, moment now);
    void follow_pages(public_key const& from, wire::gossip_vector const& what, moment now);
    void conclude(public_key const& from);
    void settle_by(public_key const& from, wire::gossip_vector const& what);
    [[nodiscard]] reading make_reading(public_key const& from, wire::gossip_entry const& entry,
                                       wire::pk_id_form form, target const& parent) const;

    // engine_vectors.cpp
    [[nodiscard]] std::vector<entry_group> sayings(moment now) const;
    void arrange_pages(bool afresh, moment now);
    [[nodiscard]] wire::gossip_vector fill(vector_builder& out, bool complete, moment now) const;

    void news(moment now);
    void start_fetches(time_point now);
    void add_carrier(target const& root, public_key const& who);
    void drop_all(std::vector<target> const& gone);
    void put_for(party const& receiver, moment now);
    void carry_due(time_point now);
    void publish_now(moment now);
    [[nodiscard]] std::chrono::milliseconds publish_gap(moment now) const;
    [[nodiscard]] std::chrono::minutes renewal() const;
    [[nodiscard]] std::optional<time_point> publish_at() const;
    void tell_online(moment now);

    config const& m_settings;
    public_key m_self;
    friend_ids m_ids;
    own_state m_own;
    relay_book m_relayed;
    mailbox m_mailbox;
    page_book m_pages;
    serve_budget m_budget;
    rate_limiter<public_key> m_failures; ///< of friends, tokens left for items nobody had
    rate_limiter<public_key> m_lookups;
    rate_limiter<public_key> m_page_reads;
    visit_planner m_visits;
    std::map<public_key, friend_state> m_friends;
    std::vector<action> m_actions;

    std::vector<fetch_item> m_fetch_line; ///< the newest last, which go first
    std::unordered_map<target, fetch_item> m_fetching;
    std::unordered_map<target, std::set<public_key>> m_carriers; ///< root -> who named it

    bool m_running = false;
    time_point m_started{};
    power_state m_power = power_state::battery;
    std::uint64_t m_version = 1; ///< of what we would say
    bool m_dirty = false;        ///< ... and have not published
    std::optional<time_point> m_published{};
    time_point m_publish_earliest{};
    std::optional<time_point> m_paged{};
    std::optional<time_point> m_tell_at{};
    std::map<public_key, time_point> m_carry_at; ///< whose vector to put for strangers
    std::optional<time_point> m_active_until{};
    time_point m_expire_at{};
    counts m_counts;
};

} // namespace tau::gossip
