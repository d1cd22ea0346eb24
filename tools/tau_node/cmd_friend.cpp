#include "core/text.hpp"
#include "net/http_target.hpp"
#include "tau_node/commands.hpp"
#include "tau_node/daemon_client.hpp"
#include "tau_node/time_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tau::node {
namespace {

using nlohmann::json;

void print_friend(json const& who) {
    auto const seen = who.value("last_seen", json());
    auto const time = seen.is_string() ? parse_rfc3339(seen.get<std::string>())
                                       : result<unix_ms>(errc::not_found);
    auto const now = system_clock_source().now().wall;
    auto const unread = who.value("unread", std::uint64_t{0});
    auto const contact = who.value("contact", "");
    auto const writes = who.value("writes_until", json());
    auto const until = writes.is_string() ? parse_rfc3339(writes.get<std::string>())
                                          : result<unix_ms>(errc::not_found);
    std::string presence = contact == "online"  ? ", online"
                           : contact == "never" ? ", never connected"
                                                : std::string();
    if (until && until.value() > now)
        presence += ", writing";
    print_line(
        fmt::format("{}  {:<9}  {}{}{}", who.value("public_key", ""), who.value("state", ""),
                    escape_text(who.value("name", "")),
                    presence + (time ? ", seen " + to_local(time.value(), now) : std::string()),
                    unread != 0 ? fmt::format(", {} unread", unread) : std::string()));
}

exit_code list(command_context const& context, daemon_client& client) {
    auto const friends = client.get("/v1/friends");
    if (context.is_json()) {
        print_json(friends);
        return exit_code::done;
    }
    if (friends.empty())
        print_line("nobody yet; add somebody with: tau-node friend add URI");
    for (auto const& who : friends)
        print_friend(who);
    return exit_code::done;
}

} // namespace

exit_code cmd_friend(command_context const& context, friend_arguments const& arguments) {
    daemon_client client(context.data);
    if (arguments.action == "list")
        return list(context, client);
    json who;
    if (arguments.action == "add")
        who = client.post("/v1/friends", {{"contact", arguments.who}, {"name", arguments.name}});
    else
        who = client.post("/v1/friends/" + net::percent_encode(arguments.who) + "/"
                              + arguments.action,
                          {{"name", arguments.name}});
    if (context.is_json())
        print_json(who);
    else if (arguments.action == "remove")
        print_line("removed " + who.value("public_key", ""));
    else
        print_friend(who);
    return exit_code::done;
}

} // namespace tau::node
