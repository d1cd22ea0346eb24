#pragma once

#include "messenger/contact.hpp"
#include "messenger/file_port.hpp"

#include <map>
#include <memory>
#include <vector>

namespace tau::messenger {

struct engine_core;

/// Files that are sealed torrents: which are offered, fetched, complete and forgotten.
///
/// It decides and the file_port moves. The receiver's proof that a file is complete is a
/// hidden message of its chain, so it comes by any way and after any absence.
/// Threading: tau thread only.
class file_keeper {
public:
    /// Files that are fetched at one time; the others wait.
    static constexpr std::size_t max_fetches = 8;
    /// Between two looks at who should be met, and at what is too old.
    static constexpr std::chrono::seconds meet_pause_min{5};
    static constexpr std::chrono::seconds meet_pause_max{300};
    static constexpr std::chrono::hours age_pause{1};
    /// How long a direct connection is tried for before a file crosses paths.
    static constexpr std::chrono::seconds direct_time{4};
    /// Until what a full disk did not take is tried again.
    static constexpr std::chrono::seconds disk_pause{30};

    explicit file_keeper(engine_core& core) : m_core(core) {}
    ~file_keeper();

    /// Before start(). Without one, files of others wait and none can be sent.
    void use(file_port* port) { m_port = port; }
    [[nodiscard]] file_port* port() const { return m_port; }
    /// Goes on with what is stored.
    void start();

    // What happens to messages.
    /// One of ours is stored.
    void on_sent(contact_ptr const& to, message_id const& id, wire::file_ref const& file);
    /// One of theirs is stored.
    void on_arrived(contact_ptr const& from, message_id const& id, wire::file_ref const& file);
    /// The row that belongs to a message that is being stored.
    [[nodiscard]] store::change row_of(public_key const& peer, message_id const& id,
                                       wire::file_ref const& file, store::direction which) const;
    /// A friend signed that it has the file of a message of ours.
    void on_received(contact_ptr const& from, message_id const& id);
    void on_online(contact const& who);
    void erase(message_id const& id);
    /// Nothing moves between us and them for now.
    void pause(contact const& who);
    void resume(contact const& who);
    void forget(contact const& who);

    // What the user asks for.
    /// Fetches a file that waits. errc::not_found for a message without one, errc::disk_full,
    /// or what broke it; success if it is here or under way.
    [[nodiscard]] error_code fetch(message_id const& id);
    void read(message_id const& id, std::uint64_t from, std::size_t count,
              std::function<void(result<bytes>)> done);
    /// Fills in what is known of a message's file.
    void describe(message_id const& id, attachment_view& out) const;

    // What crosses paths.
    /// A file of ours that this friend may have.
    [[nodiscard]] std::optional<wire::file_ref> offered_to(contact const& who,
                                                           info_hash const& torrent) const;
    /// Octets of a file of theirs that are here.
    [[nodiscard]] std::uint64_t fetched(info_hash const& torrent) const;
    /// The receiver of a file of ours said how much it has.
    void on_receiver_has(info_hash const& torrent, std::uint64_t octets);

    [[nodiscard]] std::size_t count(store::direction which) const;

private:
    struct held;
    using held_ptr = std::shared_ptr<held>;

    void restore(std::vector<store::file_row> const& rows);
    held_ptr add(contact_ptr const& peer, message_id const& id, wire::file_ref const& file,
                 store::direction which, file_state state);
    void resume(held& what);
    [[nodiscard]] bool may_fetch_unasked(contact const& from, wire::file_ref const& file) const;
    [[nodiscard]] error_code begin_fetch(held& what);
    void fetch_waiting();
    void set_state(held& what, file_state state);
    void tell(held const& what) const;
    void prove(held_ptr const& what);
    void on_progress(info_hash const& torrent, file_progress const& progress);
    void on_complete(info_hash const& torrent);
    void on_failed(info_hash const& torrent, error_code ec);
    void meet(held& what);
    void meet_all();
    void remove_old();
    [[nodiscard]] held_ptr find(message_id const& id) const;
    [[nodiscard]] held_ptr find_torrent(info_hash const& torrent) const;

    engine_core& m_core;
    file_port* m_port = nullptr;
    std::map<message_id, held_ptr> m_files;
    std::map<info_hash, message_id> m_by_torrent;
    alarm_queue::id m_meet_alarm = 0;
    alarm_queue::id m_age_alarm = 0;
};

} // namespace tau::messenger
