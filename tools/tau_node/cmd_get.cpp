#include "core/text.hpp"
#include "tau_node/commands.hpp"
#include "tau_node/daemon_client.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tau::node {

using nlohmann::json;

exit_code cmd_get(command_context const& context, get_arguments const& arguments) {
    if (arguments.hash.empty() == arguments.key.empty())
        throw usage_error(
            "give the HASH of an immutable item, or --key and --salt of a mutable one");
    json what;
    if (!arguments.hash.empty())
        what = {{"hash", arguments.hash}};
    else
        what = {
            {"key", arguments.key}, {"salt", arguments.salt}, {"mode", context.values.get_mode}};
    if (!arguments.endpoint.empty())
        what["endpoint"] = arguments.endpoint;
    daemon_client client(context.data);
    progress_line progress(context.form);
    progress.show("asking ...");
    auto const item = client.post("/v1/get", what);
    progress.clear();
    if (context.is_json()) {
        print_json(item);
        return exit_code::done;
    }
    print_line(item.contains("value")
                   ? escape_text(item.value("value", ""), escape_mode::keep_layout)
                   : item.value("value_hex", ""));
    auto const seq = item.value("seq", json());
    fmt::print(stderr, "{}{}, {:.2f} ms\n",
               seq.is_number() ? "seq " + seq.dump() + ", " : std::string(),
               item.value("source", ""), item.value("elapsed_ms", 0.0));
    return exit_code::done;
}

} // namespace tau::node
