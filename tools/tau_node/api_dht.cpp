#include "channel/salts.hpp"
#include "core/hex.hpp"
#include "identity/device_watch.hpp"
#include "tau_node/api.hpp"
#include "tau_node/json_view.hpp"
#include "tau_node/name_lookup.hpp"

#include <nlohmann/json.hpp>

namespace tau::node {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

// How long a put's answer waits for the count of nodes; the put itself goes on.
constexpr auto put_report_wait = 40s;

json item_json(wire::mutable_item const& item) {
    auto out = value_to_json(item.value);
    out["seq"] = item.seq;
    return out;
}

json elapsed_json(std::chrono::microseconds elapsed) {
    return static_cast<double>(elapsed.count()) / 1000.0;
}

// What a get that brought nothing is answered with.
void send_get_error(net::http_reply const& reply, error_code ec) {
    std::string message = "the get failed: " + ec.message();
    if (ec == errc::not_found)
        message = "nobody has it";
    else if (ec == errc::timed_out)
        message = "no answer in time";
    else if (ec == errc::unreachable)
        message = "no endpoint of the key is known; give one with --endpoint or use another mode";
    send_error(reply, ec, message);
}

std::optional<dht::get_mode> mode_of(std::string const& text) {
    if (text == "auto" || text.empty())
        return dht::get_mode::automatic;
    if (text == "direct")
        return dht::get_mode::direct;
    if (text == "recursive")
        return dht::get_mode::recursive;
    return std::nullopt;
}

void get_immutable(node_stack& stack, std::string const& hash, net::http_reply const& reply) {
    auto const where = fixed_from_hex<target>(hash);
    if (!where)
        return send_error(reply, errc::invalid_argument, "a hash has 40 hexadecimal digits");
    dht::get_immutable_observer observer;
    observer.on_value = [reply](dht::got_immutable const& got) {
        auto out = value_to_json(got.value);
        out["seq"] = nullptr;
        out["source"] = name_of(got.source);
        out["elapsed_ms"] = elapsed_json(got.elapsed);
        send_json(reply, out);
    };
    // After a value this is dropped: a request is answered once.
    observer.on_done = [reply](error_code ec) {
        if (ec)
            send_get_error(reply, ec);
    };
    stack.tau().dht().get_immutable(where.value(), std::nullopt, std::move(observer));
}

void get_mutable(node_stack& stack, dht::get_request request, net::http_reply const& reply) {
    dht::get_observer observer;
    observer.on_item = [reply](dht::got_item const& got) {
        auto out = item_json(got.item);
        out["source"] = name_of(got.source);
        out["elapsed_ms"] = elapsed_json(got.elapsed);
        send_json(reply, out);
    };
    observer.on_done = [reply](error_code ec) {
        if (ec)
            send_get_error(reply, ec);
    };
    stack.tau().dht().get(std::move(request), std::move(observer));
}

// The salts of channels that the node itself writes; a put there would break them.
result<wire::salt> writable_salt(std::string const& text) {
    if (text.empty())
        return wire::salt{};
    return channel::free_salt(text);
}

// Answers a put once: with the report, or without when that takes too long.
class put_answer : public std::enable_shared_from_this<put_answer> {
public:
    put_answer(boost::asio::io_context& io, net::http_reply reply, json answer)
        : m_timer(io), m_reply(std::move(reply)), m_answer(std::move(answer)) {}

    void arm() {
        m_timer.expires_after(put_report_wait);
        m_timer.async_wait([self = shared_from_this()](error_code ec) {
            if (!ec)
                self->finish(0);
        });
    }
    void set_target(target const& where) { m_answer["target"] = to_hex(where); }
    void finish(int nodes) {
        m_timer.cancel();
        m_answer["nodes"] = nodes;
        send_json(m_reply, m_answer);
    }

private:
    boost::asio::steady_timer m_timer;
    net::http_reply m_reply;
    json m_answer;
};

// The value of a put: text, or any octets in hexadecimal.
result<bytes> value_of(json const& body) {
    if (body.contains("value_hex")) {
        TAU_TRY(octets, from_hex(text_of(body, "value_hex")));
        return to_bencoded_string(octets);
    }
    if (!body.contains("value") || !body["value"].is_string())
        return errc::invalid_argument;
    return to_bencoded_string(as_bytes(body["value"].get<std::string>()));
}

} // namespace

void api::add_dht_routes(net::router& out) {
    out.add({"POST", "/v1/get",
             [this](auto const& request, auto const& reply) { get_item(request, reply); }});
    out.add({"POST", "/v1/put",
             [this](auto const& request, auto const& reply) { put_item(request, reply); }});
    out.add({"GET", "/v1/channels/watch",
             [this](auto const& request, auto const& reply) { watch_channel(request, reply); }});
}

void api::get_item(net::http_request const& request, net::http_reply const& reply) {
    auto const body = object_of(request, reply);
    if (!body)
        return;
    if (body->contains("hash"))
        return get_immutable(m_stack, text_of(*body, "hash"), reply);
    dht::get_request what;
    auto const key = who(text_of(*body, "key"), reply);
    if (!key)
        return;
    what.what.key = *key;
    auto const salt = wire::salt::from(text_of(*body, "salt"));
    auto const mode = mode_of(text_of(*body, "mode"));
    if (!salt)
        return send_error(reply, salt.error(), "a salt has at most 64 octets");
    if (!mode)
        return send_error(reply, errc::invalid_argument, "mode must be auto, direct or recursive");
    what.what.salt = salt.value();
    what.mode = *mode;
    auto const endpoint_text = text_of(*body, "endpoint");
    if (endpoint_text.empty())
        return get_mutable(m_stack, std::move(what), reply);
    auto const where = identity::parse_host_port(endpoint_text);
    if (!where)
        return send_error(reply, where.error(), "an endpoint is HOST:PORT");
    auto const names = m_host.values.proxy.host.empty() ? lookup_names::yes : lookup_names::no;
    look_up(m_stack.tau().workers(), where.value(), names,
            [this, what, reply, alive = m_alive](std::vector<endpoint> const& found) mutable {
                if (!*alive)
                    return;
                if (found.empty())
                    return send_error(reply, errc::not_found, "the endpoint's name has no address");
                what.ask_at = found.front();
                get_mutable(m_stack, std::move(what), reply);
            });
}

void api::put_item(net::http_request const& request, net::http_reply const& reply) {
    auto const body = object_of(request, reply);
    if (!body)
        return;
    auto value = value_of(*body);
    if (!value)
        return send_error(reply, value.error(), "value must be a string, value_hex hexadecimal");
    bool const is_mutable = body->contains("salt") || body->contains("seq");
    auto& dht = m_stack.tau().dht();
    if (!is_mutable) {
        auto const answer =
            std::make_shared<put_answer>(m_stack.tau().context(), reply, json{{"seq", nullptr}});
        auto const where = dht.put_immutable(
            std::move(value.value()), [answer](dht::put_report r) { answer->finish(r.nodes); });
        if (!where)
            return send_error(reply, where.error(), "cannot put: " + where.error().message());
        answer->set_target(where.value());
        return answer->arm();
    }
    auto const name = text_of(*body, "salt");
    auto const salt = writable_salt(name);
    if (!salt)
        return send_error(reply, salt.error(),
                          "'" + name + "' cannot be used as a salt: " + salt.error().message()
                              + " (the node's own channels are reserved)");
    auto& last = m_last_seq.try_emplace(name, -1).first->second;
    auto const seq = body->contains("seq") && (*body)["seq"].is_number_integer()
                         ? (*body)["seq"].get<std::int64_t>()
                         : identity::next_seq(last, m_stack.now().wall);
    auto const answer =
        std::make_shared<put_answer>(m_stack.tau().context(), reply, json{{"seq", seq}});
    answer->set_target(wire::target_of({m_stack.tau().keys().key(), salt.value()}));
    auto const ec = dht.put(salt.value(), seq, std::move(value.value()),
                            [answer](dht::put_report r) { answer->finish(r.nodes); });
    if (ec)
        return send_error(reply, ec, "cannot put: " + ec.message());
    last = seq;
    answer->arm();
}

void api::watch_channel(net::http_request const& request, net::http_reply const& reply) {
    auto const key = who(std::string(request.parameter("key").value_or("")), reply);
    if (!key)
        return;
    auto const name = request.parameter("name").value_or("");
    auto const salt = wire::salt::from(name);
    if (!salt || name.empty())
        return send_error(reply, errc::invalid_argument, "a channel's name has 1 to 64 octets");
    auto stream = reply.stream();
    auto const id = m_stack.watch({*key, salt.value()}, [stream](wire::mutable_item const&
                                                                     item) mutable {
        stream.send({"item", item_json(item).dump(-1, ' ', false, json::error_handler_t::replace)});
    });
    m_watches.insert(id);
    stream.on_closed([this, id, alive = m_alive] {
        if (!*alive)
            return;
        m_watches.erase(id);
        m_stack.unwatch(id);
    });
}

} // namespace tau::node
