#pragma once

#include "plugins/session/local_network.hpp"
#include "tau_node/node_stack.hpp"

#include <boost/asio/signal_set.hpp>

#include <filesystem>
#include <list>
#include <map>
#include <string>

namespace tau::node {

/// What happened in a lab, for its last words.
struct lab_totals {
    std::uint64_t sent = 0;
    std::uint64_t delivered = 0;
    std::uint64_t read = 0;
    std::uint64_t attachments_sent = 0;
    std::uint64_t attachments_ok = 0;
    dht::stats gets{}; ///< of both persons, over all their sessions
};

/// One of the two who talk: an identity, a folder, and while online a session.
class lab_person {
public:
    lab_person(std::string name, std::filesystem::path folder, std::size_t address);

    [[nodiscard]] std::string const& name() const { return m_name; }
    [[nodiscard]] identity::keyring const& keys() const { return *m_keys; }
    [[nodiscard]] bool is_online() const { return m_stack != nullptr; }
    [[nodiscard]] node_stack& stack() { return *m_stack; }
    [[nodiscard]] plugins::owned_session& session() { return *m_sessions.back(); }
    /// Key, contact key and the endpoint of the running session.
    [[nodiscard]] messenger::contact_info contact();

private:
    friend class lab;

    std::string m_name;
    std::filesystem::path m_folder;
    std::size_t m_address;
    std::shared_ptr<identity::keyring const> m_keys;
    identity::device_id m_device;
    std::list<std::unique_ptr<plugins::owned_session>> m_sessions; ///< closed ones wait for the end
    std::unique_ptr<node_stack> m_stack;
    dht::stats m_past{}; ///< of sessions that are closed
};

/// A private network of real sessions on one io_context in this process, with two people on
/// it, Alice and Bob. Everything that happens is told line by line with its time.
///
/// Threading: one thread, which calls run_until() to let things happen.
/// Errors:    failure.
class lab {
public:
    using teller = std::function<void(std::string const& line)>;

    /// `nodes` sessions in all, the two people's included.
    lab(std::size_t nodes, teller tell);
    ~lab();
    lab(lab const&) = delete;
    lab& operator=(lab const&) = delete;

    /// Starts the network and both people, and makes them friends by their contacts.
    void start();
    /// Ends everything; start() cannot follow.
    void stop();

    [[nodiscard]] lab_person& alice() { return m_alice; }
    [[nodiscard]] lab_person& bob() { return m_bob; }
    [[nodiscard]] lab_person& other(lab_person& who) { return &who == &m_alice ? m_bob : m_alice; }
    [[nodiscard]] plugins::local_network& network() { return *m_network; }
    [[nodiscard]] boost::asio::io_context& context() { return m_io; }
    [[nodiscard]] std::size_t nodes() const { return m_nodes; }
    [[nodiscard]] std::chrono::milliseconds elapsed() const;

    void go_online(lab_person& who);
    void go_offline(lab_person& who);

    /// Sends to the other one. Returns the message's id once it is stored.
    messenger::message_id send(lab_person& from, std::string const& text);
    messenger::message_id send(lab_person& from, messenger::outgoing_file file);
    /// How far a message of either has come.
    [[nodiscard]] messenger::message_state state_of(messenger::message_id const& id) const;
    [[nodiscard]] bool has_arrived(messenger::message_id const& id) const;
    /// The file of a message, fetched by `who`.
    [[nodiscard]] result<bytes> attachment(lab_person& who, messenger::message_id const& id);

    /// A get by `who`, told with its way and time; nullopt if nothing was found.
    std::optional<dht::got_item> get(lab_person& who, dht::get_request what);
    /// A put of `who` under one of its own salts; returns how many nodes took it.
    int put(lab_person& who, std::string const& salt, std::string const& value);
    /// Publishes by a plain node, as somebody who is not here any more did.
    void put_by_stranger(identity::keyring const& keys, std::string const& salt,
                         std::string const& value);
    /// Kills the first plain node that lives; false if none is left.
    bool kill_one();
    [[nodiscard]] std::size_t killed() const { return m_killed; }

    /// Lets things happen until `ready` or the time is over; whether it is ready. Throws
    /// failure after Ctrl-C.
    bool run_until(std::function<bool()> const& ready, std::chrono::milliseconds timeout);
    /// As run_until(); throws failure that says what did not happen.
    void expect(std::string const& what, std::function<bool()> const& ready,
                std::chrono::milliseconds timeout = std::chrono::seconds(30));

    void tell(std::string const& line);
    /// Tells elsewhere from now on.
    void redirect(teller tell) { m_tell = std::move(tell); }
    [[nodiscard]] lab_totals totals();

private:
    struct sent_message {
        time_point when;
        messenger::message_state state = messenger::message_state::stored;
        bool arrived = false;
        bool is_file = false;
        std::string label;
    };

    void leave(lab_person& who);
    void listen_to(lab_person& who);
    void on_event(lab_person& who, messenger::event const& event);
    void on_arrival(lab_person& who, messenger::message_view const& message);
    // Filled when the message is on disk; shared with the handler that fills it.
    using stored_id = std::optional<result<messenger::message_id>>;
    enum class file_or_text { file, text };
    [[nodiscard]] messenger::answer_handler<messenger::message_id>
    take_id(std::shared_ptr<stored_id> const& id, std::string label, file_or_text kind);
    messenger::message_id wait_for_id(lab_person& from, std::shared_ptr<stored_id> const& id);
    [[nodiscard]] std::string since(messenger::message_id const& id) const;

    boost::asio::io_context m_io{1};
    boost::asio::signal_set m_signals;
    bool m_interrupted = false;
    std::size_t m_nodes;
    teller m_tell;
    time_point m_start;
    std::filesystem::path m_folder;
    std::unique_ptr<plugins::local_network> m_network;
    lab_person m_alice;
    lab_person m_bob;
    std::map<messenger::message_id, sent_message> m_messages;
    std::uint64_t m_files_ok = 0;
    std::size_t m_killed = 0;
    bool m_stopped = false;
};

/// A real image of about 200 KiB: a BMP of 260 x 260 pixels, the same every time.
[[nodiscard]] bytes lab_picture();

/// The scripted conversation; throws failure if anything does not come out as it should.
void run_lab_script(lab& where);

/// The prompt after it, until the user ends it.
void run_lab_prompt(lab& where);

} // namespace tau::node
