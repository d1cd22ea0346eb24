#pragma once

#include "messenger/contact.hpp"
#include "wire/message_channel.hpp"

#include <optional>

namespace tau::messenger {

struct engine_core;

/// Puts our side of a conversation into the DHT: sealed messages as immutable items,
/// and the channel value that leads to them, under this slot's salt and under the tip.
///
/// A channel is put at most once in `put_pause`; what waits longer without a receipt is
/// put again by the background line, ever more rarely. Threading: tau thread only.
class publisher {
public:
    static constexpr std::chrono::seconds put_pause{2};
    /// Before what no node took is put again.
    static constexpr std::chrono::seconds put_again_pause{10};
    /// Putting again while there is no receipt: DHT nodes drop items after 2 hours.
    static constexpr std::chrono::minutes refresh_first{60};
    static constexpr std::chrono::minutes refresh_last{60};
    /// Messages put again in one refresh; older ones are reached by their links.
    static constexpr std::size_t max_refreshed = 12;

    explicit publisher(engine_core& core) : m_core(core) {}

    /// The newest message of the outbox is new: put it and the channel.
    void publish_new(contact_ptr const& to);
    /// Goes on with an outbox of an earlier run.
    void resume(contact_ptr const& to);
    /// Puts the channel now, or when put_pause allows it.
    void publish_channel(contact_ptr const& to);
    /// All of a friend's undelivered messages and the channel, by the background line.
    void refresh(contact_ptr const& to);
    /// Our tip item as it is now, signed; nullopt if it cannot be made.
    [[nodiscard]] std::optional<wire::mutable_item> current_tip(contact& to);
    /// What our channel to a contact says now.
    [[nodiscard]] wire::message_channel channel_of(contact const& to) const;
    /// A message's content tree is in the DHT.
    void on_content_taken(contact_ptr const& to, message_id const& id);

    /// Signs an item of ours and notes it for the detection of other devices.
    [[nodiscard]] wire::mutable_item sign(wire::salt const& salt, std::int64_t seq, bytes value);

private:
    void put_message(contact_ptr const& to, outgoing const& one);
    void put_message_later(contact_ptr const& to, message_id const& id);
    void put_channel(contact_ptr const& to);
    void put_channel_later(contact_ptr const& to);
    void put_tip_again(contact_ptr const& to);
    void on_channel_taken(contact_ptr const& to, std::vector<message_id> const& ids);
    void note_published(contact_ptr const& to, outgoing const& one);
    [[nodiscard]] bool renew_tip(contact& to, bool even_if_same);
    void keep(wire::mutable_item const& item);
    void schedule_refresh(contact_ptr const& to);

    engine_core& m_core;
};

} // namespace tau::messenger
