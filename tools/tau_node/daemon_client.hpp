#pragma once

#include "net/http_client.hpp"
#include "tau_node/data_folder.hpp"
#include "tau_node/failure.hpp"

#include <nlohmann/json_fwd.hpp>

namespace tau::node {

/// A command's way to the daemon of its data folder: the HTTP API over the Unix socket.
///
/// Source:    docs/api.md.
/// Threading: one thread. Errors: failure; no_daemon says what to type.
class daemon_client {
public:
    explicit daemon_client(data_folder const& data);
    ~daemon_client();

    /// Sends a request and returns the JSON of the answer. Throws failure with the
    /// daemon's code and message if it is not a success.
    [[nodiscard]] nlohmann::json get(std::string const& target);
    nlohmann::json post(std::string const& target, nlohmann::json const& body);
    nlohmann::json erase(std::string const& target);
    /// As post(), of octets.
    nlohmann::json upload(std::string const& target, std::string content);
    /// The octets of an answer.
    [[nodiscard]] std::string download(std::string const& target);

    using event_handler = std::function<void(std::string const& name, nlohmann::json const& data)>;
    /// Subscribes to events; throws unless the stream stands when it returns. Events are
    /// handed to `on_event` while wait() or get() and its like run.
    /// `on_end` is called if the stream ends later; then check_stream() throws.
    void subscribe(std::string const& target, event_handler on_event,
                   std::function<void()> on_end = {});

    /// Hands out events until `ready` is true or `timeout` has passed; true if it is.
    /// Calls `on_tick` about four times a second. Throws if the daemon ends meanwhile.
    bool wait(std::function<bool()> const& ready, std::optional<std::chrono::milliseconds> timeout,
              std::function<void()> const& on_tick = {});

    /// For those who wait for something else too, such as a terminal. Events come as it runs.
    [[nodiscard]] boost::asio::io_context& context() { return m_io; }
    /// `problem` is empty on success.
    using post_handler = std::function<void(nlohmann::json const& answer, std::string problem)>;
    /// Starts a request and returns at once.
    void post_async(std::string const& target, nlohmann::json const& body, post_handler done);
    /// Throws if the event stream has ended.
    void check_stream() const;

private:
    [[nodiscard]] net::http_response call(net::http_call what);
    [[nodiscard]] failure no_daemon() const;

    boost::asio::io_context m_io;
    std::filesystem::path m_data;
    socket_name m_socket;
    std::unique_ptr<net::event_subscription> m_events;
    std::optional<failure> m_stream_end;
};

} // namespace tau::node
