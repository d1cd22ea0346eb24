#pragma once

#include "channel/value_box.hpp"
#include "dht/access.hpp"
#include "identity/binding.hpp"
#include "messenger/contact.hpp"

namespace tau::messenger {

struct engine_core;

/// The channels that are not conversations: `cidr` (where we are), `wallet` (our binding
/// record) and `device` (which of our devices runs); friends' cidr and wallet channels.
///
/// Threading: tau thread only.
class own_channels {
public:
    /// Our own device channel is read to find another device of ours: first this long after
    /// the start, when two that were started together shall learn of each other, then at
    /// pauses that double up to the longest, for one that is started while we run.
    static constexpr std::chrono::seconds first_device_read{5};
    static constexpr std::chrono::minutes longest_device_pause{5};
    /// After a restore, a channel that was not found is read again after this.
    static constexpr std::chrono::milliseconds restore_retry{500};

    /// What no node took is put again after the first, and then after pauses up to the last.
    static constexpr std::chrono::milliseconds put_again_first{1'000};
    static constexpr std::chrono::milliseconds put_again_last{60'000};

    explicit own_channels(engine_core& core) : m_core(core) {}

    /// Publishes the device record and begins to look for other devices.
    void start();
    /// Reads all our own channels once and raises their seqs, then calls `done`.
    void read_back(std::vector<contact_ptr> const& friends, std::function<void()> done);

    /// Signs, stores and puts a value of one of our channels.
    /// If no node takes it, again after `pause`, and then after longer ones.
    void put(wire::salt const& salt, bytes value,
             std::chrono::milliseconds pause = put_again_first);
    /// The key under which friends read our channels.
    [[nodiscard]] channel::box_key own_box_key() const;
    /// Puts our endpoints, encrypted for friends, if there are any.
    void publish_endpoints();
    [[nodiscard]] error_code publish_binding(identity::binding_record const& record);
    void read_endpoints(contact_ptr const& who);
    void read_wallet(contact_ptr const& who);

    /// The plain value of what `from` encrypted for its contacts; errc::not_found without
    /// their contact key, other errors of channel::open_value().
    [[nodiscard]] static result<bytes> open_from(contact const& from,
                                                 wire::item_address const& where, byte_view value);

    /// An item under our own key came from elsewhere.
    void on_own_item(wire::mutable_item const& item);
    /// True if it was a friend's cidr or wallet item.
    bool on_friend_item(contact_ptr const& who, wire::mutable_item const& item);

private:
    [[nodiscard]] std::int64_t& seq_of(wire::salt const& salt);
    void read_own_device_after(std::chrono::milliseconds pause);
    void read_until_found(wire::salt const& salt, std::function<void(dht::got_item const&)> on_item,
                          std::function<bool()> given_up, std::function<void()> done);
    void on_endpoints(contact_ptr const& who, wire::mutable_item const& item);
    void on_new_endpoints(contact_ptr const& who);
    void on_wallet(contact_ptr const& who, wire::mutable_item const& item);

    engine_core& m_core;
    std::map<wire::salt, std::int64_t> m_seqs;
    std::int64_t m_reported_seq = -1;
};

} // namespace tau::messenger
