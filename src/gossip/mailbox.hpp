#pragma once

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "gossip/config.hpp"
#include "gossip/party.hpp"
#include "gossip/vector_builder.hpp"

#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

namespace tau::gossip {

/// An item that is held for a friend who receives it, or of a friend who sealed it. What is
/// known of it is what gossip said; its octets are with the adapter.
struct held_item {
    target what;
    party sender;
    party receiver; ///< one of both is a friend
    target parent;  ///< the sealed item it belongs to; itself for that one
    wire::gossip_type type = wire::gossip_type::message_root;
    bool is_manifest = false;
    std::size_t size = 0;
    std::int64_t minute = 0; ///< when the sender sealed it, as gossip says
    unix_ms received{};
    std::optional<unix_ms> last_put{}; ///< by us
    /// Sender or receiver let us know that it has arrived. Kept for a demand all the same.
    bool settled = false;
};

/// Which items are held for others, within quotas of receiver, sender and all: the settled,
/// then the oldest of whoever has most go first.
///
/// A pure index. Threading: one thread.
class mailbox {
public:
    explicit mailbox(config const& settings) : m_settings(settings) {}

    [[nodiscard]] bool has(target const& what) const { return m_items.contains(what); }
    [[nodiscard]] held_item const* find(target const& what) const;
    /// Whether another item of this sender would find room; a greedy one's would not.
    [[nodiscard]] bool would_take(public_key const& sender) const;

    /// Adds an item; the targets that had to go for it, perhaps itself.
    std::vector<target> add(held_item item);
    void remove(target const& what);
    /// Everything of a former friend.
    std::vector<target> forget(public_key const& who);
    /// What is too old.
    std::vector<target> expire(unix_ms now);

    /// The receiver acknowledged what the sender of `root` sealed up to it. True if news.
    bool settle(public_key const& receiver, target const& root);
    /// The receiver has this item.
    void settle_item(target const& what);
    /// The sender no longer lists them: all of the pair but `listed`.
    bool settle_unlisted(public_key const& sender, party const& receiver,
                         std::set<target> const& listed, std::int64_t before_minute);
    void on_put(target const& what, unix_ms now);

    /// Sealed items and what belongs to them that `receiver` may miss, the newest first.
    [[nodiscard]] std::vector<held_item const*> for_receiver(party const& receiver) const;
    /// The items that belong to a sealed one, itself first.
    [[nodiscard]] std::vector<target> family(target const& root) const;
    /// Whether anything is not settled.
    [[nodiscard]] bool waits() const { return !m_order.empty() && std::get<0>(*m_order.rbegin()); }
    /// Receivers of unsettled items.
    [[nodiscard]] std::set<party> receivers() const;
    /// Whom this friend has sealed something for that we hold.
    [[nodiscard]] std::vector<party> receivers_of(public_key const& sender) const;

    /// Minute of the newest unsettled mail of this friend to people whom we do not know.
    [[nodiscard]] std::optional<std::int64_t> newest_to_strangers(public_key const& sender) const;

    /// What our vector says of them: groups of the unsettled, the newest first.
    /// First those that nothing of the same pair follows: they lead to the others. Last what
    /// is for strangers.
    [[nodiscard]] std::vector<entry_group>
    groups(std::optional<public_key> const& receiver = {}) const;

    [[nodiscard]] std::size_t bytes() const { return m_bytes; }
    [[nodiscard]] std::size_t size() const { return m_items.size(); }
    [[nodiscard]] std::size_t bytes_of_sender(public_key const& key) const;

private:
    /// Settled first, then the oldest.
    using order = std::tuple<bool, unix_ms, target>;
    [[nodiscard]] static order place_of(held_item const& item) {
        return {!item.settled, item.received, item.what};
    }
    void set_settled(held_item& item);
    void settle_older_receipts(held_item const& than);
    [[nodiscard]] entry_group group_of(held_item const& root, std::vector<target> manifests) const;
    [[nodiscard]] std::optional<target> oldest(public_key const* sender,
                                               party const* receiver) const;

    config const& m_settings;
    std::unordered_map<target, held_item> m_items;
    std::set<order> m_order;
    std::map<party, std::set<target>> m_by_receiver;
    std::unordered_map<public_key, std::size_t> m_sender_bytes;
    std::map<party, std::size_t> m_receiver_bytes;
    std::size_t m_bytes = 0;
};

} // namespace tau::gossip
