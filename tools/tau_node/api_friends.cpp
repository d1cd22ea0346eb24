#include "core/hex.hpp"
#include "identity/contact_uri.hpp"
#include "tau_node/api.hpp"
#include "tau_node/json_view.hpp"
#include "tau_node/name_lookup.hpp"

#include <nlohmann/json.hpp>

namespace tau::node {
namespace {

using nlohmann::json;

messenger::contact_info to_contact_info(identity::contact const& who, std::string const& name) {
    messenger::contact_info out;
    out.key = who.key;
    out.name = name.empty() ? who.name : name;
    out.wallet = who.wallet;
    out.contact_key = who.contact_key;
    return out;
}

} // namespace

void api::add_friend_routes(net::router& out) {
    out.add(
        {"GET", "/v1/friends", [this](auto const&, auto const& reply) { list_friends(reply); }});
    out.add({"POST", "/v1/friends",
             [this](auto const& request, auto const& reply) { add_friend(request, reply); }});
    for (auto const* action : {"accept", "rename", "block", "unblock", "remove"})
        out.add({"POST", std::string("/v1/friends/{who}/") + action,
                 [this, action](auto const& request, auto const& reply) {
                     change_friend(action, request, reply);
                 }});
}

void api::list_friends(net::http_reply const& reply) {
    json out = json::array();
    for (auto const& f : m_stack.messenger().friends())
        out.push_back(to_json(f));
    send_json(reply, out);
}

void api::add_friend(net::http_request const& request, net::http_reply const& reply) {
    auto const body = object_of(request, reply);
    if (!body)
        return;
    auto const contact = identity::parse_contact(text_of(*body, "contact"));
    if (!contact)
        return send_error(reply, contact.error(),
                          "this is neither a tau: URI nor a public key of 64 hexadecimal digits: "
                              + contact.error().message());
    auto const name = text_of(*body, "name");
    if (!name.empty() && !identity::is_valid_name(name))
        return send_error(reply, errc::invalid_argument,
                          "a name has 1 to 64 octets and no control characters");
    auto const add = [this, reply, alive = m_alive](messenger::contact_info info) {
        if (!*alive)
            return;
        auto const key = info.key;
        m_stack.messenger().add_friend(std::move(info), [this, key, reply](error_code ec) {
            auto const who = m_stack.messenger().friend_of(key);
            if (ec || !who)
                return send_error(reply, ec ? ec : error_code(errc::not_found),
                                  ec == errc::invalid_argument ? "this is your own key"
                                                               : "cannot add: " + ec.message());
            send_json(reply, to_json(*who));
        });
    };
    auto info = to_contact_info(contact.value(), name);
    if (!contact.value().endpoint)
        return add(std::move(info));
    // With a proxy a name would have to be resolved around it, so only addresses count.
    auto const names = m_host.values.proxy.host.empty() ? lookup_names::yes : lookup_names::no;
    look_up(m_stack.tau().workers(), *contact.value().endpoint, names,
            [info = std::move(info), add](std::vector<endpoint> found) mutable {
                info.endpoints = std::move(found);
                add(std::move(info));
            });
}

void api::change_friend(std::string const& action, net::http_request const& request,
                        net::http_reply const& reply) {
    auto const key = who(request.path.at("who"), reply);
    if (!key)
        return;
    auto& engine = m_stack.messenger();
    auto const done = [this, action, key = *key, reply](error_code ec) {
        if (ec == errc::not_found)
            return send_error(reply, ec,
                              "there is no such "
                                  + std::string(action == "accept" ? "request" : "friend"));
        if (ec)
            return send_error(reply, ec, "cannot " + action + ": " + ec.message());
        auto const now = m_stack.messenger().friend_of(key);
        send_json(reply, now ? to_json(*now) : json{{"public_key", to_hex(key)}});
    };
    if (action == "accept")
        return engine.accept_friend(*key, done);
    if (action == "block")
        return engine.block_friend(*key, done);
    if (action == "unblock")
        return engine.unblock_friend(*key, done);
    if (action == "remove")
        return engine.remove_friend(*key, done);
    auto const body = object_of(request, reply);
    if (!body)
        return;
    auto const name = text_of(*body, "name");
    if (!name.empty() && !identity::is_valid_name(name))
        return send_error(reply, errc::invalid_argument,
                          "a name has 1 to 64 octets and no control characters");
    engine.rename_friend(*key, name, done);
}

} // namespace tau::node
