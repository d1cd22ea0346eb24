#include "core/hex.hpp"
#include "identity/backup.hpp"
#include "identity/key_file.hpp"
#include "identity/private_file.hpp"
#include "messenger/loader.hpp"
#include "store/database.hpp"
#include "tau_node/commands.hpp"
#include "tau_node/contact_file.hpp"
#include "tau_node/passphrase.hpp"

#include <nlohmann/json.hpp>

namespace tau::node {
namespace {

error_code import_into(store::database& db, byte_view payload) {
    if (auto const ec = db.import_all(payload))
        return ec;
    return db.apply({store::put_meta{messenger::meta_restored, {1}}}, store::durability::full);
}

} // namespace

exit_code cmd_restore(command_context const& context, backup_arguments const& arguments) {
    auto const& data = context.data;
    identity::key_file const file(data.key_file());
    if (std::filesystem::exists(file.path()) || std::filesystem::exists(data.database()))
        throw failure(exit_code::failed, "already_exists",
                      "there is an identity in " + data.path().string()
                          + " already; restore into an empty folder: --data DIR");
    if (!std::filesystem::exists(arguments.file))
        throw failure(exit_code::not_found, "not_found", "there is no file " + arguments.file);
    auto const passphrase = read_passphrase(context.values.passphrase_file, passphrase_use::open);
    auto const backup = identity::read_backup(arguments.file, passphrase.view());
    if (!backup)
        throw unusable_file(arguments.file, backup.error());
    auto const keys = identity::keyring::from(backup.value().secret);
    if (!keys)
        throw failed("cannot derive the keys", keys.error());
    if (auto const ec = identity::make_private_folder(data.path()))
        throw failed("cannot use the folder " + data.path().string(), ec);
    auto db = store::database::open(data.database().string());
    // The first start then reads our own channels before it publishes anything.
    auto const imported = db ? import_into(db.value(), backup.value().payload.view()) : db.error();
    if (imported)
        throw failed("cannot restore the messages", imported);
    system_random random;
    if (auto const ec = file.create(backup.value().secret, passphrase.view(), random))
        throw failed("cannot write " + file.path().string(), ec);
    write_contact(data, make_contact(keys.value(), context.values.name, 0));
    if (context.is_json())
        print_json({{"public_key", to_hex(keys.value().key())}, {"data", data.path().string()}});
    else
        print_line("restored into " + data.path().string()
                   + "; stop the daemon of the old folder before you run this one");
    return exit_code::done;
}

} // namespace tau::node
