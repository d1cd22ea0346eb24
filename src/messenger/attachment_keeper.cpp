#include "messenger/attachment_keeper.hpp"

#include "messenger/engine_core.hpp"
#include "messenger/ferry.hpp"
#include "messenger/gossip_link.hpp"
#include "messenger/publisher.hpp"
#include "messenger/views.hpp"

#include <algorithm>
#include <deque>

namespace tau::messenger {

struct attachment_keeper::upload {
    std::weak_ptr<contact> to;
    message_id id;
    std::deque<bytes> waiting;
    std::size_t under_way = 0;
};

struct attachment_keeper::job {
    job(std::weak_ptr<contact> f, message_id m, attachment_fetch a)
        : from(std::move(f)), id(m), machine(std::move(a)) {}

    std::weak_ptr<contact> from;
    message_id id;
    attachment_fetch machine;
    target named{};
    unsigned attempts = 0; ///< that failed
    bool is_text = false;
    bool started = false;
    store::batch unsaved{};
    alarm_queue::id alarm = 0;
    time_point progressed{};
    std::vector<std::function<void(error_code)>> waiters{};
};

attachment_keeper::~attachment_keeper() = default;

void attachment_keeper::serve(std::vector<bytes> const& values) {
    for (auto const& value : values)
        (void)m_core.ports.dht.serve_immutable(value);
}

void attachment_keeper::publish(contact_ptr const& to, message_id const& id) {
    auto what = std::make_shared<upload>();
    what->to = to;
    what->id = id;
    m_core.after(put_delay, m_core.guarded(to, [this, what](contact_ptr const&) {
        m_core.ports.store.read(
            [id = what->id](store::database& db) { return db.items_of(id); },
            m_core.guarded([this, what](result<std::vector<store::item_row>> rows) {
                if (!rows)
                    return;
                for (auto& row : rows.value())
                    what->waiting.push_back(std::move(row.value));
                put_more(what);
            }));
    }));
}

void attachment_keeper::put_more(std::shared_ptr<upload> const& what) {
    auto const to = what->to.lock();
    if (!to || !m_core.running)
        return;
    while (what->under_way < max_puts && !what->waiting.empty()) {
        auto value = std::move(what->waiting.front());
        what->waiting.pop_front();
        ++what->under_way;
        auto const put = m_core.ports.dht.put_immutable(
            value, m_core.guarded([this, what, value](dht::put_report report) {
                --what->under_way;
                if (report.nodes == 0)
                    what->waiting.push_back(value); // the DHT is away; the others go first
                put_more(what);
            }));
        if (!put)
            --what->under_way;
    }
    if (what->under_way == 0 && what->waiting.empty())
        m_core.publish->on_content_taken(to, what->id);
}

void attachment_keeper::fetch(contact_ptr const& from, message_id const& id,
                              wire::message_root const& root, target const& named) {
    if (m_jobs.contains(id) || !root.content)
        return;
    auto machine = attachment_fetch::of(*root.content);
    if (!machine) {
        ++m_core.refused;
        return;
    }
    auto what = std::make_shared<job>(from, id, std::move(machine).value());
    what->named = named;
    what->is_text = root.kind == wire::content_kind::text;
    what->progressed = m_core.now().mono;
    m_jobs.emplace(id, what);
    start_waiting();
}

// Those that waited longest come first.
void attachment_keeper::start_waiting() {
    while (m_running < max_fetches) {
        std::shared_ptr<job> next;
        for (auto const& [id, what] : m_jobs)
            if (!what->started && (!next || what->progressed < next->progressed))
                next = what;
        if (!next)
            return;
        next->started = true;
        next->progressed = m_core.now().mono;
        ++m_running;
        start(next);
    }
}

// What nobody has at present must not hold up the others.
bool attachment_keeper::yield(std::shared_ptr<job> const& what) {
    bool const others = std::any_of(m_jobs.begin(), m_jobs.end(),
                                    [](auto const& entry) { return !entry.second->started; });
    if (!others)
        return false;
    what->progressed = m_core.now().mono;
    what->started = false;
    --m_running;
    m_core.alarms.cancel(what->alarm);
    start_waiting();
    return true;
}

void attachment_keeper::start(std::shared_ptr<job> const& what) {
    // What an earlier run stored comes first.
    m_core.ports.store.read([id = what->id](store::database& db) { return db.items_of(id); },
                            m_core.guarded([this, what](result<std::vector<store::item_row>> rows) {
                                if (!m_jobs.contains(what->id))
                                    return;
                                std::map<target, bytes> stored;
                                if (rows)
                                    for (auto& row : rows.value())
                                        stored.emplace(row.target, std::move(row.value));
                                auto const now = m_core.now().mono;
                                for (bool progress = !stored.empty(); progress;) {
                                    progress = false;
                                    for (auto const& item : what->machine.next(now)) {
                                        auto const found = stored.find(item);
                                        if (found == stored.end()
                                            || what->machine.on_value(item, found->second, now)) {
                                            ask(what, item);
                                            continue;
                                        }
                                        stored.erase(found);
                                        progress = true;
                                    }
                                }
                                ask_more(what);
                            }));
}

void attachment_keeper::ask_more(std::shared_ptr<job> const& what) {
    auto const from = what->from.lock();
    if (!m_core.running || !m_jobs.contains(what->id))
        return;
    if (!from || what->machine.is_done()) {
        finish(what, what->machine.failed());
        return;
    }
    if (!what->started)
        return;
    auto const now = m_core.now().mono;
    bool const stalled = now - what->progressed >= m_core.settings.attachment_timeout;
    if (stalled)
        for (auto const& waiter : std::exchange(what->waiters, {}))
            waiter(errc::timed_out);
    if (stalled && (!m_jobs.contains(what->id) || yield(what)))
        return;
    for (auto const& item : what->machine.next(now))
        ask(what, item);
    m_core.alarms.cancel(what->alarm);
    if (auto const wake = what->machine.wake_at()) {
        auto const wait = std::chrono::ceil<std::chrono::milliseconds>(std::max(*wake, now) - now);
        what->alarm = m_core.after(wait, m_core.guarded([this, what] { ask_more(what); }));
    }
}

void attachment_keeper::ask(std::shared_ptr<job> const& what, target const& item) {
    auto const from = what->from.lock();
    if (!from)
        return;
    // Where messages take a link or a path, neither their node nor the DHT may be in reach.
    if (from->was_carried)
        m_core.ferry->want_item(from, item);
    auto came = std::make_shared<bool>(false);
    m_core.ports.dht.get_immutable(
        item, m_core.gossip->holder_for(*from, what->named, what->attempts),
        {m_core.guarded([this, what, item, came](dht::got_immutable const& got) {
             *came = true;
             if (m_jobs.contains(what->id))
                 on_value(what, item, got.value);
         }),
         m_core.guarded([this, what, item, came](error_code) {
             if (*came || !m_jobs.contains(what->id))
                 return;
             what->machine.on_failed(item, m_core.now().mono);
             // Whoever has the message has this; the whole of it is asked for by one name.
             if (auto const who = what->from.lock(); who && what->attempts++ == 0)
                 m_core.gossip->on_missing(*who, what->named);
             ask_more(what);
         })});
}

void attachment_keeper::on_value(std::shared_ptr<job> const& what, target const& item,
                                 byte_view value) {
    auto const before = what->machine.progress().fetched_bytes;
    if (what->machine.on_value(item, value, m_core.now().mono) && !what->machine.failed())
        return;
    what->unsaved.push_back(store::put_item{{item, what->id, to_bytes(value)}});
    auto const progress = what->machine.progress();
    if (progress.fetched_bytes != before) {
        what->progressed = m_core.now().mono;
        m_core.emit(attachment_progress{what->id, progress.fetched_bytes, progress.total_bytes});
    }
    if (what->unsaved.size() >= max_unsaved)
        save(what);
    ask_more(what);
}

void attachment_keeper::on_brought(contact const& from, byte_view value) {
    auto const item = wire::target_of_immutable(value);
    auto const jobs = m_jobs;
    for (auto const& [id, what] : jobs)
        if (what->from.lock().get() == &from && m_jobs.contains(id))
            on_value(what, item, value);
}

void attachment_keeper::save(std::shared_ptr<job> const& what) {
    auto const octets = static_cast<std::int64_t>(what->machine.progress().fetched_bytes);
    what->unsaved.push_back(store::set_fetched{what->id, octets});
    m_core.ports.store.commit(std::exchange(what->unsaved, {}), store::durability::lazy, {});
}

void attachment_keeper::finish(std::shared_ptr<job> const& what, error_code ec) {
    save(what);
    m_core.alarms.cancel(what->alarm);
    m_jobs.erase(what->id);
    m_core.gossip->on_found(what->named);
    if (what->started)
        --m_running;
    // The commit above comes first, so whoever is told finds all items in the store.
    if (!ec && what->is_text)
        tell_arrived(what);
    for (auto const& waiter : what->waiters)
        waiter(ec);
    start_waiting();
}

void attachment_keeper::tell_arrived(std::shared_ptr<job> const& what) {
    m_core.ports.store.read(
        [id = what->id](store::database& db) { return load_view_source(db, id); },
        m_core.guarded([this, what](result<view_source> source) {
            auto const from = what->from.lock();
            if (source && from)
                m_core.emit(message_arrived{
                    view_of(source.value().row, m_core, *from, source.value().long_text)});
        }));
}

void attachment_keeper::when_done(message_id const& id, std::function<void(error_code)> done) {
    if (auto const found = m_jobs.find(id); found != m_jobs.end()) {
        // Somebody waits for it, so it is next in the line.
        found->second->progressed = found->second->started ? m_core.now().mono : time_point{};
        found->second->waiters.push_back(std::move(done));
    }
}

void attachment_keeper::cancel(message_id const& id) {
    if (auto const found = m_jobs.find(id); found != m_jobs.end()) {
        auto const what = found->second;
        m_core.alarms.cancel(what->alarm);
        m_jobs.erase(found);
        if (what->started)
            --m_running;
        for (auto const& waiter : what->waiters)
            waiter(errc::cancelled);
        start_waiting();
    }
}

void attachment_keeper::forget(contact const& who) {
    std::vector<message_id> ids;
    for (auto const& [id, what] : m_jobs)
        if (auto const from = what->from.lock(); !from || from.get() == &who)
            ids.push_back(id);
    for (auto const& id : ids)
        cancel(id);
}

} // namespace tau::messenger
