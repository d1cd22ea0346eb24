#include "messenger/engine.hpp"

#include <utility>

namespace tau::messenger {

struct engine::parts {
    engine_ports ports;
    engine_settings settings;
    std::string name;
};

engine::engine(engine_ports ports, engine_settings settings)
    : m_parts(std::make_unique<parts>(parts{std::move(ports), settings, settings.own_name})) {}
engine::~engine() = default;

void engine::start(done_handler) {}
void engine::stop(done_handler) {}
std::optional<time_point> engine::wake_at() const {
    return std::nullopt;
}
void engine::on_time(time_point) {}
void engine::on_wake(std::function<void()>) {}
void engine::on_own_endpoints(std::vector<endpoint>) {}
void engine::on_friend_online(public_key const&, std::optional<endpoint>) {}
void engine::send_text(public_key const&, std::string, answer_handler<message_id>) {}
void engine::send_file(public_key const&, outgoing_file, answer_handler<message_id>) {}
void engine::inbox(inbox_query, answer_handler<std::vector<message_view>>) {}
void engine::message(message_id const&, answer_handler<message_view>) {}
void engine::mark_read(std::vector<message_id>, done_handler) {}
void engine::erase(message_id const&, done_handler) {}
void engine::attachment(message_id const&, answer_handler<bytes>) {}
void engine::why_waiting(message_id const&, answer_handler<waiting_view>) {}
std::vector<friend_view> engine::friends() const {
    return {};
}
std::optional<friend_view> engine::friend_of(public_key const&) const {
    return std::nullopt;
}
void engine::add_friend(contact_info, done_handler) {}
void engine::accept_friend(public_key const&, done_handler) {}
void engine::rename_friend(public_key const&, std::string, done_handler) {}
void engine::block_friend(public_key const&, done_handler) {}
void engine::unblock_friend(public_key const&, done_handler) {}
void engine::remove_friend(public_key const&, done_handler) {}
void engine::set_own_name(std::string, done_handler) {}
std::string const& engine::own_name() const {
    return m_parts->name;
}
void engine::set_read_receipts(read_receipts, done_handler) {}
contact_info engine::own_contact() const {
    return {};
}
void engine::publish_binding(identity::binding_record const&, done_handler) {}
engine_counts engine::counts() const {
    return {};
}
engine::subscription engine::subscribe(event_handler) {
    return 0;
}
void engine::unsubscribe(subscription) {}
void engine::export_backup(answer_handler<bytes>) {}
void engine::import_backup(bytes, done_handler) {}

} // namespace tau::messenger
