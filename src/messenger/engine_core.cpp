#include "messenger/engine_core.hpp"

#include "messenger/attachment_keeper.hpp"
#include "messenger/background_line.hpp"
#include "messenger/composer.hpp"
#include "messenger/courier.hpp"
#include "messenger/ferry.hpp"
#include "messenger/file_keeper.hpp"
#include "messenger/file_sender.hpp"
#include "messenger/friend_watch.hpp"
#include "messenger/gossip_link.hpp"
#include "messenger/hauler.hpp"
#include "messenger/links_channel.hpp"
#include "messenger/own_channels.hpp"
#include "messenger/publisher.hpp"
#include "messenger/receiver.hpp"
#include "messenger/root_fetcher.hpp"

#include <algorithm>

namespace tau::messenger {

engine_core::engine_core(engine_ports p, engine_settings s)
    : ports(std::move(p)), settings(std::move(s)), sealer(ports.keys, ports.random),
      devices(ports.device), own_name(settings.own_name),
      background(std::make_unique<background_line>(*this)),
      compose(std::make_unique<composer>(*this)), deliver(std::make_unique<courier>(*this)),
      publish(std::make_unique<publisher>(*this)), receive(std::make_unique<receiver>(*this)),
      watch(std::make_unique<friend_watch>(*this)), fetch(std::make_unique<root_fetcher>(*this)),
      attachments(std::make_unique<attachment_keeper>(*this)),
      files(std::make_unique<file_keeper>(*this)), uploads(std::make_unique<file_sender>(*this)),
      ferry(std::make_unique<messenger::ferry>(*this)),
      channels(std::make_unique<own_channels>(*this)), haul(std::make_unique<hauler>(*this)),
      links(std::make_unique<links_channel>(*this)), gossip(std::make_unique<gossip_link>(*this)) {}

engine_core::~engine_core() = default;

void engine_core::emit(event const& what) {
    auto const copy = handlers; // a handler may unsubscribe
    for (auto const& [id, handler] : copy)
        handler(what);
}

void engine_core::emit_friend(contact const& who, bool removed) {
    emit(friend_changed{view_of(*this, who), removed});
}

alarm_queue::id engine_core::after(std::chrono::milliseconds delay, std::function<void()> what) {
    auto const before = alarms.next();
    auto const when = now().mono + delay;
    auto const id = alarms.set(when, std::move(what));
    if ((!before || when < *before) && wake_handler)
        wake_handler();
    return id;
}

contact_ptr engine_core::find(public_key const& key) const {
    auto const found = contacts.find(key);
    return found == contacts.end() ? nullptr : found->second;
}

error_code engine_core::sendable(contact_ptr const& to) const {
    if (!running)
        return errc::cancelled;
    if (to && to->state() == friend_state::blocked)
        return errc::blocked;
    return to && to->is_talking() ? error_code{} : errc::not_a_friend;
}

contact_ptr engine_core::make_contact(store::friend_row row) const {
    auto secret = ports.keys.shared_secret(row.key);
    if (!secret || row.key == self())
        return nullptr;
    auto out = std::make_shared<contact>();
    out->secret = std::move(secret).value();
    out->out_box = channel::pair_box_key(out->secret, self(), row.key);
    out->in_box = channel::pair_box_key(out->secret, row.key, self());
    out->row = std::move(row);
    return out;
}

void engine_core::save(contact const& who, store::durability how, done_handler done) {
    ports.store.commit({store::put_friend{who.row}}, how,
                       guarded([done = std::move(done)](error_code ec) {
                           if (done)
                               done(ec);
                       }));
}

void engine_core::heard(contact_ptr const& who, unix_ms when) {
    when = std::min(when, now().wall);
    auto& seen = who->row.last_seen;
    if (seen && when <= *seen)
        return;
    bool const is_worth_telling = !seen || when - *seen >= std::chrono::minutes(1);
    seen = when;
    if (is_worth_telling) {
        save(*who);
        emit_friend(*who);
    }
}

void engine_core::met(contact_ptr const& who, unix_ms when) {
    if (who->state() == friend_state::pending) {
        who->row.state = static_cast<std::int64_t>(friend_state::accepted);
        save(*who);
        emit_friend(*who);
    }
    heard(who, when);
}

friend_view view_of(engine_core const& core, contact const& who) {
    friend_view out;
    out.key = who.row.key;
    out.name = who.row.own_name.empty() ? who.row.their_name : who.row.own_name;
    out.wallet = who.row.wallet;
    out.state = who.state();
    out.last_seen = who.row.last_seen;
    out.unread = who.unread;
    if (core.gossip->is_online(who))
        out.contact = friend_contact::online;
    else if (who.row.last_seen)
        out.contact = friend_contact::before;
    if (who.newest_time != unix_ms{})
        out.last_message = who.newest_time;
    if (!who.row.last_seen || (who.seen_by_friends && *who.seen_by_friends > *who.row.last_seen))
        out.seen_by_friends = who.seen_by_friends;
    out.writes_until = who.writes_until;
    return out;
}

} // namespace tau::messenger
