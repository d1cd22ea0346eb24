#include "core/text.hpp"
#include "tau_node/commands.hpp"
#include "tau_node/daemon_client.hpp"
#include "tau_node/time_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tau::node {
namespace {

using nlohmann::json;

std::string text_or(json const& value, char const* otherwise) {
    return value.is_string() ? escape_text(value.get<std::string>()) : otherwise;
}

std::uint64_t count(json const& from, char const* name) {
    return from.value(name, std::uint64_t{0});
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
