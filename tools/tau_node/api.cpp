#include "tau_node/api.hpp"

#include "core/hex.hpp"
#include "core/text.hpp"
#include "identity/contact_uri.hpp"
#include "tau_node/failure.hpp"
#include "tau_node/json_view.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tau::node {
namespace {

using nlohmann::json;

// Fewer digits of a key or an id would name the wrong one too easily.
constexpr std::size_t min_prefix_digits = 8;
constexpr std::size_t key_digits = 64;

unsigned status_of(std::string_view name) {
    static std::map<std::string_view, unsigned> const table{
        {"not_found", 404},      {"not_a_friend", 404},     {"invalid_argument", 400},
        {"invalid_length", 400}, {"invalid_encoding", 400}, {"invalid_checksum", 400},
        {"too_large", 413},      {"already_exists", 409},   {"stale", 409},
        {"locked", 409},         {"blocked", 403},          {"timed_out", 504},
        {"unreachable", 504},    {"rate_limited", 429},     {"cancelled", 503},
        {"disk_full", 507}};
    auto const found = table.find(name);
    return found != table.end() ? found->second : 500;
}

bool is_hex(std::string_view text) {
    return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

std::vector<public_key> matching(std::vector<messenger::friend_view> const& friends,
                                 std::string const& text) {
    std::vector<public_key> out;
    for (auto const& f : friends) {
        if (f.name == text)
            out.push_back(f.key);
    }
    if (!out.empty())
        return out;
    auto const digits = lower(text);
    bool const prefix = digits.size() >= min_prefix_digits && is_hex(digits);
    auto const wallet = identity::parse_wallet(text);
    for (auto const& f : friends) {
        bool const same_wallet = wallet && f.wallet && *f.wallet == wallet.value();
        if (same_wallet || (prefix && to_hex(f.key).starts_with(digits)))
            out.push_back(f.key);
    }
    return out;
}

} // namespace

std::optional<json> object_of(net::http_request const& request, net::http_reply const& reply) {
    auto body = json::parse(request.body, nullptr, false);
    if (body.is_object())
        return body;
    send_error(reply, errc::invalid_encoding, "the body must be a JSON object");
    return std::nullopt;
}

std::string text_of(json const& object, char const* name, std::string fallback) {
    auto const found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : fallback;
}

void send_json(net::http_reply const& reply, json const& value, unsigned status) {
    reply.send(
        {status, "application/json", value.dump(-1, ' ', false, json::error_handler_t::replace)});
}

void send_error(net::http_reply const& reply, error_code ec, std::string const& message) {
    auto const name = name_of(ec);
    send_json(reply, {{"error", {{"code", name}, {"message", message}}}}, status_of(name));
}

void send_octets(net::http_reply const& reply, byte_view octets) {
    reply.send({200,
                "application/octet-stream",
                std::string(as_text(octets)),
                {{"Content-Disposition", "attachment"}}});
}

void send_done(net::http_reply const& reply, error_code ec, std::string const& what) {
    if (ec)
        send_error(reply, ec, what + ": " + ec.message());
    else
        send_json(reply, json::object());
}

api::api(node_stack& stack, api_host host) : m_stack(stack), m_host(std::move(host)) {
    m_subscription =
        m_stack.messenger().subscribe([this](messenger::event const& event) { on_event(event); });
    m_stack.bridge().on_post(
        [this](std::string const& topic, wire::topic_post const& post) { on_post(topic, post); });
}

api::~api() {
    stop();
}

void api::stop() {
    if (!*m_alive)
        return;
    *m_alive = false;
    m_stack.messenger().unsubscribe(m_subscription);
    m_stack.bridge().on_post({});
    for (auto const id : std::exchange(m_watches, {}))
        m_stack.unwatch(id);
    for (auto& [id, open] : std::exchange(m_streams, {}))
        open.stream.close();
}

net::router api::routes() {
    net::router out;
    out.add({"GET", "/v1/status", [this](auto const&, auto const& reply) { status(reply); }});
    out.add(
        {"GET", "/v1/identity", [this](auto const&, auto const& reply) { show_identity(reply); }});
    out.add({"GET", "/v1/identity/qr", [this](auto const&, auto const& reply) { show_qr(reply); }});
    out.add({"POST", "/v1/stop", [this](auto const&, auto const& reply) {
                 send_json(reply, json::object());
                 m_host.stop();
             }});
    out.add({"GET", "/v1/backup", [this](auto const&, auto const& reply) { send_backup(reply); }});
    out.add({"GET", "/v1/events",
             [this](auto const& request, auto const& reply) { open_events(request, reply); }});
    add_friend_routes(out);
    add_message_routes(out);
    add_file_routes(out);
    add_dht_routes(out);
    add_overlay_routes(out);
    return out;
}

std::optional<public_key> api::who(std::string const& text, net::http_reply const& reply) const {
    if (auto const parsed = identity::parse_contact(text))
        return parsed.value().key;
    if (text.size() == key_digits && is_hex(text)) {
        send_error(reply, errc::invalid_argument, "this is no ed25519 public key");
        return std::nullopt;
    }
    auto const found = matching(m_stack.messenger().friends(), text);
    if (found.size() == 1)
        return found.front();
    if (found.empty())
        send_error(reply, errc::not_found,
                   "no friend is called '" + escape_text(text) + "'; see: tau-node friend list");
    else
        send_error(reply, errc::invalid_argument,
                   "several friends are called '" + escape_text(text) + "'; use the public key");
    return std::nullopt;
}

void api::with_message(std::string const& id, net::http_reply const& reply,
                       std::function<void(messenger::message_id const&)> next) {
    if (id.size() == key_digits) {
        if (auto const whole = fixed_from_hex<messenger::message_id>(id))
            return next(whole.value());
    }
    if (id.size() < min_prefix_digits || id.size() >= key_digits || !is_hex(id))
        return send_error(reply, errc::invalid_argument,
                          "a message id has 64 hexadecimal digits; 8 or more of the first will do");
    messenger::inbox_query everything;
    everything.limit = messenger::max_inbox_limit;
    m_stack.messenger().inbox(everything, [digits = lower(id), reply,
                                           next = std::move(next)](auto const& messages) {
        if (!messages)
            return send_error(reply, messages.error(), "cannot look the message up");
        std::vector<messenger::message_id> found;
        for (auto const& m : messages.value()) {
            if (to_hex(m.id).starts_with(digits))
                found.push_back(m.id);
        }
        if (found.size() == 1)
            return next(found.front());
        if (found.empty())
            return send_error(reply, errc::not_found, "there is no message " + digits);
        send_error(reply, errc::invalid_argument, "several messages begin so; give more digits");
    });
}

} // namespace tau::node
