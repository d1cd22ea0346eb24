#include "identity/backup.hpp"
#include "store/database.hpp"
#include "tau_node/commands.hpp"
#include "tau_node/daemon_client.hpp"
#include "tau_node/node_daemon.hpp"
#include "tau_node/passphrase.hpp"

#include <nlohmann/json.hpp>
#include <sodium.h>

namespace tau::node {
namespace {

// From the daemon if one runs, which alone has the database then; else from the file.
bytes export_messages(data_folder const& data) {
    try {
        auto const content = daemon_client(data).download("/v1/backup");
        return to_bytes(content);
    } catch (failure const& e) {
        if (e.exit() != exit_code::no_daemon)
            throw;
    }
    auto db = store::database::open(data.database().string());
    auto content = db ? db.value().export_all() : result<bytes>(db.error());
    if (!content)
        throw failed("cannot read the messages", content.error());
    return std::move(content.value());
}

} // namespace

// The backup has the passphrase of the key file; without one it gets its own.
exit_code cmd_backup(command_context const& context, backup_arguments const& arguments) {
    if (std::filesystem::exists(arguments.file))
        throw failure(exit_code::failed, "already_exists",
                      arguments.file + " exists already; choose another name");
    identity::secret_bytes passphrase;
    auto const secret = load_secret(context, passphrase);
    if (passphrase.empty())
        passphrase = read_passphrase(context.values.passphrase_file, passphrase_use::choose);
    if (passphrase.empty())
        throw failure(exit_code::usage, "passphrase_required",
                      "a backup is always encrypted: choose a passphrase");
    auto content = export_messages(context.data);
    system_random random;
    auto const ec =
        identity::write_backup(arguments.file, secret, content, passphrase.view(), random);
    sodium_memzero(content.data(), content.size());
    if (ec)
        throw failed("cannot write " + arguments.file, ec);
    if (context.is_json())
        print_json({{"file", arguments.file}});
    else
        print_line("saved as " + arguments.file + "; it opens with the passphrase only");
    return exit_code::done;
}

} // namespace tau::node
