#pragma once

#include "channel/salts.hpp"
#include "channel/value_box.hpp"
#include "messenger/alarm_queue.hpp"
#include "messenger/message_dag.hpp"
#include "messenger/types.hpp"
#include "store/changes.hpp"
#include "wire/message_body.hpp"
#include "wire/mutable_item.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace tau::messenger {

/// A message of ours without a receipt.
struct outgoing {
    message_id id;
    target root;
    bytes sealed;             ///< empty: only on disk, loaded before it is sent
    bool has_content = false; ///< a content tree belongs to it
    bool item_taken = false;  ///< DHT nodes took the sealed item
    bool announced = false;   ///< ... and a channel value that leads to it
    bool content_taken = true;
    bool handed_over = false;            ///< an exchange that carried it was answered
    std::optional<time_point> offered{}; ///< when an exchange carried it last
    unix_ms time{};
    bool hidden = false;             ///< a contact card
    std::vector<target> manifests{}; ///< of its content tree, for friends who hold it
};

/// Our newest acknowledgement to a friend, as an item that others can carry.
struct sealed_receipt {
    bytes says{};         ///< what it acknowledges, encoded
    bool settled = false; ///< they know that from us
    bytes item{};         ///< bencoded; empty if it was never needed
    target root{};
    unix_ms time{};
    std::optional<target> acknowledges{};
};

/// What is known of a message that we sent.
struct sent_state {
    message_state state = message_state::stored;
    delivery_way way = delivery_way::none;
};

/// A message that waits for those before it in the conversation to be on disk.
struct draft {
    wire::content_kind kind = wire::content_kind::text;
    std::string text{};
    std::string file_name{};
    bytes content{};
    std::optional<wire::contact_card> card{};
    std::optional<wire::file_ref> file{};
    std::optional<message_id> received_file{};
    store::batch with{}; ///< changes that belong to it: all of them or none
    std::function<void(result<message_id>)> stored{};
};

/// What is known of one key and the conversation with it. State only; the parts of the
/// engine work on it. Threading: tau thread only.
struct contact {
    store::friend_row row;

    // Secrets of the pair; unset for a key that is no valid curve point.
    channel::pair_secret secret{};
    std::optional<channel::box_key> out_box{};
    std::optional<channel::box_key> in_box{};

    // Conversation.
    message_dag dag{};
    std::deque<outgoing> outbox{}; ///< the oldest first
    std::unordered_map<message_id, sent_state> sent{};
    std::deque<draft> drafts{};
    bool composing = false;
    unix_ms newest_time{}; ///< of any message of either side, if plausible
    unix_ms card_time{};   ///< of the newest contact card that was applied
    std::uint64_t unread = 0;
    std::size_t request_messages = 0;
    std::vector<target> carried_roots{}; ///< of our own tip before a restore

    // Our channel values.
    std::int64_t last_seq = -1;
    bytes tip_plain{};
    std::optional<wire::mutable_item> tip{};
    std::optional<time_point> put_at{}; ///< when the channel was put last
    alarm_queue::id put_alarm = 0;
    alarm_queue::id refresh_alarm = 0;
    std::chrono::milliseconds refresh_pause{0};

    // Their channel values.
    std::int64_t seen_seq = -1;
    std::optional<target> read_by_them{}; ///< the last root that was applied
    /// Messages before it of which nothing says that they have them.
    std::vector<message_id> read_unproven{};
    /// Messages of theirs that came after later ones had been read, and are not read yet:
    /// until they are, we do not claim to have read all that precedes the newest.
    std::unordered_set<target> late_unread{};

    // Direct delivery.
    std::size_t exchanges = 0; ///< under way
    bool push_again = false;
    bool loading_outbox = false;
    bool receipt_due = false;
    std::vector<message_id> receipt_ids{}; ///< newly stored here, for an explicit receipt
    std::optional<time_point> last_answer{};
    std::optional<time_point> last_heard{};
    std::optional<endpoint> last_source{};
    std::uint32_t tries = 0;         ///< since the last answer
    std::uint32_t tries_carried = 0; ///< over a connection, since something was acknowledged
    alarm_queue::id help_alarm = 0;
    bool was_carried = false;                    ///< something of theirs came by a carrier
    std::optional<wallet_address> wallet_hint{}; ///< where a carrier may find them
    error_code last_failure{};
    std::chrono::milliseconds retry_pause{0};
    alarm_queue::id retry_alarm = 0;
    std::optional<unix_ms> next_try{};
    alarm_queue::id receipt_alarm = 0;

    // Gossip.
    sealed_receipt receipt{};
    std::optional<target> receipt_seen{}; ///< theirs that was opened last
    std::int64_t gossip_seq = -1;
    std::unordered_set<target> handed{}; ///< held items that they got from us in this run
    std::vector<public_key> tellers{};   ///< friends who told us of mail of theirs lately
    bool telling = false;                ///< an exchange for gossip is under way
    bool tip_read = false;               ///< in this run, because there was no gossip
    std::optional<unix_ms> writes_until{};
    std::optional<unix_ms> seen_by_friends{}; ///< hearsay

    // Watching.
    std::chrono::milliseconds watch_pause{0};
    alarm_queue::id watch_alarm = 0;
    std::size_t polls = 0; ///< gets under way
    bool poll_brought_news = false;
    bool in_background_line = false;
    std::optional<time_point> cidr_read{};
    std::int64_t cidr_seq = -1; ///< of the newest endpoints that they published
    bool wallet_read = false;

    // Fetching what is known by hash only.
    struct wanted_root {
        unsigned failures = 0;
        bool under_way = false;
        bool checked = false; ///< known not to be in the store
        time_point not_before{};
    };
    std::unordered_map<target, wanted_root> wanted{};
    std::vector<target> stored_missing{}; ///< wanted in an earlier run
    std::size_t root_gets = 0;
    bool checking_roots = false;
    alarm_queue::id fetch_alarm = 0;

    /// They came to us since then: what was sent before may have gone where they were.
    [[nodiscard]] bool came_after(time_point when) const {
        return last_heard && *last_heard > when;
    }
    [[nodiscard]] friend_state state() const { return static_cast<friend_state>(row.state); }
    [[nodiscard]] bool is_talking() const {
        return state() == friend_state::accepted || state() == friend_state::pending;
    }
    [[nodiscard]] outgoing* find_outgoing(message_id const& id) {
        for (auto& one : outbox)
            if (one.id == id)
                return &one;
        return nullptr;
    }
};
using contact_ptr = std::shared_ptr<contact>;

} // namespace tau::messenger
