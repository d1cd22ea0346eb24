#pragma once

#include "core/clock.hpp"
#include "core/endpoint.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/random.hpp"
#include "gossip/engine.hpp"
#include "identity/binding.hpp"
#include "identity/device_watch.hpp"
#include "messenger/events.hpp"
#include "messenger/settings.hpp"
#include "messenger/types.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tau::dht {
class access;
}
namespace tau::store {
class port;
}

namespace tau::messenger {

class carrier;
class file_port;
struct engine_core;

/// What the engine stands on. All of it must outlive the engine.
struct engine_ports {
    dht::access& dht;
    store::port& store;
    identity::keyring const& keys;
    clock_source const& clock; ///< read once per event
    random_source& random;
    identity::device_id device; ///< tells our items from those of another device of ours
    logger log{};
};

/// Answers to what was asked. Called on the tau thread, never before the call returned,
/// and exactly once unless the engine is destroyed first.
using done_handler = std::function<void(error_code)>;
template <class T>
using answer_handler = std::function<void(result<T>)>;

/// Two keys talk: friends, messages, attachments and their receipts.
///
/// The engine decides and owns no socket, thread or timer: it acts through
/// dht::access and store::port, and asks by wake_at() to be called.
/// What send answered with an id is on disk and survives any crash.
///
/// Source:    docs/messenger.md (states, first contact, catch-up), docs/wire/messages.md.
/// Threading: tau thread only, handlers too. Nothing blocks.
/// Errors:    by value. errc::cancelled before start() and after stop(); a full disk
///            is errc::disk_full and changes nothing.
class engine {
public:
    engine(engine_ports ports, engine_settings settings);
    ~engine();
    engine(engine const&) = delete;
    engine& operator=(engine const&) = delete;

    /// Loads what is stored, then serves and publishes it again and begins to watch
    /// friends. An identity that was restored from a backup first reads its own
    /// channels, for at most settings.restore_read_timeout. Call once.
    void start(done_handler ready);
    /// Publishes and watches no more; answers when all that was accepted is on disk.
    void stop(done_handler stopped);

    // Time. `on_wake` is called when wake_at() may have become earlier.
    [[nodiscard]] std::optional<time_point> wake_at() const;
    void on_time(time_point now);
    void on_wake(std::function<void()> handler);

    // What the adapters learn.
    /// Our endpoints as others see them; published in `cidr` when they change.
    void on_own_endpoints(std::vector<endpoint> endpoints);
    /// `who` was seen at `where` (hello, swarm, exchange): delivery is tried at once.
    void on_friend_online(public_key const& who, std::optional<endpoint> where);

    // Ways beside the DHT.
    /// Begins to use a carrier, which must outlive the engine's use: nullptr ends it.
    void use_carrier(carrier* by);
    /// Sealed octets came over a connection or a path. `origin`: whose wallet they are said to
    /// come from; the seal proves the sender.
    void on_carried(bytes sealed, wallet_address const& origin, delivery_way way);
    /// `from` signed that it has these messages of ours on its disk.
    void on_carried_receipt(public_key const& from, std::vector<message_id> const& ids,
                            delivery_way way);
    /// Whom a carrier is linked with now; friends are told in `links`.
    void on_own_links(std::vector<wallet_address> links);
    /// A carrier met `who`, whose wallet was proven to it.
    void on_friend_wallet(public_key const& who, wallet_address const& wallet);
    /// Where a carrier may find somebody: proven, or as a contact URI said.
    [[nodiscard]] std::optional<wallet_address> wallet_of(public_key const& who) const;

    // Files above the size of a content tree.
    /// Where they are kept and how they move; it must outlive the engine. Before start();
    /// without one, files of others wait and none can be sent.
    void use_files(file_port& port);
    /// Begins to hand over a file of `size` octets, which is sealed as its parts come.
    /// errc::not_found without a file_port, errc::too_large, errc::invalid_argument for no
    /// octets, errc::rate_limited, errc::disk_full.
    [[nodiscard]] result<upload_id> begin_upload(std::uint64_t size);
    /// The next part, which begins at `from`. An error ends the upload.
    void write_upload(upload_id id, std::uint64_t from, bytes part, done_handler done);
    /// Makes the message of an upload that is whole. Answers as send_file().
    void send_upload(public_key const& to, outgoing_upload what, answer_handler<message_id> stored);
    void drop_upload(upload_id id);
    /// Fetches a file that waits to be asked for. errc::not_found for a message without one,
    /// errc::disk_full, errc::invalid_checksum if its sender made it wrongly. Success: it is
    /// here or under way; attachment_progress tells of it.
    void fetch_file(message_id const& id, done_handler done);
    /// Octets of a file that is here, fewer than `count` at its end. errc::not_found.
    void read_file(message_id const& id, std::uint64_t from, std::size_t count,
                   answer_handler<bytes> answer);

    // Messages.
    /// Seals, signs and stores; answers with the id once that is on disk.
    /// errc::not_a_friend, errc::blocked, errc::invalid_encoding (not UTF-8),
    /// errc::invalid_argument (empty), errc::too_large (settings.max_text_bytes).
    void send_text(public_key const& to, std::string text, answer_handler<message_id> stored);
    /// As send_text(). `name` is shown to the receiver; folders in it are cut off.
    /// errc::too_large above settings.max_attachment_bytes.
    void send_file(public_key const& to, outgoing_file file, answer_handler<message_id> stored);
    /// The oldest first, at most `limit` of the newest that match.
    void inbox(inbox_query query, answer_handler<std::vector<message_view>> answer);
    /// errc::not_found.
    void message(message_id const& id, answer_handler<message_view> answer);
    /// Says that a person saw these messages. Friends are told if read receipts are on.
    void mark_read(std::vector<message_id> ids, done_handler done);
    /// Forgets a message here; one that has not been delivered is no longer sent.
    void erase(message_id const& id, done_handler done);
    /// The octets of a message's attachment. One that is not complete yet is fetched;
    /// errc::timed_out if that makes no progress for settings.attachment_timeout,
    /// errc::not_found for a message without one.
    void attachment(message_id const& id, answer_handler<bytes> answer);
    /// Why a message of ours is not delivered yet, and when it is tried next.
    void why_waiting(message_id const& id, answer_handler<waiting_view> answer);

    /// Messages of ours without a receipt, the oldest first, at most `limit`.
    [[nodiscard]] std::vector<waiting_message> waiting_messages(std::size_t limit) const;

    // Friends.
    /// Everybody the engine knows of, requests and blocked ones included.
    [[nodiscard]] std::vector<friend_view> friends() const;
    [[nodiscard]] std::optional<friend_view> friend_of(public_key const& key) const;
    /// Adds a key; our contact key travels to it as a first, invisible message. A key that
    /// sent a request is accepted; a known friend gains what is new (idempotent).
    /// errc::invalid_argument for our own key, errc::too_large above settings.max_friends.
    void add_friend(contact_info contact, done_handler done);
    /// errc::not_found unless `key` sent a request. Its messages move to the inbox.
    void accept_friend(public_key const& key, done_handler done);
    /// An empty name returns to the one they gave. errc::not_found.
    void rename_friend(public_key const& key, std::string name, done_handler done);
    /// Silently drops all that comes from `key`, known or not, until unblock_friend().
    void block_friend(public_key const& key, done_handler done);
    void unblock_friend(public_key const& key, done_handler done);
    /// Forgets the friend and the conversation, and changes our contact key, so that the
    /// key they have opens nothing that we publish later. errc::not_found.
    void remove_friend(public_key const& key, done_handler done);

    // Ourselves.
    /// The name friends see, at most settings.max_name_bytes of UTF-8.
    void set_own_name(std::string name, done_handler done);
    [[nodiscard]] std::string const& own_name() const;
    void set_read_receipts(read_receipts on, done_handler done);
    /// What a contact URI of ours carries: key, name, wallet, contact key, endpoints.
    [[nodiscard]] contact_info own_contact() const;
    /// Publishes a binding record in channel `wallet` and remembers that it did.
    void publish_binding(identity::binding_record const& record, done_handler done);

    // Gossip (docs/gossip.md).
    /// The user is writing to a friend, who is told if online.
    void on_writing(public_key const& to);
    /// How much power gossip may use; by default as on battery.
    void set_power(gossip::power_state power);
    [[nodiscard]] gossip::counts gossip_counts() const;
    /// Roots that we hold for a friend and that it may miss.
    [[nodiscard]] std::vector<target> gossip_offers(public_key const& to) const;

    // Health and events.
    [[nodiscard]] engine_counts counts() const;
    using subscription = std::uint64_t;
    [[nodiscard]] subscription subscribe(event_handler handler);
    void unsubscribe(subscription id);

    /// All that a restore needs: friends, messages, own channels; not the identity's
    /// secrets, but contact keys and texts in the clear: encrypt it.
    void export_backup(answer_handler<bytes> answer);
    /// Fills an empty store; call instead of nothing, before start(). errc::already_exists
    /// if the store holds friends or messages, errc::unsupported_version,
    /// errc::invalid_encoding, errc::invalid_checksum.
    void import_backup(bytes blob, done_handler done);

private:
    std::unique_ptr<engine_core> m_core;
};

} // namespace tau::messenger
