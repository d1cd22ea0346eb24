#include "core/text.hpp"
#include "messenger/engine.hpp"
#include "messenger/engine_core.hpp"
#include "messenger/file_keeper.hpp"
#include "messenger/file_sender.hpp"
#include "messenger/friend_watch.hpp"
#include "messenger/views.hpp"

#include <algorithm>
#include <utility>

namespace tau::messenger {

result<upload_id> engine::begin_upload(std::uint64_t size) {
    return m_core->running ? m_core->uploads->begin(size) : result<upload_id>(errc::cancelled);
}

void engine::write_upload(upload_id id, std::uint64_t from, bytes part, done_handler done) {
    m_core->uploads->write(id, from, std::move(part), std::move(done));
}

void engine::send_upload(public_key const& to, outgoing_upload what,
                         answer_handler<message_id> stored) {
    auto const who = m_core->find(to);
    auto ec = m_core->sendable(who);
    if (!ec && !is_utf8(what.name))
        ec = errc::invalid_encoding;
    what.name = safe_file_name(what.name);
    if (!ec && what.name.size() > wire::max_file_name_bytes)
        ec = errc::too_large;
    if (ec) {
        m_core->uploads->drop(what.id);
        m_core->after(std::chrono::milliseconds(0),
                      [stored = std::move(stored), ec] { stored(ec); });
        return;
    }
    m_core->watch->hurry(who);
    m_core->uploads->send(who, std::move(what), std::move(stored));
}

void engine::drop_upload(upload_id id) {
    m_core->uploads->drop(id);
}

void engine::fetch_file(message_id const& id, done_handler done) {
    auto const ec = m_core->running ? m_core->files->fetch(id) : error_code(errc::cancelled);
    m_core->after(std::chrono::milliseconds(0), [done = std::move(done), ec] { done(ec); });
}

void engine::read_file(message_id const& id, std::uint64_t from, std::size_t count,
                       answer_handler<bytes> answer) {
    m_core->files->read(id, from, std::min(count, file_sender::max_part_bytes), std::move(answer));
}

} // namespace tau::messenger
