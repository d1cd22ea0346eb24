#include "core/hex.hpp"
#include "identity/contact_uri.hpp"
#include "tau_node/api.hpp"
#include "tau_node/failure.hpp"
#include "tau_node/json_view.hpp"
#include "tau_node/qr_code.hpp"
#include "tau_node/time_text.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>

namespace tau::node {
namespace {

using nlohmann::json;

constexpr std::chrono::milliseconds status_wait{20};
// Waiting messages that the status names, the oldest.
constexpr std::size_t max_waiting_shown = 20;

json to_json(messenger::engine_counts const& c) {
    return {{"friends", c.friends},
            {"requests", c.requests},
            {"unread", c.unread},
            {"undelivered", c.undelivered},
            {"unpublished", c.unpublished},
            {"missing_roots", c.missing_roots},
            {"fetching_attachments", c.fetching_attachments},
            {"waiting_commits", c.waiting_commits},
            {"refused_items", c.refused_items}};
}

json optional_text(std::optional<endpoint> const& where) {
    return where ? json(to_string(*where)) : json();
}

} // namespace

// The count of nodes comes as an alert, so the answer waits a moment for it.
void api::status(net::http_reply const& reply) {
    m_host.session.refresh_table_nodes();
    auto const timer = std::make_shared<boost::asio::steady_timer>(m_stack.tau().context());
    timer->expires_after(status_wait);
    timer->async_wait([this, reply, timer, alive = m_alive](error_code) {
        if (*alive)
            send_status(reply);
    });
}

void api::send_status(net::http_reply const& reply) {
    auto& engine = m_stack.tau().dht_engine();
    auto const now = m_stack.now();
    auto const up = std::chrono::duration_cast<std::chrono::seconds>(now.wall - m_host.started);
    auto waiting = json::array();
    for (auto const& one : m_stack.messenger().waiting_messages(max_waiting_shown))
        waiting.push_back(to_json(one));
    json out{{"pid", ::getpid()},
             {"uptime_s", up.count()},
             {"public_key", to_hex(m_stack.tau().keys().key())},
             {"listen", optional_text(m_host.session.listen_endpoint())},
             {"dht_nodes", m_host.session.table_nodes()},
             {"external_endpoint", optional_text(engine.external_endpoint())},
             {"nat", name_of(engine.nat())},
             {"private", m_host.values.is_private},
             {"other_device", m_other_device_seen},
             {"proxy", !m_host.values.proxy.host.empty()},
             {"messages", to_json(m_stack.messenger().counts())},
             {"waiting", waiting},
             {"gossip", node::to_json(m_stack.messenger().gossip_counts())},
             {"dht", node::to_json(engine.stats())},
             {"store_jobs", m_stack.waiting_jobs()}};
    send_json(reply, out);
}

identity::contact api::own_contact() const {
    auto const own = m_stack.messenger().own_contact();
    identity::contact who;
    who.key = own.key;
    who.name = own.name;
    who.wallet = m_stack.tau().keys().wallet();
    who.contact_key = own.contact_key;
    auto const external = m_stack.tau().dht_engine().external_endpoint();
    auto const& bound = m_host.session.listen_endpoint();
    bool const is_any = !bound || bound->address().is_unspecified();
    if (external || !is_any) {
        auto const where = external ? *external : *bound;
        who.endpoint = identity::host_port{where.address().to_string(), where.port()};
    }
    return who;
}

void api::show_identity(net::http_reply const& reply) {
    auto const who = own_contact();
    send_json(reply, {{"public_key", to_hex(who.key)},
                      {"wallet", identity::to_eip55(*who.wallet)},
                      {"uri", identity::to_uri(who)},
                      {"name", who.name}});
}

void api::show_qr(net::http_reply const& reply) {
    try {
        send_json(reply, {{"rows", qr_modules(identity::to_uri(own_contact()))}});
    } catch (failure const& e) {
        send_error(reply, errc::too_large, e.what());
    }
}

// In the clear: the command that asks encrypts it, and only the owner can ask.
void api::send_backup(net::http_reply const& reply) {
    m_stack.messenger().export_backup([reply](result<bytes> const& content) {
        if (!content)
            return send_error(reply, content.error(), "cannot read the messages");
        reply.send({200, "application/octet-stream", std::string(as_text(content.value()))});
    });
}

} // namespace tau::node
