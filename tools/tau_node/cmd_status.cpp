#include "core/text.hpp"
#include "tau_node/commands.hpp"
#include "tau_node/daemon_client.hpp"
#include "tau_node/time_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace tau::node {
namespace {

using nlohmann::json;

std::string text_or(json const& value, char const* otherwise) {
    return value.is_string() ? escape_text(value.get<std::string>()) : otherwise;
}

std::uint64_t count(json const& from, char const* name) {
    return from.value(name, std::uint64_t{0});
}

std::string age_of(json const& time) {
    auto const when = time.is_string() ? parse_rfc3339(time.get<std::string>())
                                       : result<unix_ms>(errc::not_found);
    if (!when)
        return "some time";
    auto const now = system_clock_source().now().wall;
    return to_span(std::chrono::duration_cast<std::chrono::seconds>(std::max(now, when.value())
                                                                    - when.value()));
}

// Where a message is and what it waits for, in words.
std::string waits_for(json const& what) {
    auto const reason = what.value("reason", "");
    auto const carriers = count(what, "carried_by");
    std::string where = what.value("published", false) ? "in the DHT" : "on this device";
    if (carriers > 0)
        where += fmt::format(" and with {} friend{}", carriers, carriers == 1 ? "" : "s");
    if (reason == "first_contact")
        return where + "; they have never answered: they must add you or accept your request";
    if (reason == "not_acknowledged")
        return where + "; handed to their node, which has not acknowledged it";
    if (reason == "blocked")
        return where + "; you blocked them";
    if (reason == "no_endpoint")
        return where + "; nobody knows where they are: it arrives when they come online";
    return where + "; their node does not answer: it arrives when they come online";
}

std::string name_of_key(json const& friends, json const& key) {
    for (auto const& who : friends)
        if (who.at("public_key") == key)
            return escape_text(who.value("name", ""));
    return key.get<std::string>().substr(0, 8);
}

void print_waiting(daemon_client& client, json const& waiting) {
    if (waiting.empty())
        return;
    auto const friends = client.get("/v1/friends");
    for (auto const& one : waiting)
        print_line(fmt::format(
            "waiting     {} to {}, for {}: {}", one.at("id").get<std::string>().substr(0, 8),
            name_of_key(friends, one.at("to")), age_of(one.at("time")), waits_for(one)));
}

} // namespace

exit_code cmd_status(command_context const& context) {
    daemon_client client(context.data);
    auto const s = client.get("/v1/status");
    if (context.is_json()) {
        print_json(s);
        return exit_code::done;
    }
    auto const& messages = s.at("messages");
    auto const& gets = s.at("dht").at("gets");
    auto const& puts = s.at("dht").at("puts");
    print_line(fmt::format("process     {}, up {}", count(s, "pid"),
                           to_span(std::chrono::seconds(count(s, "uptime_s")))));
    print_line(fmt::format("listening   {}{}{}", text_or(s.at("listen"), "nowhere"),
                           s.value("private", false) ? ", private network" : "",
                           s.value("proxy", false) ? ", through the proxy" : ""));
    print_line(fmt::format("outside     {}, NAT {}",
                           text_or(s.at("external_endpoint"), "not known yet"),
                           text_or(s.at("nat"), "unknown")));
    print_line(fmt::format("DHT nodes   {}", count(s, "dht_nodes")));
    print_line(fmt::format("friends     {}, {} requests", count(messages, "friends"),
                           count(messages, "requests")));
    print_line(fmt::format("messages    {} unread, {} not delivered ({} not published)",
                           count(messages, "unread"), count(messages, "undelivered"),
                           count(messages, "unpublished")));
    print_waiting(client, s.at("waiting"));
    auto const& gossip = s.at("gossip");
    print_line(fmt::format("gossip      {} friends online; {} items held for others ({} KiB); "
                           "{} demands, {} served",
                           count(gossip, "online"), count(gossip, "held_items"),
                           count(gossip, "held_bytes") / 1024, count(gossip, "demands"),
                           count(gossip, "served_demands")));
    print_line(fmt::format("fetching    {} messages, {} files", count(messages, "missing_roots"),
                           count(messages, "fetching_attachments")));
    print_line(
        fmt::format("gets        {} local, {} direct, {} recursive, {} not found, {} failed; "
                    "{} under way, {} waiting",
                    count(gets, "local"), count(gets, "direct"), count(gets, "recursive"),
                    count(gets, "not_found"), count(gets, "failed"), count(gets, "in_flight"),
                    count(gets, "queued")));
    print_line(fmt::format("puts        {} done, {} failed; {} under way, {} waiting",
                           count(puts, "done"), count(puts, "failed"), count(puts, "in_flight"),
                           count(puts, "queued")));
    if (s.value("other_device", false))
        print_line("warning     another device publishes under this identity; stop one of the two");
    return exit_code::done;
}

} // namespace tau::node
