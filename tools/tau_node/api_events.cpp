#include "core/hex.hpp"
#include "tau_node/api.hpp"
#include "tau_node/json_view.hpp"

#include <nlohmann/json.hpp>

namespace tau::node {
namespace {

using nlohmann::json;

// An event in the form it goes out, and the friend it concerns if it is one friend's.
struct told_event {
    std::string name;
    json data;
    std::optional<public_key> concerns{};
};

struct teller {
    public_key own;

    told_event operator()(messenger::message_arrived const& e) const {
        return {"message", to_json(e.message),
                e.message.from == own ? e.message.to : e.message.from};
    }
    told_event operator()(messenger::message_state_changed const& e) const {
        return {"state",
                {{"id", to_hex(e.id)},
                 {"to", to_hex(e.to)},
                 {"state", name_of(e.state)},
                 {"way", name_of(e.way)}},
                e.to};
    }
    told_event operator()(messenger::friend_changed const& e) const {
        auto data = to_json(e.who);
        data["removed"] = e.removed;
        return {"friend", std::move(data), e.who.key};
    }
    told_event operator()(messenger::request_arrived const& e) const {
        return {"request", to_json(e.who), e.who.key};
    }
    told_event operator()(messenger::attachment_progress const& e) const {
        json data{{"id", to_hex(e.id)}, {"bytes", e.size_bytes}};
        data[e.is_ours ? "receiver_bytes" : "fetched_bytes"] = e.fetched_bytes;
        if (e.state) {
            data["state"] = name_of(*e.state);
            data["bytes_per_s"] = e.bytes_per_s;
        }
        return {"progress", std::move(data)};
    }
    told_event operator()(messenger::other_device_seen const& e) const {
        return {"other_device", {{"seq", e.seq}}};
    }
};

} // namespace

void api::open_events(net::http_request const& request, net::http_reply const& reply) {
    std::optional<public_key> with;
    if (auto const text = request.parameter("with")) {
        with = who(std::string(*text), reply);
        if (!with)
            return;
    }
    auto const id = m_next_stream++;
    auto stream = reply.stream();
    stream.on_closed([this, id, alive = m_alive] {
        if (*alive)
            m_streams.erase(id);
    });
    m_streams.emplace(id, open_stream{std::move(stream), with});
}

void api::on_event(messenger::event const& event) {
    if (std::holds_alternative<messenger::other_device_seen>(event)
        && !std::exchange(m_other_device_seen, true))
        m_host.log.write(log_level::warning,
                         "another device publishes under this identity; stop one of the two, "
                         "because they overwrite each other");
    auto const told = std::visit(teller{m_stack.tau().keys().key()}, event);
    net::server_event const out{told.name,
                                told.data.dump(-1, ' ', false, json::error_handler_t::replace)};
    // A stream that ends while it is written to leaves the map: iterate over a copy.
    auto const streams = m_streams;
    for (auto [id, open] : streams) {
        bool const other = open.with && told.concerns && *open.with != *told.concerns;
        if (!other)
            open.stream.send(out);
    }
}

} // namespace tau::node
