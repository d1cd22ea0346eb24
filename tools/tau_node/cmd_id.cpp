#include "core/hex.hpp"
#include "core/text.hpp"
#include "identity/wallet.hpp"
#include "tau_node/commands.hpp"
#include "tau_node/contact_file.hpp"
#include "tau_node/daemon_client.hpp"
#include "tau_node/qr_code.hpp"

#include <nlohmann/json.hpp>

namespace tau::node {
namespace {

using nlohmann::json;

json describe(identity::contact const& who) {
    return {{"public_key", to_hex(who.key)},
            {"wallet", who.wallet ? json(identity::to_eip55(*who.wallet)) : json()},
            {"uri", identity::to_uri(who)},
            {"name", who.name}};
}

// The daemon knows the endpoint and the newest contact key; without one, the file.
json identity_of(data_folder const& data) {
    auto const stored = read_contact(data);
    try {
        return daemon_client(data).get("/v1/identity");
    } catch (failure const& e) {
        if (e.exit() != exit_code::no_daemon)
            throw;
        return describe(stored);
    }
}

} // namespace

exit_code cmd_id(command_context const& context, id_arguments const& arguments) {
    auto const id = identity_of(context.data);
    if (context.is_json()) {
        print_json(id);
        return exit_code::done;
    }
    auto const uri = id.value("uri", "");
    if (auto const name = id.value("name", ""); !name.empty())
        print_line("name        " + escape_text(name));
    print_line("public key  " + id.value("public_key", ""));
    print_line("wallet      " + id.value("wallet", ""));
    print_line("uri         " + uri);
    if (arguments.qr)
        print_line("\n" + qr_code(uri));
    return exit_code::done;
}

} // namespace tau::node
