#include "net/http_target.hpp"
#include "tau_node/commands.hpp"
#include "tau_node/daemon_client.hpp"

#include <nlohmann/json.hpp>

namespace tau::node {

exit_code cmd_delete(command_context const& context, std::string const& id) {
    daemon_client client(context.data);
    auto const answer = client.erase("/v1/messages/" + net::percent_encode(id));
    if (context.is_json())
        print_json(answer);
    else
        print_line("deleted " + answer.value("id", "")
                   + " here; the other side keeps its own copy");
    return exit_code::done;
}

} // namespace tau::node
