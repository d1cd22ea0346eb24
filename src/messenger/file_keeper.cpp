#include "messenger/file_keeper.hpp"

#include "dht/access.hpp"
#include "messenger/composer.hpp"
#include "messenger/courier.hpp"
#include "messenger/engine_core.hpp"
#include "messenger/ferry.hpp"
#include "messenger/friend_watch.hpp"
#include "messenger/loader.hpp"

#include <algorithm>

namespace tau::messenger {

struct file_keeper::held {
    message_id id;
    std::weak_ptr<contact> peer;
    wire::file_ref file;
    bool is_ours = false;
    file_state state = file_state::waiting;
    unix_ms changed{};
    file_progress progress{};
    error_code trouble{};
    bool is_moving = false; ///< the port seeds or fetches it
    bool is_proving = false;
    std::chrono::seconds meet_pause{0};
    time_point meet_at{};
    std::set<endpoint> met_at{}; ///< where they were looked for in this run
    time_point since{};          ///< it moves
};

file_keeper::~file_keeper() {
    if (m_port != nullptr)
        m_port->observe({});
}

void file_keeper::start() {
    if (m_port == nullptr)
        return;
    file_observer told;
    told.on_progress = m_core.guarded(
        [this](info_hash const& torrent, file_progress const& p) { on_progress(torrent, p); });
    told.on_complete = m_core.guarded([this](info_hash const& torrent) { on_complete(torrent); });
    told.on_failed =
        m_core.guarded([this](info_hash const& torrent, error_code ec) { on_failed(torrent, ec); });
    m_port->observe(std::move(told));
    m_core.ports.store.read([](store::database& db) { return db.files(); },
                            m_core.guarded([this](result<std::vector<store::file_row>> rows) {
                                if (rows) // else nothing may be taken for forgotten
                                    restore(rows.value());
                            }));
}

void file_keeper::restore(std::vector<store::file_row> const& rows) {
    std::set<info_hash> named;
    for (auto const& row : rows) {
        store::message_row message;
        message.content = row.content;
        auto const root = root_of(message);
        auto const peer = m_core.find(row.peer);
        if (!root || !root.value().file || !peer)
            continue;
        auto const state = static_cast<file_state>(row.state);
        if (state != file_state::removed)
            named.insert(root.value().file->torrent);
        if (m_files.contains(row.message))
            continue; // came since the start
        auto const made = add(peer, row.message, *root.value().file, row.direction, state);
        if (made)
            made->changed = row.changed;
    }
    for (auto const& [id, what] : m_files)
        named.insert(what->file.torrent);
    m_port->keep_only(named);
    auto const files = m_files;
    for (auto const& [id, what] : files)
        resume(*what);
    meet_all();
    remove_old();
}

file_keeper::held_ptr file_keeper::add(contact_ptr const& peer, message_id const& id,
                                       wire::file_ref const& file, store::direction which,
                                       file_state state) {
    // A torrent belongs to the message that named it first: nobody else may touch it.
    if (m_by_torrent.contains(file.torrent))
        return nullptr;
    auto what = std::make_shared<held>();
    what->id = id;
    what->peer = peer;
    what->file = file;
    what->is_ours = which == store::direction::out;
    what->state = state;
    what->changed = m_core.now().wall;
    m_files.emplace(id, what);
    m_by_torrent.emplace(file.torrent, id);
    return what;
}

void file_keeper::resume(held& what) {
    auto const peer = what.peer.lock();
    if (m_port == nullptr || !peer || !peer->is_talking() || what.state != file_state::moving
        || what.is_moving)
        return;
    if (!what.is_ours) {
        (void)begin_fetch(what);
        return;
    }
    what.is_moving = true;
    m_port->seed(what.file);
}

store::change file_keeper::row_of(public_key const& peer, message_id const& id,
                                  wire::file_ref const& file, store::direction which) const {
    store::file_row row;
    row.message = id;
    row.peer = peer;
    row.torrent = file.torrent;
    row.direction = which;
    row.state = static_cast<std::int64_t>(which == store::direction::out ? file_state::moving
                                                                         : file_state::waiting);
    row.changed = m_core.now().wall;
    return store::put_file{std::move(row)};
}

void file_keeper::on_sent(contact_ptr const& to, message_id const& id, wire::file_ref const& file) {
    if (auto const what = add(to, id, file, store::direction::out, file_state::moving)) {
        resume(*what);
        meet_all();
    }
}

void file_keeper::on_arrived(contact_ptr const& from, message_id const& id,
                             wire::file_ref const& file) {
    auto what = find(id);
    if (!what)
        what = add(from, id, file, store::direction::in, file_state::waiting);
    if (!what || what->state != file_state::waiting || !may_fetch_unasked(*from, file))
        return;
    set_state(*what, file_state::moving);
    (void)begin_fetch(*what);
    meet_all();
}

bool file_keeper::may_fetch_unasked(contact const& from, wire::file_ref const& file) const {
    auto total = file.size;
    for (auto const& [id, what] : m_files)
        if (!what->is_ours && what->state == file_state::moving && what->peer.lock().get() == &from)
            total += what->file.size;
    return m_port != nullptr && from.state() == friend_state::accepted
           && total <= m_core.settings.auto_fetch_bytes;
}

error_code file_keeper::begin_fetch(held& what) {
    auto const fetching = std::count_if(m_files.begin(), m_files.end(), [](auto const& entry) {
        return !entry.second->is_ours && entry.second->is_moving;
    });
    if (what.is_moving || static_cast<std::size_t>(fetching) >= max_fetches)
        return {};
    what.trouble = m_port->fetch(what.file);
    what.is_moving = !what.trouble;
    what.since = m_core.now().mono;
    if (what.trouble) {
        set_state(what, file_state::waiting);
        tell(what);
    }
    return what.trouble;
}

void file_keeper::fetch_waiting() {
    auto const files = m_files;
    for (auto const& [id, what] : files)
        if (!what->is_ours)
            resume(*what);
}

error_code file_keeper::fetch(message_id const& id) {
    auto const what = find(id);
    if (!what || m_port == nullptr)
        return errc::not_found;
    if (what->state == file_state::failed)
        return what->trouble ? what->trouble : errc::invalid_checksum;
    if (what->state == file_state::removed)
        return errc::not_found;
    if (what->is_ours || what->state == file_state::complete)
        return {};
    set_state(*what, file_state::moving);
    auto const ec = begin_fetch(*what);
    meet_all();
    return ec;
}

void file_keeper::read(message_id const& id, std::uint64_t from, std::size_t count,
                       std::function<void(result<bytes>)> done) {
    auto const what = find(id);
    bool const is_here = what && m_port != nullptr && what->state != file_state::removed
                         && (what->is_ours || what->state == file_state::complete);
    if (is_here)
        return m_port->read(what->file, from, count, m_core.guarded(std::move(done)));
    m_core.after(std::chrono::milliseconds(0), [done = std::move(done)] { done(errc::not_found); });
}

void file_keeper::describe(message_id const& id, attachment_view& out) const {
    auto const what = find(id);
    if (!what) {
        out.state = file_state::waiting; // told of in a moment, or named by another message
        return;
    }
    out.state = what->state;
    out.trouble = what->trouble;
    out.bytes_per_s = what->progress.bytes_per_s;
    auto const done = what->state == file_state::complete || what->state == file_state::removed
                          ? what->file.size
                          : std::min(what->progress.bytes_done, what->file.size);
    out.fetched_bytes = what->is_ours ? what->file.size : done;
    out.receiver_bytes = what->is_ours ? done : 0;
}

void file_keeper::set_state(held& what, file_state state) {
    if (what.state == state)
        return;
    what.state = state;
    what.changed = m_core.now().wall;
    m_core.ports.store.commit(
        {store::set_file_state{what.id, static_cast<std::int64_t>(state), what.changed}},
        store::durability::lazy, {});
}

void file_keeper::tell(held const& what) const {
    attachment_view view;
    describe(what.id, view);
    m_core.emit(attachment_progress{what.id,
                                    what.is_ours ? view.receiver_bytes : view.fetched_bytes,
                                    what.file.size, view.state, view.bytes_per_s, what.is_ours});
}

void file_keeper::on_progress(info_hash const& torrent, file_progress const& progress) {
    auto const what = find_torrent(torrent);
    if (!what || what->state != file_state::moving)
        return;
    auto const before = std::exchange(what->progress, progress);
    if (what->is_ours) // the port and the receiver itself tell of it, neither of all
        what->progress.bytes_done = std::max(before.bytes_done, progress.bytes_done);
    bool const is_news = before.bytes_done != what->progress.bytes_done
                         || (before.bytes_per_s != 0) != (progress.bytes_per_s != 0);
    if (progress.peers > 0) {
        what->meet_pause = {};
        m_core.ferry->stop(torrent);
    }
    if (is_news)
        tell(*what);
}

void file_keeper::on_complete(info_hash const& torrent) {
    auto const what = find_torrent(torrent);
    if (what && !what->is_ours && what->state == file_state::moving)
        prove(what);
}

// The proof and our own note of it are on disk together.
void file_keeper::prove(held_ptr const& what) {
    auto const from = what->peer.lock();
    if (!from || what->is_proving || !m_core.running)
        return;
    what->is_proving = true;
    draft proof;
    proof.kind = wire::content_kind::file_received;
    proof.received_file = what->id;
    proof.with.push_back(store::set_file_state{
        what->id, static_cast<std::int64_t>(file_state::complete), m_core.now().wall});
    proof.stored = m_core.guarded([this, what](result<message_id> const& stored) {
        what->is_proving = false;
        if (!m_files.contains(what->id))
            return;
        if (!stored) {
            m_core.after(disk_pause, m_core.guarded([this, what] { prove(what); }));
            return;
        }
        what->state = file_state::complete;
        what->changed = m_core.now().wall;
        what->is_moving = false;
        what->progress.bytes_per_s = 0;
        m_port->rest(what->file.torrent);
        m_core.ferry->stop(what->file.torrent);
        tell(*what);
        fetch_waiting();
    });
    m_core.compose->compose(from, std::move(proof));
}

void file_keeper::on_failed(info_hash const& torrent, error_code ec) {
    auto const what = find_torrent(torrent);
    if (!what || what->state != file_state::moving)
        return;
    what->is_moving = false;
    what->trouble = ec;
    what->progress.bytes_per_s = 0;
    m_core.ferry->stop(torrent);
    // A full disk may have room again: then somebody asks once more.
    bool const is_final = what->is_ours || ec == error_code(errc::invalid_checksum);
    set_state(*what, is_final ? file_state::failed : file_state::waiting);
    if (ec == error_code(errc::invalid_checksum))
        m_port->remove(torrent);
    tell(*what);
    fetch_waiting();
}

void file_keeper::on_received(contact_ptr const& from, message_id const& id) {
    auto const what = find(id);
    if (!what || !what->is_ours || what->peer.lock() != from
        || (what->state != file_state::moving && what->state != file_state::failed))
        return;
    set_state(*what, file_state::complete);
    what->progress.bytes_per_s = 0;
    if (std::exchange(what->is_moving, false))
        m_port->rest(what->file.torrent);
    tell(*what);
    remove_old();
}

void file_keeper::on_online(contact const& who) {
    bool any = false;
    for (auto const& [id, what] : m_files)
        if (what->is_moving && what->peer.lock().get() == &who) {
            what->meet_pause = {};
            what->meet_at = {};
            any = true;
        }
    if (any)
        meet_all();
}

void file_keeper::meet(held& what) {
    auto const peer = what.peer.lock();
    if (!peer)
        return;
    std::set<endpoint> places;
    if (auto const known = m_core.ports.dht.endpoint_of(peer->row.key))
        places.insert(*known);
    if (peer->last_source)
        places.insert(*peer->last_source);
    for (auto const& where : places) {
        m_port->connect(what.file.torrent, where);
        // A start after a crash finds them there again.
        if (what.met_at.insert(where).second)
            m_core.ports.store.commit(
                {store::put_endpoint{{peer->row.key, where, m_core.now().wall}}},
                store::durability::lazy, {});
    }
    if (places.empty()) { // what is stored, or published, may lead to one that answers
        m_core.deliver->owe_receipt(peer);
        m_core.watch->look_for_endpoint(peer);
    }
}

void file_keeper::meet_all() {
    if (m_port == nullptr || !m_core.running)
        return;
    auto const now = m_core.now().mono;
    std::optional<time_point> next;
    for (auto const& [id, what] : m_files) {
        if (!what->is_moving)
            continue;
        if (what->meet_at <= now) {
            if (what->progress.peers == 0)
                meet(*what);
            auto const peer = what->peer.lock();
            if (!what->is_ours && peer && what->progress.peers == 0
                && now - what->since >= direct_time)
                m_core.ferry->cross(peer, what->file);
            what->meet_pause = std::clamp<std::chrono::seconds>(what->meet_pause * 2,
                                                                meet_pause_min, meet_pause_max);
            what->meet_at = now + what->meet_pause;
        }
        next = std::min(next.value_or(what->meet_at), what->meet_at);
    }
    m_core.alarms.cancel(m_meet_alarm);
    if (next)
        m_meet_alarm = m_core.after(std::chrono::ceil<std::chrono::milliseconds>(*next - now),
                                    m_core.guarded([this] { meet_all(); }));
}

void file_keeper::remove_old() {
    auto const now = m_core.now().wall;
    bool more = false;
    auto const files = m_files;
    for (auto const& [id, what] : files) {
        if (!what->is_ours || what->state != file_state::complete || m_port == nullptr)
            continue;
        if (now - what->changed < m_core.settings.file_age) {
            more = true;
            continue;
        }
        set_state(*what, file_state::removed);
        m_port->remove(what->file.torrent);
        tell(*what);
    }
    m_core.alarms.cancel(m_age_alarm);
    if (more)
        m_age_alarm = m_core.after(age_pause, m_core.guarded([this] { remove_old(); }));
}

void file_keeper::erase(message_id const& id) {
    auto const what = find(id);
    if (!what)
        return;
    m_core.ferry->stop(what->file.torrent);
    m_files.erase(id);
    m_by_torrent.erase(what->file.torrent);
    if (m_port != nullptr)
        m_port->remove(what->file.torrent);
    fetch_waiting();
}

void file_keeper::pause(contact const& who) {
    for (auto const& [id, what] : m_files)
        if (what->peer.lock().get() == &who && std::exchange(what->is_moving, false)) {
            m_core.ferry->stop(what->file.torrent);
            m_port->rest(what->file.torrent);
        }
}

void file_keeper::resume(contact const& who) {
    auto const files = m_files; // a handler of what is told may change them
    for (auto const& [id, what] : files)
        if (what->peer.lock().get() == &who)
            resume(*what);
    meet_all();
}

void file_keeper::forget(contact const& who) {
    std::vector<message_id> ids;
    for (auto const& [id, what] : m_files)
        if (auto const peer = what->peer.lock(); !peer || peer.get() == &who)
            ids.push_back(id);
    for (auto const& id : ids)
        erase(id);
}

std::optional<wire::file_ref> file_keeper::offered_to(contact const& who,
                                                      info_hash const& torrent) const {
    auto const what = find_torrent(torrent);
    bool const is_offered = what && what->is_ours && what->peer.lock().get() == &who
                            && (what->is_moving || what->state == file_state::complete);
    return is_offered ? std::optional(what->file) : std::nullopt;
}

std::uint64_t file_keeper::fetched(info_hash const& torrent) const {
    auto const what = find_torrent(torrent);
    return what ? what->progress.bytes_done : 0;
}

void file_keeper::on_receiver_has(info_hash const& torrent, std::uint64_t octets) {
    auto const what = find_torrent(torrent);
    if (!what || what->progress.peers > 0)
        return;
    auto now = what->progress;
    now.bytes_done = std::max(now.bytes_done, std::min(octets, what->file.size));
    on_progress(torrent, now);
}

std::size_t file_keeper::count(store::direction which) const {
    return static_cast<std::size_t>(
        std::count_if(m_files.begin(), m_files.end(), [&](auto const& entry) {
            return entry.second->is_ours == (which == store::direction::out)
                   && entry.second->state == file_state::moving;
        }));
}

file_keeper::held_ptr file_keeper::find(message_id const& id) const {
    auto const found = m_files.find(id);
    return found == m_files.end() ? nullptr : found->second;
}

file_keeper::held_ptr file_keeper::find_torrent(info_hash const& torrent) const {
    auto const found = m_by_torrent.find(torrent);
    return found == m_by_torrent.end() ? nullptr : find(found->second);
}

} // namespace tau::messenger
