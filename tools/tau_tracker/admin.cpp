#include "admin.hpp"

#include "core/hex.hpp"
#include "identity/wallet.hpp"
#include "metrics.hpp"
#include "shared_metrics.hpp"

#include <nlohmann/json.hpp>

namespace tau::tracker_tool {
namespace {

using json = nlohmann::json;

// Links of one wallet that an answer lists; the store holds few more.
constexpr std::size_t max_listed_links = 4096;
// Entries of one list that an answer holds.
constexpr std::size_t max_listed_entries = 10'000;

void send_json(net::http_reply const& reply, json const& body) {
    reply.send({.body = body.dump()});
}

// Still 200 without Redis: it serves, and a load balancer that took away every
// front-end at once would make an outage of it.
std::string health_text(std::function<net::tracker_redis_store::status()> const& shared) {
    auto const status = shared ? shared() : net::tracker_redis_store::status{};
    if (status.trouble.empty())
        return "ok\n";
    return "degraded: serving without other front-ends for "
           + std::to_string(status.wrong_for.count()) + " s: " + status.trouble + "\n";
}

void send_outcome(net::http_reply const& reply, error_code ec) {
    if (ec)
        reply.send(net::error_response(500, "failed", ec.message()));
    else
        send_json(reply, {{"ok", true}});
}

json device_json(tracker::wallet_registry::device_state const& d) {
    return {{"peer_id", to_hex(d.id)}, {"endpoint", to_string(d.where)},
            {"silent_s", d.age_s},     {"liveness", d.liveness / 1000.0},
            {"accepts", d.accepts},    {"online", d.is_online},
            {"last_time", d.time_ms}};
}

json wallet_json(wallet_address const& wallet, tracker::wallet_registry const& wallets,
                 moment now) {
    json out{{"wallet", identity::to_eip55(wallet)},
             {"online", wallets.is_online(wallet)},
             {"devices", json::array()},
             {"links", json::array()}};
    for (auto const& d : wallets.devices_of(wallet, now))
        out["devices"].push_back(device_json(d));
    auto const& edges = wallets.edges();
    auto const node = edges.find(wallet);
    if (node == graph::no_node)
        return out;
    for (auto const& claim :
         edges.claims_of(node).first(std::min(max_listed_links, edges.claims_of(node).size())))
        out["links"].push_back({{"wallet", identity::to_eip55(edges.wallet_of(claim.node()))},
                                {"claimed", claim.has(graph::claim::mine)},
                                {"claimed_back", claim.has(graph::claim::theirs)}});
    return out;
}

void add_wallet_route(net::router& routes, net::tracker_shared_store& store,
                      clock_source const& clock) {
    routes.add({"GET", "/api/wallets/{wallet}",
                [&](net::http_request const& request, net::http_reply const& reply) {
                    auto const wallet = identity::parse_wallet(request.path.at("wallet"));
                    if (!wallet) {
                        reply.send(
                            net::error_response(400, "bad_wallet", "not a wallet address with 0x"));
                        return;
                    }
                    send_json(reply, store.read_wallets([&](auto const& wallets) {
                        return wallet_json(wallet.value(), wallets, clock.now());
                    }));
                }});
}

void add_swarm_routes(net::router& routes, net::tracker_shared_store& store,
                      admin_actions const& actions) {
    auto const with_hash = [](net::http_request const& request, net::http_reply const& reply,
                              auto const& act) {
        auto const hash = fixed_from_hex<info_hash>(request.path.at("hash"));
        if (hash)
            act(hash.value());
        else
            reply.send(net::error_response(400, "bad_hash", "not 40 hexadecimal digits"));
    };
    routes.add(
        {"GET", "/api/swarms/{hash}",
         [&store, with_hash](net::http_request const& request, net::http_reply const& reply) {
             with_hash(request, reply, [&](info_hash const& hash) {
                 auto const counts = store.scrape(hash);
                 send_json(reply, {{"info_hash", to_hex(hash)},
                                   {"complete", counts.complete},
                                   {"incomplete", counts.incomplete},
                                   {"downloaded", counts.downloaded}});
             });
         }});
    for (bool const denied : {true, false})
        routes.add({denied ? "PUT" : "DELETE", "/api/denied/{hash}",
                    [denied, deny = actions.deny, with_hash](net::http_request const& request,
                                                             net::http_reply const& reply) {
                        with_hash(request, reply, [&](info_hash const& hash) {
                            deny(hash, denied);
                            send_json(reply, {{"ok", true}});
                        });
                    }});
}

void add_list_routes(net::router& routes, admin_actions const& actions) {
    routes.add({"GET", "/api/lists",
                [rules = actions.rules](net::http_request const&, net::http_reply const& reply) {
                    auto const now = rules();
                    json out{{"passkeys", now->passkeys.size()},
                             {"allowed", now->allowed.size()},
                             {"denied", json::array()},
                             {"banned", json::array()}};
                    for (auto const& hash : now->denied)
                        if (out["denied"].size() < max_listed_entries)
                            out["denied"].push_back(to_hex(hash));
                    for (auto const& [key, text] : now->banned_addresses)
                        if (out["banned"].size() < max_listed_entries)
                            out["banned"].push_back(text);
                    for (auto const& wallet : now->banned_wallets)
                        if (out["banned"].size() < max_listed_entries)
                            out["banned"].push_back(identity::to_eip55(wallet));
                    send_json(reply, out);
                }});
    for (bool const banned : {true, false})
        routes.add({banned ? "PUT" : "DELETE", "/api/banned/{who}",
                    [banned, ban = actions.ban](net::http_request const& request,
                                                net::http_reply const& reply) {
                        auto const who = parse_ban(request.path.at("who"));
                        if (!who) {
                            reply.send(net::error_response(
                                400, "bad_name", "neither an address nor a wallet with 0x"));
                            return;
                        }
                        ban(who.value(), banned);
                        send_json(reply, {{"ok", true}});
                    }});
}

} // namespace

net::router admin_routes(net::tracker_server const& server, net::tracker_shared_store& store,
                         clock_source const& clock, admin_actions actions) {
    net::router routes;
    routes.add({"GET", "/healthz",
                [act = actions.shared](net::http_request const&, net::http_reply const& reply) {
                    reply.send({.content_type = "text/plain", .body = health_text(act)});
                },
                net::route_access::open});
    routes.add({"GET", "/metrics",
                [&, act = actions.shared](net::http_request const&, net::http_reply const& reply) {
                    auto body = metrics_text(server, store);
                    if (act)
                        body += shared_metrics_text(act());
                    reply.send(
                        {.content_type = "text/plain; version=0.0.4", .body = std::move(body)});
                },
                net::route_access::open});
    routes.add({"GET", "/api/stats",
                [&, act = actions.shared](net::http_request const&, net::http_reply const& reply) {
                    auto body = json::parse(stats_json(server, store));
                    if (act)
                        body["shared"] = json::parse(shared_json(act()));
                    send_json(reply, body);
                }});
    routes.add({"POST", "/api/reload",
                [act = actions.reload](net::http_request const&, net::http_reply const& reply) {
                    send_outcome(reply, act());
                }});
    routes.add({"POST", "/api/snapshot",
                [act = actions.snapshot](net::http_request const&, net::http_reply const& reply) {
                    send_outcome(reply, act());
                }});
    add_wallet_route(routes, store, clock);
    add_swarm_routes(routes, store, actions);
    add_list_routes(routes, actions);
    return routes;
}

} // namespace tau::tracker_tool
