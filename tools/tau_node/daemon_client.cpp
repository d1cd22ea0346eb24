#include "tau_node/daemon_client.hpp"

#include "core/clock.hpp"

#include <nlohmann/json.hpp>

namespace tau::node {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto tick = 250ms;
// Beyond the longest thing that the daemon does for one request (a put under loss).
constexpr auto request_timeout = 120s;

// What the daemon said of a request that it did not do.
failure failure_of(net::http_response const& response) {
    auto const body = json::parse(response.body, nullptr, false);
    std::string code = "failed";
    std::string message = "the daemon answered " + std::to_string(response.status);
    if (body.is_object() && body.contains("error") && body["error"].is_object()) {
        code = body["error"].value("code", code);
        message = body["error"].value("message", message);
    }
    auto const exit = exit_of(code);
    return {exit, std::move(code), message};
}

json parse_body(net::http_response const& response) {
    auto body = json::parse(response.body, nullptr, false);
    if (body.is_discarded())
        throw failure(exit_code::failed, "invalid_encoding", "the daemon's answer is not JSON");
    return body;
}

std::string quoted(std::filesystem::path const& path) {
    auto const text = path.string();
    bool const plain = text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                              "0123456789/._-+")
                       == std::string::npos;
    return plain ? text : "'" + text + "'";
}

} // namespace

daemon_client::daemon_client(data_folder const& data)
    : m_data(data.path()), m_socket([&data, this] {
          if (!std::filesystem::is_directory(data.path()))
              throw no_daemon();
          return data.socket();
      }()) {}

daemon_client::~daemon_client() = default;

failure daemon_client::no_daemon() const {
    bool const usual = m_data == data_folder::default_path();
    auto const flag = usual ? std::string() : " --data " + quoted(m_data);
    return {exit_code::no_daemon, "unreachable",
            "no daemon runs for " + m_data.string() + "; start it with: tau-node" + flag + " run"};
}

net::http_response daemon_client::call(net::http_call what) {
    what.timeout = request_timeout;
    std::optional<result<net::http_response>> out;
    net::async_http_call(m_io, m_socket.endpoint(), std::move(what),
                         [&out](result<net::http_response> r) { out = std::move(r); });
    m_io.restart();
    while (!out && m_io.run_one() != 0) {
    }
    if (!out || !*out) {
        auto const ec = out ? out->error() : error_code(errc::cancelled);
        if (ec == errc::unreachable)
            throw no_daemon();
        throw failed("the daemon did not answer", ec);
    }
    if (out->value().status >= 300)
        throw failure_of(out->value());
    return std::move(out->value());
}

json daemon_client::get(std::string const& target) {
    return parse_body(call({"GET", target}));
}

json daemon_client::post(std::string const& target, json const& body) {
    return parse_body(call({"POST", target, body.dump()}));
}

json daemon_client::erase(std::string const& target) {
    return parse_body(call({"DELETE", target}));
}

json daemon_client::upload(std::string const& target, std::string content) {
    return parse_body(call({"POST", target, std::move(content), "application/octet-stream"}));
}

std::string daemon_client::download(std::string const& target) {
    return call({"GET", target}).body;
}

void daemon_client::post_async(std::string const& target, json const& body, post_handler done) {
    net::http_call what{"POST", target, body.dump()};
    what.timeout = request_timeout;
    net::async_http_call(m_io, m_socket.endpoint(), std::move(what),
                         [done = std::move(done)](result<net::http_response> const& r) {
                             if (!r)
                                 return done({}, r.error().message());
                             if (r.value().status >= 300)
                                 return done({}, failure_of(r.value()).what());
                             done(json::parse(r.value().body, nullptr, false), {});
                         });
}

void daemon_client::subscribe(std::string const& target, event_handler on_event,
                              std::function<void()> on_end) {
    bool open = false;
    net::event_observer observer;
    observer.on_open = [&open] { open = true; };
    observer.on_event = [on_event = std::move(on_event)](net::server_event const& event) {
        auto const data = json::parse(event.data, nullptr, false);
        if (!data.is_discarded())
            on_event(event.name, data);
    };
    observer.on_end = [this, on_end = std::move(on_end)](error_code ec,
                                                         net::http_response const& response) {
        if (ec == errc::unreachable)
            m_stream_end = no_daemon();
        else if (ec == errc::refused)
            m_stream_end = failure_of(response);
        else
            m_stream_end = failure(exit_code::no_daemon, "cancelled", "the daemon has stopped");
        if (on_end)
            on_end();
    };
    m_stream_end.reset();
    m_events = net::subscribe_events(m_io, m_socket.endpoint(), {"GET", target}, observer);
    m_io.restart();
    while (!open && !m_stream_end && m_io.run_one() != 0) {
    }
    check_stream();
}

void daemon_client::check_stream() const {
    if (m_stream_end)
        throw *m_stream_end;
}

bool daemon_client::wait(std::function<bool()> const& ready,
                         std::optional<std::chrono::milliseconds> timeout,
                         std::function<void()> const& on_tick) {
    auto const start = steady_clock::now();
    while (!ready()) {
        auto const passed = steady_clock::now() - start;
        if (timeout && passed >= *timeout)
            return false;
        auto step = steady_clock::duration(tick);
        if (timeout)
            step = std::min<steady_clock::duration>(step, *timeout - passed);
        m_io.restart();
        m_io.run_one_for(step);
        check_stream();
        if (on_tick)
            on_tick();
    }
    return true;
}

} // namespace tau::node
