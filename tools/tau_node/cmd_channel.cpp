#include "core/text.hpp"
#include "net/http_target.hpp"
#include "tau_node/commands.hpp"
#include "tau_node/daemon_client.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tau::node {
namespace {

using nlohmann::json;

exit_code publish(command_context const& context, channel_arguments const& arguments) {
    if (arguments.name.empty())
        throw usage_error("a channel needs a name");
    put_arguments put;
    put.value = arguments.value;
    put.salt = arguments.name;
    return cmd_put(context, put);
}

exit_code watch(command_context const& context, channel_arguments const& arguments) {
    daemon_client client(context.data);
    client.subscribe("/v1/channels/watch?key=" + net::percent_encode(arguments.key)
                         + "&name=" + net::percent_encode(arguments.name),
                     [&context](std::string const&, json const& item) {
                         if (context.is_json())
                             return print_json(item);
                         auto const value = item.contains("value")
                                                ? escape_text(item.value("value", ""))
                                                : item.value("value_hex", "");
                         print_line(fmt::format("{}  {}", item.value("seq", json()).dump(), value));
                     });
    client.wait([] { return false; }, std::nullopt);
    return exit_code::done;
}

} // namespace

exit_code cmd_channel(command_context const& context, channel_arguments const& arguments) {
    return arguments.action == "publish" ? publish(context, arguments) : watch(context, arguments);
}

} // namespace tau::node
