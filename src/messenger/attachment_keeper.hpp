#pragma once

#include "dht/access.hpp"
#include "messenger/attachment_fetch.hpp"
#include "messenger/contact.hpp"

#include <map>
#include <memory>
#include <vector>

namespace tau::messenger {

struct engine_core;

/// Content trees: serves and publishes ours, fetches theirs item by item, each on disk
/// as it comes, so that a restart goes on where it was.
///
/// Threading: tau thread only.
class attachment_keeper {
public:
    /// Our own items that are put into the DHT at one time, and how long the friend is
    /// left to fetch them from us first.
    static constexpr std::size_t max_puts = 8;
    static constexpr std::chrono::seconds put_delay{5};
    /// Values of our newest attachments that are served after a restart.
    static constexpr std::size_t max_served_bytes = 8 * 1024 * 1024;
    /// Fetches that run at one time; the others wait.
    static constexpr std::size_t max_fetches = 4;
    /// Items that are committed together.
    static constexpr std::size_t max_unsaved = 64;

    explicit attachment_keeper(engine_core& core) : m_core(core) {}
    ~attachment_keeper();

    /// Answers whoever asks us for these items.
    void serve(std::vector<bytes> const& values);
    /// Puts the tree of one of our messages, unhurried.
    void publish(contact_ptr const& to, message_id const& id);
    /// Fetches the tree of a message of theirs, unless it is under way or here; `named` is
    /// the root of the message, by which gossip knows it.
    void fetch(contact_ptr const& from, message_id const& id, wire::message_root const& root,
               target const& named);
    /// The content, once it is here; errc::timed_out without progress for the settings' time.
    void when_done(message_id const& id, std::function<void(error_code)> done);
    [[nodiscard]] bool is_fetching(message_id const& id) const { return m_jobs.contains(id); }
    [[nodiscard]] std::size_t fetching() const { return m_jobs.size(); }
    /// An item that a friend brought; one that nobody wants is dropped.
    void on_brought(contact const& from, byte_view value);
    void cancel(message_id const& id);
    void forget(contact const& who);

private:
    struct upload;
    struct job;
    void put_more(std::shared_ptr<upload> const& what);
    void start_waiting();
    bool yield(std::shared_ptr<job> const& what);
    void start(std::shared_ptr<job> const& what);
    void ask_more(std::shared_ptr<job> const& what);
    void ask(std::shared_ptr<job> const& what, target const& item);
    void on_value(std::shared_ptr<job> const& what, target const& item, byte_view value);
    void save(std::shared_ptr<job> const& what);
    void finish(std::shared_ptr<job> const& what, error_code ec);
    void tell_arrived(std::shared_ptr<job> const& what);

    engine_core& m_core;
    std::map<message_id, std::shared_ptr<job>> m_jobs;
    std::size_t m_running = 0;
};

} // namespace tau::messenger
