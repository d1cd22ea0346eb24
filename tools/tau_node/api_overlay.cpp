#include "core/hex.hpp"
#include "identity/contact_uri.hpp"
#include "identity/wallet.hpp"
#include "tau_node/api.hpp"
#include "tau_node/json_view.hpp"
#include "tau_node/time_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tau::node {
namespace {

using nlohmann::json;

json post_json(std::string const& topic, wire::topic_post const& post) {
    return {{"topic", topic},
            {"from", to_hex(post.from)},
            {"name", post.name},
            {"text", post.text},
            {"time", to_rfc3339(post.time)}};
}

json wallets_json(std::vector<wallet_address> const& list) {
    auto out = json::array();
    for (auto const& wallet : list)
        out.push_back(identity::to_eip55(wallet));
    return out;
}

char const* name_of(forward::trace_step step) {
    switch (step) {
    case forward::trace_step::sent:
        return "sent";
    case forward::trace_step::no_way:
        return "no_way";
    case forward::trace_step::refused:
        return "refused";
    case forward::trace_step::link_lost:
        return "link_lost";
    case forward::trace_step::silent:
        return "silent";
    case forward::trace_step::acknowledged:
        return "acknowledged";
    case forward::trace_step::expired:
        break;
    }
    return "expired";
}

char const* name_of(wire::hop_outcome outcome) {
    switch (outcome) {
    case wire::hop_outcome::taken:
        return "taken";
    case wire::hop_outcome::no_route:
        return "no_route";
    case wire::hop_outcome::looped:
        return "looped";
    case wire::hop_outcome::expired:
        return "expired";
    case wire::hop_outcome::crowded:
        return "crowded";
    case wire::hop_outcome::refused:
        break;
    }
    return "refused";
}

json trace_json(std::vector<forward::trace_entry> const& entries) {
    auto out = json::array();
    for (auto const& one : entries) {
        json row{{"step", name_of(one.step)},
                 {"time", to_rfc3339(one.when)},
                 {"attempt", one.attempt},
                 {"way", wallets_json(one.way)}};
        if (one.step == forward::trace_step::sent)
            row["layered"] = one.is_layered;
        if (one.step == forward::trace_step::refused || one.step == forward::trace_step::no_way)
            row["reason"] = name_of(one.outcome);
        out.push_back(std::move(row));
    }
    return out;
}

json path_json(wire::hop_path const& path) {
    auto out = json::array();
    for (auto const& hop : path)
        out.push_back({{"wallet", identity::to_eip55(hop.wallet)},
                       {"endpoint", to_string(hop.where)},
                       {"accepts", hop.accepts},
                       {"liveness", static_cast<double>(hop.liveness) / 1000}});
    return out;
}

json to_json(forward::forward_counts const& counts) {
    return {{"sent", counts.sent},
            {"resent", counts.resent},
            {"acknowledged", counts.acknowledged},
            {"delivered", counts.delivered},
            {"repeated", counts.repeated},
            {"passed_on", counts.passed_on},
            {"copies", counts.copies},
            {"malformed", counts.malformed},
            {"looped", counts.looped},
            {"crowded", counts.crowded},
            {"no_route", counts.no_route},
            {"expired", counts.expired},
            {"refused_acks", counts.refused_acks},
            {"bad_ids", counts.bad_ids},
            {"layered", counts.layered},
            {"bad_layers", counts.bad_layers},
            {"stalled", counts.stalled},
            {"waiting", counts.waiting},
            {"held", counts.held}};
}

json to_json(overlay::overlay_counts const& refused) {
    return {{"hellos", refused.refused_hellos},
            {"records", refused.refused_records},
            {"selves", refused.selves},
            {"duplicates", refused.duplicates},
            {"silent", refused.silent}};
}

} // namespace

void api::add_overlay_routes(net::router& out) {
    out.add({"GET", "/v1/topics", [this](auto const&, auto const& reply) { list_topics(reply); }});
    out.add({"POST", "/v1/topics",
             [this](auto const& request, auto const& reply) { join_topic(request, reply); }});
    out.add({"POST", "/v1/topics/{name}/leave", [this](auto const& request, auto const& reply) {
                 send_done(reply, m_stack.bridge().leave(request.path.at("name")), "cannot leave");
             }});
    out.add({"POST", "/v1/topics/{name}/say",
             [this](auto const& request, auto const& reply) { say_in_topic(request, reply); }});
    out.add({"GET", "/v1/topics/{name}/peers",
             [this](auto const& request, auto const& reply) { list_members(request, reply); }});
    out.add({"GET", "/v1/topics/{name}/posts",
             [this](auto const& request, auto const& reply) { list_posts(request, reply); }});
    out.add({"GET", "/v1/peers", [this](auto const&, auto const& reply) { list_peers(reply); }});
    out.add(
        {"GET", "/v1/network", [this](auto const&, auto const& reply) { show_network(reply); }});
    out.add({"GET", "/v1/route/{who}",
             [this](auto const& request, auto const& reply) { show_route(request, reply); }});
    out.add({"GET", "/v1/messages/{id}/trace",
             [this](auto const& request, auto const& reply) { show_trace(request, reply); }});
}

std::optional<info_hash> api::topic_of(net::http_request const& request,
                                       net::http_reply const& reply) const {
    auto const& all = m_stack.bridge().topics();
    if (auto const found = all.find(request.path.at("name")); found != all.end())
        return found->second;
    send_error(reply, errc::not_found, "this topic was not joined");
    return std::nullopt;
}

void api::list_topics(net::http_reply const& reply) {
    auto out = json::array();
    auto& overlay = m_stack.bridge();
    for (auto const& [name, topic] : overlay.topics())
        out.push_back({{"name", name},
                       {"info_hash", to_hex(topic)},
                       {"peers", overlay.set().links().members_of(topic).size()},
                       {"posts", overlay.posts(topic).size()}});
    send_json(reply, out);
}

void api::join_topic(net::http_request const& request, net::http_reply const& reply) {
    auto const body = object_of(request, reply);
    if (!body)
        return;
    auto const name = text_of(*body, "name");
    if (auto const ec = m_stack.bridge().join(name))
        return send_error(reply, ec,
                          ec == errc::invalid_argument
                              ? "a topic's name has 1 to 200 octets and no control characters"
                              : "cannot join: " + ec.message());
    send_json(reply, {{"name", name}, {"info_hash", to_hex(overlay::topic_hash(name))}});
}

void api::say_in_topic(net::http_request const& request, net::http_reply const& reply) {
    auto const body = object_of(request, reply);
    if (!body)
        return;
    auto const& name = request.path.at("name");
    auto const post = m_stack.bridge().say(name, text_of(*body, "text"));
    if (!post)
        return send_error(reply, post.error(),
                          post.error() == errc::not_found ? "this topic was not joined"
                          : post.error() == errc::rate_limited
                              ? "too fast: a topic takes two posts a second of one author"
                              : "cannot say this: " + post.error().message());
    auto out = post_json(name, post.value());
    out["peers"] = m_stack.bridge().set().links().members_of(post.value().topic).size();
    send_json(reply, out, 201);
}

void api::list_members(net::http_request const& request, net::http_reply const& reply) {
    auto const topic = topic_of(request, reply);
    if (!topic)
        return;
    auto out = json::array();
    auto& links = m_stack.bridge().set().links();
    for (auto const& wallet : links.members_of(*topic))
        if (auto const who = links.link_of(wallet))
            out.push_back(
                {{"wallet", identity::to_eip55(wallet)}, {"public_key", to_hex(who->key)}});
    send_json(reply, out);
}

void api::list_posts(net::http_request const& request, net::http_reply const& reply) {
    auto const topic = topic_of(request, reply);
    if (!topic)
        return;
    auto out = json::array();
    for (auto const& post : m_stack.bridge().posts(*topic))
        out.push_back(post_json(request.path.at("name"), post));
    send_json(reply, out);
}

void api::list_peers(net::http_reply const& reply) {
    auto& overlay = m_stack.bridge().set();
    auto const now = m_stack.now().mono;
    std::map<wallet_address, forward::neighbour_view> quotas;
    for (auto const& one : overlay.forwarding().neighbours())
        quotas[one.who] = one;
    auto links = json::array();
    for (auto const& link : overlay.links().links()) {
        auto const& quota = quotas[link.who.wallet];
        auto const age = std::chrono::duration_cast<std::chrono::seconds>(now - link.since);
        auto const known = m_stack.messenger().friend_of(link.who.key);
        auto swarms = json::array();
        for (auto const& swarm : link.swarms)
            swarms.push_back(to_hex(swarm));
        links.push_back({{"wallet", identity::to_eip55(link.who.wallet)},
                         {"public_key", to_hex(link.who.key)},
                         {"name", known ? json(known->name) : json()},
                         {"endpoint", to_string(link.where)},
                         {"dialled", link.began},
                         {"proof", "key and wallet"}, // nobody is a link without both
                         {"forwards", (link.who.capabilities & wire::cap_forwards) != 0},
                         {"frames_out", quota.frames_out},
                         {"frames_in", quota.frames_in},
                         {"age_s", age.count()},
                         {"sent_bytes", link.sent_bytes},
                         {"received_bytes", link.received_bytes},
                         {"swarms", std::move(swarms)},
                         {"queued", quota.queued},
                         {"unreported", quota.unreported},
                         {"held", quota.held}});
    }
    auto trackers = json::array();
    for (auto const& one : overlay.presence().trackers())
        trackers.push_back(
            {{"tracker", one.name},
             {"answers", one.answers},
             {"knows_links", one.knows_links},
             {"problem", one.problem},
             {"last_answer", one.last_answer ? json(to_rfc3339(*one.last_answer)) : json()}});
    send_json(reply, {{"links", std::move(links)},
                      {"trackers", std::move(trackers)},
                      {"forwarding", to_json(overlay.forwarding().counts())},
                      {"refused", to_json(overlay.links().counts())}});
}

// What this node knows of the network around it: its links, and those its neighbours told of.
void api::show_network(net::http_reply const& reply) {
    auto& overlay = m_stack.bridge().set();
    auto const own = m_stack.tau().keys().wallet();
    auto links = json::array();
    for (auto const& link : overlay.links().links())
        links.push_back({identity::to_eip55(own), identity::to_eip55(link.who.wallet)});
    for (auto const& [neighbour, theirs] : overlay.forwarding().routes().told())
        for (auto const& other : theirs)
            if (other != own)
                links.push_back({identity::to_eip55(neighbour), identity::to_eip55(other)});
    send_json(reply, {{"own", identity::to_eip55(own)}, {"links", std::move(links)}});
}

std::optional<wallet_address> api::wallet_named(std::string const& text,
                                                net::http_reply const& reply) const {
    if (auto const wallet = identity::parse_wallet(text))
        return wallet.value();
    if (auto const contact = identity::parse_contact(text); contact && contact.value().wallet)
        return contact.value().wallet;
    auto const key = who(text, reply);
    if (!key)
        return std::nullopt;
    if (auto const wallet = m_stack.messenger().wallet_of(*key))
        return wallet;
    send_error(reply, errc::not_found, "the wallet of this key is not known");
    return std::nullopt;
}

void api::show_route(net::http_request const& request, net::http_reply const& reply) {
    auto const wallet = wallet_named(request.path.at("who"), reply);
    if (!wallet)
        return;
    auto& overlay = m_stack.bridge().set();
    overlay.route(*wallet, [this, reply, wallet = *wallet,
                            alive = m_alive](std::vector<wire::hop_path> const& paths) {
        if (!*alive)
            return;
        auto& o = m_stack.bridge().set();
        auto named = json::array();
        for (auto const& path : paths)
            named.push_back(path_json(path));
        auto const ways = o.forwarding().paths_to(wallet, m_stack.now().mono);
        auto usable = json::array();
        for (auto const& path : ways)
            usable.push_back(wallets_json(path));
        json out{{"wallet", identity::to_eip55(wallet)},
                 {"linked", o.links().is_linked(wallet)},
                 {"own", identity::to_eip55(m_stack.tau().keys().wallet())},
                 {"paths", std::move(named)},
                 {"usable", std::move(usable)},
                 {"names", names_of_hops(ways)}};
        time_ways(ways, std::move(out), reply);
    });
}

json api::names_of_hops(std::vector<forward::wallet_path> const& ways) {
    auto out = json::object();
    auto const& messenger = m_stack.messenger();
    for (auto const& one : messenger.friends())
        if (auto const wallet = messenger.wallet_of(one.key))
            for (auto const& way : ways)
                if (std::find(way.begin(), way.end(), *wallet) != way.end())
                    out[identity::to_eip55(*wallet)] = one.name;
    return out;
}

// Answers when each hop of each way has been timed, or did not answer.
void api::time_ways(std::vector<forward::wallet_path> const& ways, json out,
                    net::http_reply const& reply) {
    struct gathering {
        json out;
        std::size_t left = 0;
    };
    auto const all = std::make_shared<gathering>();
    all->out = std::move(out);
    all->out["times_ms"] = json::array();
    all->left = ways.size();
    if (ways.empty())
        return send_json(reply, all->out);
    for (std::size_t i = 0; i < ways.size(); ++i) {
        all->out["times_ms"].push_back(json::array());
        m_stack.bridge().set().time_hops(ways[i], [this, reply, all, i,
                                                   alive = m_alive](auto const& times) {
            for (auto const& one : times)
                all->out["times_ms"][i].push_back(
                    one ? json(std::chrono::duration<double, std::milli>(*one).count()) : json());
            if (--all->left == 0 && *alive)
                send_json(reply, all->out);
        });
    }
}

void api::show_trace(net::http_request const& request, net::http_reply const& reply) {
    with_message(request.path.at("id"), reply, [this, reply](messenger::message_id const& id) {
        m_stack.messenger().message(id, [this, reply, id](auto const& message) {
            if (!message)
                return send_error(reply, message.error(), "there is no such message");
            auto out = to_json(message.value());
            out["steps"] = trace_json(m_stack.bridge().set().forwarding().traces().of(id));
            send_json(reply, out);
        });
    });
}

void api::on_post(std::string const& topic, wire::topic_post const& post) {
    net::server_event const out{
        "post", post_json(topic, post).dump(-1, ' ', false, json::error_handler_t::replace)};
    auto const streams = m_streams;
    for (auto [id, open] : streams)
        if (!open.with)
            open.stream.send(out);
}

} // namespace tau::node
