#include "messenger/file_sender.hpp"

#include "messenger/composer.hpp"
#include "messenger/engine_core.hpp"
#include "messenger/file_keeper.hpp"

#include <utility>

namespace tau::messenger {

void file_sender::later(std::function<void()> what) {
    m_core.after(std::chrono::milliseconds(0), std::move(what));
}

result<upload_id> file_sender::begin(std::uint64_t size) {
    auto* const port = m_core.files->port();
    if (port == nullptr)
        return errc::not_found;
    if (m_uploads.size() >= max_uploads)
        return errc::rate_limited;
    TAU_TRY(sealer, file_sealer::of(size, m_core.ports.random));
    TAU_TRY(id, port->open(std::move(sealer)));
    auto& made = m_uploads[id];
    made.size = size;
    touch(id, made);
    return id;
}

void file_sender::touch(upload_id id, upload& what) {
    m_core.alarms.cancel(what.alarm);
    what.alarm = m_core.after(patience, m_core.guarded([this, id] { drop(id); }));
}

void file_sender::write(upload_id id, std::uint64_t from, bytes plain,
                        std::function<void(error_code)> done) {
    auto const found = m_uploads.find(id);
    if (found == m_uploads.end())
        return later([done = std::move(done)] { done(errc::not_found); });
    auto& what = found->second;
    if (plain.empty() || from != what.written || what.is_busy
        || plain.size() > what.size - what.written || plain.size() > max_part_bytes) {
        drop(id);
        return later([done = std::move(done)] { done(errc::invalid_argument); });
    }
    touch(id, what);
    what.is_busy = true;
    what.written += plain.size();
    m_core.files->port()->write(
        id, std::move(plain), m_core.guarded([this, id, done = std::move(done)](error_code ec) {
            if (auto const known = m_uploads.find(id); known != m_uploads.end())
                known->second.is_busy = false;
            if (ec)
                drop(id);
            done(ec);
        }));
}

void file_sender::send(contact_ptr const& to, outgoing_upload what,
                       std::function<void(result<message_id>)> stored) {
    auto const found = m_uploads.find(what.id);
    if (found == m_uploads.end())
        return later([stored = std::move(stored)] { stored(errc::not_found); });
    auto const& whole = found->second;
    if (whole.is_busy || whole.written != whole.size) {
        drop(what.id);
        return later([stored = std::move(stored)] { stored(errc::invalid_argument); });
    }
    m_core.alarms.cancel(whole.alarm);
    m_uploads.erase(found);
    m_core.files->port()->finish(
        what.id, m_core.guarded(to, [this, name = std::move(what.name), stored = std::move(stored)](
                                        contact_ptr const& who, result<sealed_file> file) {
            if (!file)
                return stored(file.error());
            compose(who, name, std::move(file).value(), stored);
        }));
}

void file_sender::compose(contact_ptr const& to, std::string name, sealed_file file,
                          std::function<void(result<message_id>)> stored) {
    draft what;
    what.kind = kind_of_content(file.head);
    what.file_name = std::move(name);
    what.file = file.ref;
    what.stored = [this, ref = file.ref, stored = std::move(stored)](result<message_id> const& id) {
        if (!id)
            m_core.files->port()->remove(ref.torrent);
        stored(id);
    };
    m_core.compose->compose(to, std::move(what));
}

void file_sender::drop(upload_id id) {
    auto const found = m_uploads.find(id);
    if (found == m_uploads.end())
        return;
    m_core.alarms.cancel(found->second.alarm);
    m_uploads.erase(found);
    m_core.files->port()->drop(id);
}

} // namespace tau::messenger
