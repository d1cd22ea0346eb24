#pragma once

#include "core/rate_limiter.hpp"
#include "identity/binding_book.hpp"
#include "identity/device_watch.hpp"
#include "messenger/alarm_queue.hpp"
#include "messenger/contact.hpp"
#include "messenger/engine.hpp"
#include "messenger/seal.hpp"
#include "store/port.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace tau::messenger {

class attachment_keeper;
class background_line;
class composer;
class courier;
class ferry;
class file_keeper;
class file_sender;
class friend_watch;
class hauler;
class links_channel;
class gossip_link;
class own_channels;
class publisher;
class receiver;
class root_fetcher;

/// What the parts of the engine share. Each part holds a reference to it and does one
/// thing; none keeps a pointer to a contact over an asynchronous call but weakly.
/// Threading: tau thread only.
struct engine_core {
    engine_core(engine_ports p, engine_settings s);
    ~engine_core();

    engine_ports ports;
    engine_settings settings;
    pair_sealer sealer;
    alarm_queue alarms{};
    std::map<public_key, contact_ptr> contacts{};
    identity::device_watch devices;
    identity::binding_book bindings{};

    std::string own_name;
    read_receipts receipts = read_receipts::on;
    std::uint32_t contact_generation = 1;
    std::vector<endpoint> own_endpoints{};
    std::map<std::string, bytes> meta{};
    std::map<wire::salt, store::authored_row> authored{}; ///< of before the start
    bool running = false;
    std::uint64_t refused = 0;

    std::unique_ptr<background_line> background;
    std::unique_ptr<composer> compose;
    std::unique_ptr<courier> deliver;
    std::unique_ptr<publisher> publish;
    std::unique_ptr<receiver> receive;
    std::unique_ptr<friend_watch> watch;
    std::unique_ptr<root_fetcher> fetch;
    std::unique_ptr<attachment_keeper> attachments;
    std::unique_ptr<file_keeper> files;
    std::unique_ptr<file_sender> uploads;
    std::unique_ptr<messenger::ferry> ferry;
    std::unique_ptr<own_channels> channels;
    std::unique_ptr<hauler> haul;
    std::unique_ptr<links_channel> links;
    std::unique_ptr<gossip_link> gossip;

    std::map<engine::subscription, event_handler> handlers{};
    engine::subscription last_subscription = 0;
    std::function<void()> wake_handler{};

    [[nodiscard]] moment now() const { return ports.clock.now(); }
    [[nodiscard]] public_key const& self() const { return ports.keys.key(); }
    void emit(event const& what);
    /// Tells of a friend as it is now.
    void emit_friend(contact const& who, bool removed = false);

    /// Sets an alarm and lets the adapter look at wake_at() again.
    alarm_queue::id after(std::chrono::milliseconds delay, std::function<void()> what);

    /// `f`, but nothing once the engine is gone.
    template <class F>
    [[nodiscard]] auto guarded(F f) const {
        return [alive = std::weak_ptr<int>(m_alive), f = std::move(f)](auto&&... args) mutable {
            if (!alive.expired())
                f(std::forward<decltype(args)>(args)...);
        };
    }
    /// `f(contact_ptr, args...)`, but nothing once the engine or the contact is gone.
    template <class F>
    [[nodiscard]] auto guarded(contact_ptr const& who, F f) const {
        return guarded(
            [weak = std::weak_ptr<contact>(who), f = std::move(f)](auto&&... args) mutable {
                if (auto const strong = weak.lock())
                    f(strong, std::forward<decltype(args)>(args)...);
            });
    }

    [[nodiscard]] contact_ptr find(public_key const& key) const;
    /// Why nothing can be sent to `to`, which may be null, now.
    [[nodiscard]] error_code sendable(contact_ptr const& to) const;
    /// A new contact with the secrets of the pair; nullptr for a key that nobody can have.
    [[nodiscard]] contact_ptr make_contact(store::friend_row row) const;
    /// Stores a contact's row; lazy, unless `how` says otherwise.
    void save(contact const& who, store::durability how = store::durability::lazy,
              done_handler done = {});
    /// They were heard of at `when`, now at the latest.
    void heard(contact_ptr const& who, unix_ms when);
    /// heard(), and what they signed shows that they know us: first contact is made.
    void met(contact_ptr const& who, unix_ms when);

private:
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
};

[[nodiscard]] friend_view view_of(engine_core const& core, contact const& who);

} // namespace tau::messenger
