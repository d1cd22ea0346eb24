#pragma once

#include "core/rate_limiter.hpp"
#include "dht/access.hpp"
#include "messenger/contact.hpp"
#include "messenger/seal.hpp"
#include "store/database.hpp"
#include "wire/message_channel.hpp"

namespace tau::messenger {

struct engine_core;

/// Takes in what others bring: verifies, opens, stores, and only then tells of it and
/// owes a receipt. A message that is known already costs a look-up and renews the receipt.
///
/// Threading: tau thread only. Errors: what does not verify is counted and dropped.
class receiver {
public:
    /// Seals from nobody we know that are opened in a second; opening costs 150 us.
    static constexpr double strangers_per_second = 50;
    static constexpr double strangers_burst = 200;
    /// A signed time further ahead of our clock than this is shown as this much ahead.
    static constexpr std::chrono::hours max_ahead{2};

    explicit receiver(engine_core& core);

    void on_parcel(dht::incoming_parcel const& what);
    /// Sealed octets that a carrier brought.
    void on_carried(byte_view sealed, wallet_address const& origin, delivery_way way);
    void on_carried_receipt(contact_ptr const& from, std::vector<message_id> const& ids,
                            delivery_way way);
    /// What a friend handed back in an exchange.
    void on_answer(contact_ptr const& from, dht::parcel what);
    /// A verified item of a friend's channel, from wherever it came.
    void on_channel_item(wire::mutable_item const& item);
    /// A sealed message. `from`: who was asked for it, if anybody.
    void on_sealed(std::vector<bytes> items, delivery_way way, contact_ptr const& from);

private:
    struct incoming {
        opened_message seal;
        wire::message_root root;
        bytes item;
    };

    void take(contact_ptr const& from, std::vector<incoming> messages, delivery_way way);
    void on_taken(contact_ptr const& from, std::vector<incoming> const& messages,
                  std::vector<message_id> const& fresh, delivery_way way);
    void on_fresh(contact_ptr const& from, incoming const& message, delivery_way way);
    void apply_card(contact_ptr const& from, incoming const& message);
    void on_receipt(contact_ptr const& from, wire::message_receipt const& receipt);
    void on_channel_value(contact_ptr const& from, wire::message_channel const& value);
    void on_delivered(contact_ptr const& from, message_id const& id,
                      std::optional<delivery_way> way = {});
    void tell_carrier(message_id const& id, bool is_kept) const;
    void on_read_up_to(contact_ptr const& from, target const& root);
    void set_state(contact_ptr const& from, message_id const& id, message_state state);
    /// True if the seal holds a channel value.
    bool on_state(opened_message const& seal, delivery_way way, contact_ptr const& asked);
    [[nodiscard]] contact_ptr sender_of(opened_message const& seal);
    [[nodiscard]] bool is_message_salt(contact& who, wire::salt const& salt) const;
    void rename(contact_ptr const& who, std::string const& name);

    engine_core& m_core;
    rate_limiter<int> m_strangers;
    bool m_by_friends = false; ///< the acknowledgement that is being read came by them
};

} // namespace tau::messenger
