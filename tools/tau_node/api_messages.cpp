#include "core/hex.hpp"
#include "core/text.hpp"
#include "tau_node/api.hpp"
#include "tau_node/json_view.hpp"
#include "tau_node/time_text.hpp"

#include <nlohmann/json.hpp>

#include <charconv>

namespace tau::node {
namespace {

using nlohmann::json;

// Text of the largest size in JSON's longest escapes, and what stands around it.
constexpr std::size_t max_text_body = 6 * 64 * 1024 + 4096;
// Above the messenger's own limit, so that the answer names that one.
constexpr std::size_t max_file_body = 300 * 1024;
constexpr std::size_t default_limit = 200;

std::string explain(error_code ec, std::string const& what) {
    if (ec == errc::not_a_friend)
        return "not a friend; add them first with: tau-node friend add";
    if (ec == errc::blocked)
        return "you blocked this key; see: tau-node friend unblock";
    if (ec == errc::invalid_argument)
        return what + ": there is nothing in it";
    if (ec == errc::disk_full)
        return what + ": the disk is full; nothing was sent and nothing is lost";
    return what + ": " + ec.message();
}

std::optional<std::size_t> limit_of(net::http_request const& request) {
    auto const text = request.parameter("limit");
    if (!text)
        return default_limit;
    std::size_t out = 0;
    auto const [end, ec] = std::from_chars(text->data(), text->data() + text->size(), out);
    bool const whole = ec == std::errc{} && end == text->data() + text->size();
    if (!whole || out == 0 || out > messenger::max_inbox_limit)
        return std::nullopt;
    return out;
}

void show_message(messenger::engine& engine, messenger::message_id const& id,
                  net::http_reply const& reply) {
    engine.message(id, [reply](result<messenger::message_view> const& message) {
        if (!message)
            return send_error(reply, message.error(), "there is no such message");
        send_json(reply, to_json(message.value()));
    });
}

void erase_message(messenger::engine& engine, messenger::message_id const& id,
                   net::http_reply const& reply) {
    engine.erase(id, [reply, id](error_code ec) {
        if (ec)
            return send_error(reply, ec,
                              ec == errc::not_found ? "there is no such message"
                                                    : "cannot delete: " + ec.message());
        send_json(reply, {{"id", to_hex(id)}, {"deleted", true}});
    });
}

void show_waiting(messenger::engine& engine, messenger::message_id const& id,
                  net::http_reply const& reply) {
    engine.why_waiting(id, [reply](result<messenger::waiting_view> const& why) {
        if (!why)
            return send_error(reply, why.error(), "there is no such message");
        auto const& next = why.value().next_try;
        send_json(reply, {{"reason", name_of(why.value().reason)},
                          {"next_try", next ? json(to_rfc3339(*next)) : json()},
                          {"published", why.value().published},
                          {"carried_by", why.value().carriers},
                          {"tries", why.value().tries}});
    });
}

void send_attachment(messenger::engine& engine, messenger::message_id const& id,
                     net::http_reply const& reply) {
    engine.attachment(id, [reply](result<bytes> const& content) {
        if (!content)
            return send_error(reply, content.error(),
                              content.error() == errc::not_found
                                  ? "the message has no file"
                                  : "the file cannot be fetched now: " + content.error().message());
        send_octets(reply, content.value());
    });
}

} // namespace

void api::add_message_routes(net::router& out) {
    out.add({"GET", "/v1/messages",
             [this](auto const& request, auto const& reply) { list_messages(request, reply); }});
    out.add({"POST", "/v1/messages",
             [this](auto const& request, auto const& reply) { send_message(request, reply); },
             net::route_access::with_token, std::max(max_text_body, max_file_body)});
    out.add({"POST", "/v1/messages/read",
             [this](auto const& request, auto const& reply) { mark_read(request, reply); },
             net::route_access::with_token, 1024 * 1024});
    using action =
        void (*)(messenger::engine&, messenger::message_id const&, net::http_reply const&);
    auto const add = [this, &out](char const* method, std::string const& rest, action what) {
        out.add({method, "/v1/messages/{id}" + rest,
                 [this, what](auto const& request, auto const& reply) {
                     with_message(request.path.at("id"), reply,
                                  [this, what, reply](messenger::message_id const& id) {
                                      what(m_stack.messenger(), id, reply);
                                  });
                 }});
    };
    add("GET", "", show_message);
    add("DELETE", "", erase_message);
    add("GET", "/waiting", show_waiting);
    out.add({"GET", "/v1/messages/{id}/file", [this](auto const& request, auto const& reply) {
                 bool const is_part = request.parameter("from").has_value();
                 with_message(request.path.at("id"), reply,
                              [this, is_part, request, reply](messenger::message_id const& id) {
                                  is_part ? send_part(id, request, reply)
                                          : send_attachment(m_stack.messenger(), id, reply);
                              });
             }});
}

void api::list_messages(net::http_request const& request, net::http_reply const& reply) {
    messenger::inbox_query query;
    if (auto const with = request.parameter("with")) {
        query.who = who(std::string(*with), reply);
        if (!query.who)
            return;
    }
    if (auto const since = request.parameter("since")) {
        auto const time = parse_since(*since, m_stack.now().wall);
        if (!time)
            return send_error(reply, errc::invalid_argument,
                              "since must be an RFC 3339 time, a date or an age such as 10m");
        query.since = time.value();
    }
    auto const limit = limit_of(request);
    if (!limit)
        return send_error(reply, errc::invalid_argument, "limit must be from 1 to 10000");
    query.limit = *limit;
    m_stack.messenger().inbox(query, [reply](auto const& messages) {
        if (!messages)
            return send_error(reply, messages.error(), "cannot read the messages");
        json out = json::array();
        for (auto const& m : messages.value())
            out.push_back(to_json(m));
        send_json(reply, out);
    });
}

void api::send_message(net::http_request const& request, net::http_reply const& reply) {
    bool const is_file = request.content_type.starts_with("application/octet-stream");
    auto const body = is_file ? json::object() : object_of(request, reply).value_or(json());
    if (body.is_null())
        return;
    auto const to =
        is_file ? std::string(request.parameter("to").value_or("")) : text_of(body, "to");
    auto const key = who(to, reply);
    if (!key)
        return;
    auto const stored = [this, reply](auto const& id) { on_stored(id, reply); };
    if (!is_file)
        return m_stack.messenger().send_text(*key, text_of(body, "text"), stored);
    messenger::outgoing_file file;
    file.name = request.parameter("name").value_or("file");
    file.content = to_bytes(request.body);
    m_stack.messenger().send_file(*key, std::move(file), stored);
}

void api::on_stored(result<messenger::message_id> const& id, net::http_reply const& reply) {
    if (!id)
        return send_error(reply, id.error(), explain(id.error(), "cannot send"));
    m_stack.messenger().message(id.value(), [reply, id = id.value()](auto const& message) {
        if (message)
            return send_json(reply, to_json(message.value()), 201);
        // It is stored; only looking at it failed.
        send_json(reply, {{"id", to_hex(id)}, {"state", "stored"}}, 201);
    });
}

void api::mark_read(net::http_request const& request, net::http_reply const& reply) {
    auto const body = object_of(request, reply);
    if (!body)
        return;
    std::vector<messenger::message_id> ids;
    for (auto const& entry : body->value("ids", json::array())) {
        auto const id = fixed_from_hex<messenger::message_id>(
            entry.is_string() ? entry.get<std::string>() : "");
        if (!id)
            return send_error(reply, errc::invalid_argument, "ids must be message ids");
        ids.push_back(id.value());
    }
    m_stack.messenger().mark_read(
        std::move(ids), [reply](error_code ec) { send_done(reply, ec, "cannot mark as read"); });
}

} // namespace tau::node
